using Convoke.Compiled;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>An emitted CPU program against the interpreter: losses, predictions, gradients and the first optimizer step.</summary>
internal static class CpuComparison
{
    /// <summary>
    /// Relative to the tensor's largest element. Sums of up to 2^13 terms in f32 whose terms are rounded at 2^-24: sqrt(2^13) 2^-24 = 5e-6 for independent
    /// errors; gradients pass two such sums.
    /// </summary>
    private const double Tolerance = 2e-5;

    /// <summary>Least scale of gradients where transforms round.</summary>
    private const double SaturatedScale = 5e-3;

    public static void Compare(int seed, int n, (float[] Images, int[] Labels) batch, Func<Graph, Dictionary<string, float[]>> weights, CompiledModel model, CpuProgram program) =>
        Compare(seed, n, batch.Images, Truth.Of(model.Spec, batch.Labels), weights, model, program);

    public static unsafe void Compare(int seed, int n, float[] images, Truth truth, Func<Graph, Dictionary<string, float[]>> weights, CompiledModel model, CpuProgram program)
    {
        ModelSpec spec = model.Spec;
        ulong modelSeed = 0x0123456789ABCDEF * (ulong)(seed + 1);
        bool exact = IsExact(model, program);
        Func<Graph, Dictionary<string, float[]>> all = exact ? weights : graph => Coarse(seed, weights(graph));
        Reference reference = Reference.Run(spec, n, images, truth, all, modelSeed, draw: 7);
        using var runner = new ProgramRunner(model, program, n + 3);
        (runner.Step.Seed, runner.Step.Draw) = (modelSeed, 7);
        foreach (ParameterInfo p in model.Parameters) runner.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
        runner.SetBatch(images, truth);
        string what = $"seed {seed}, {program.VectorBits} bits, N = {n}: {string.Join(", ", spec.Calls.Select(static c => c.Layer + "(" + string.Join(", ", c.Inputs) + ")"))}";

        runner.Predict();
        Near(LogicalOrder.Outputs(spec, n, reference.Outputs), runner.Output(n), what + ": output");
        Near(reference.Losses, runner.Losses(n), what + ": loss while evaluating");
        Assert.Equal(-1, runner.Probe());

        runner.Losses(n).Fill(float.NaN);
        runner.Train(gradientsOnly: true);
        Near(reference.TrainingLosses, runner.Losses(n), what + ": loss while training");
        if (spec.CountedOutput is not null) Assert.Equal(reference.TrainingCorrect, runner.Correct(n).ToArray().Select(static c => (double)c));
        var gradients = new Dictionary<string, float[]>();

        // A bias before a normalization has the gradient zero, of terms as large as other gradients; and the normalization of a few near equal values enlarges rounding.
        // What a loss sends back is a probability less its target, rounded where that is near one: 1e-7, however small the gradients are.
        double terms = !spec.Calls.Any(static c => c.Layer is BatchNormSpec) ? exact ? 0 : SaturatedScale : reference.Gradients.Values.Max(static g => g.Max(Math.Abs));
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            gradients[p.Name] = runner.Get(p, runner.Gradients);
            Near([.. LogicalOrder.FromGraph(p, [.. reference.Gradients[p.Name].Select(static g => (float)g)]).Select(static g => (double)g)], gradients[p.Name], $"{what}: gradient of {p.Name}", terms);
        }

        SetStep(runner.Step, spec.Optimizer!);
        runner.Train(gradientsOnly: false);
        foreach (ParameterInfo p in model.Parameters.Where(static p => !p.IsTrained)) Near([.. LogicalOrder.FromGraph(p, [.. reference.Statistics[p.Name].Select(static v => (float)v)]).Select(static v => (double)v)], runner.Get(p, runner.Step.Parameters), $"{what}: {p.Name} after a step");
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            float[] before = LogicalOrder.FromGraph(p, reference.Weights[p.Name]), after = runner.Get(p, runner.Step.Parameters);
            Near([.. before.Zip(gradients[p.Name], (w, g) => w - GraphInterpreter.FirstStep(spec.Optimizer!, w, g))], after, $"{what}: {p.Name} after a step");
        }

        int stored = runner.AllParameters.ToArray().Count(static w => w != 0);
        Assert.True(stored <= model.Parameters.Sum(static p => p.Shape.Aggregate(1, static (a, b) => a * b)), what + ": padding was trained");
    }

    /// <summary>Whether sums of short binary fractions are exact: Winograd's transforms of six points have factors that are none.</summary>
    private static bool IsExact(CompiledModel model, CpuProgram program) => !model.Cpu.Single(source => source.VectorBits == program.VectorBits).Text.Contains("6x6 patch", StringComparison.Ordinal);

    /// <summary>Weights whose sums come nowhere near a tie or a zero, since a kernel that rounds would else take another side there than the interpreter.</summary>
    private static Dictionary<string, float[]> Coarse(int seed, Dictionary<string, float[]> weights)
    {
        var random = new Random(seed + 3_000_000);
        return weights.ToDictionary(static w => w.Key, w => w.Value.Select(v => v + (float)((random.NextDouble() - 0.5) / 32)).ToArray());
    }

    /// <summary>What the run time sets for the first step.</summary>
    private static void SetStep(StepContext step, OptimizerSpec optimizer)
    {
        (step.StepSize, step.SecondMomentScale) = optimizer switch
        {
            AdamSpec { Form: EpsilonForm.BeforeCorrection } a => ((float)(a.LearningRate * Math.Sqrt(1 - a.Beta2) / (1 - a.Beta1)), 1f),
            AdamSpec a => ((float)(a.LearningRate / (1 - a.Beta1)), (float)(1 / Math.Sqrt(1 - a.Beta2))),
            _ => ((float)optimizer.LearningRate, 1f),
        };
    }

    public static void Near(double[] expected, ReadOnlySpan<float> actual, string what, double terms = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(Math.Max(expected.Max(Math.Abs), 1e-3), terms);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
