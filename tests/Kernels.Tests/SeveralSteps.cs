using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>A small net and a few batches for each optimizer: what the first step does not show, moments that are not zero, the following ones do.</summary>
internal static class SeveralSteps
{
    public const int Steps = 4, Samples = 3;

    public static Dictionary<string, OptimizerSpec> Optimizers { get; } = new()
    {
        ["sgd"] = new SgdSpec(0.125),
        ["momentum"] = new SgdSpec(0.125, 0.75),
        ["nesterov"] = new SgdSpec(0.125, 0.75, Nesterov: true),
        ["adam, keras"] = Models.KerasAdam,
        ["adam, pytorch"] = new AdamSpec(1e-3, 0.9, 0.999, 1e-8, EpsilonForm.AfterCorrection),
        ["adamw, keras"] = new AdamSpec(1e-2, 0.9, 0.999, 1e-7, EpsilonForm.BeforeCorrection, 0.5),
        ["adamw, pytorch"] = new AdamSpec(1e-2, 0.8, 0.99, 1e-8, EpsilonForm.AfterCorrection, 0.25),
    };

    public static ModelSpec Model(string optimizer) => Models.Of(
        new(6, 7, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.SparseCategoricalCrossentropy, Optimizers[optimizer],
        new Conv2DSpec("conv", 5, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"),
        new DenseSpec("dense", 4, ActivationKind.Softmax, true, null));

    public static (float[] Images, int[] Labels) Batch(ModelSpec spec, int step) => RandomModels.Batch(500 + step, spec, Samples);

    /// <summary>Names, expected values in the preset's order, after all steps.</summary>
    public static IEnumerable<(ParameterInfo Parameter, float[] Expected)> Run(ModelSpec spec, CompiledModel model, Dictionary<string, float[]> start)
    {
        var reference = new ReferenceTraining(spec, start);
        for (int step = 0; step < Steps; step++)
        {
            (float[] images, int[] labels) = Batch(spec, step);
            reference.Step(images, labels);
        }

        return model.Parameters.Select(p => (p, LogicalOrder.FromGraph(p, Array.ConvertAll(reference.Weights[p.Name], static x => (float)x))));
    }

    /// <summary>Rounding of four steps, relative to the tensor's largest element; Adam divides by roots of small second moments.</summary>
    public static void Near(float[] expected, float[] actual, string what)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
