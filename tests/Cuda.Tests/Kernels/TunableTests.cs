using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Compiler = Convoke.Kernels.Compiler;
using SpecModels = Convoke.Kernels.Tests.Models;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Programs whose tunables have other values than their defaults, against the interpreter.</summary>
public class TunableTests
{
    /// <summary>More than the least candidate of each, so that blocks take several samples in turn.</summary>
    private const int Samples = 140;

    private static ModelSpec Net { get; } = SpecModels.Of(
        new(8, 7, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 16, 3, 3, ActivationKind.Relu, true), new Conv2DSpec("second", 16, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, new FlattenSpec("flatten"), new DenseSpec("head", 3, ActivationKind.None, true, null));

    [NvrtcTheory, InlineData(SpecPrecision.Float32, 2e-5), InlineData(SpecPrecision.BFloat16, 1e-3)]
    public void Other_values_compute_the_same(SpecPrecision precision, double tolerance)
    {
        CompiledModel model = Compiler.Compile(Net with { Precision = precision });
        Assert.NotEmpty(model.Cuda.Tunables);
        foreach (CudaTunable tunable in model.Cuda.Tunables)
        {
            Assert.Contains(model.Cuda.Train, launch => launch.Grid.Tunable == tunable.Name && launch.Grid.MaxUnits == tunable.Default);
            Assert.InRange(tunable.Candidates[0], 1, Samples - 1);
            Compare(Chosen(model, tunable.Name, tunable.Candidates[0]));
        }

        void Compare(CompiledModel chosen) =>
            KernelComparison.Run(chosen, EmulatedProgram.Compile(chosen), 1, Samples, RandomModels.Batch(1, chosen.Spec, Samples), graph => RandomModels.Weights(1, graph), tolerance);
    }

    /// <summary>Launches and text must have the same number.</summary>
    [NvrtcFact]
    public void A_grid_without_its_macro_is_found()
    {
        CompiledModel model = Compiler.Compile(Net);
        CudaTunable tunable = model.Cuda.Tunables[0];
        CompiledModel torn = model with { Cuda = Chosen(model, tunable.Name, tunable.Candidates[0]).Cuda with { Text = model.Cuda.Text } };
        Assert.ThrowsAny<Exception>(() => KernelComparison.Run(torn, EmulatedProgram.Compile(torn), 1, Samples, RandomModels.Batch(1, torn.Spec, Samples), graph => RandomModels.Weights(1, graph)));
    }

    /// <summary>What the run time does with a choice: a definition before the text, and other limits of grids.</summary>
    private static CompiledModel Chosen(CompiledModel model, string name, int value)
    {
        CudaSource cuda = model.Cuda;
        return model with { Cuda = cuda with { Text = $"#define {name} {value}\n{cuda.Text}", Train = new([.. cuda.Train.Select(Limited)]), Predict = new([.. cuda.Predict.Select(Limited)]) } };

        CudaLaunch Limited(CudaLaunch launch) => launch.Grid.Tunable == name ? launch with { Grid = launch.Grid with { MaxUnits = value } } : launch;
    }
}
