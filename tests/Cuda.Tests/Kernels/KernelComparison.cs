using Convoke.Kernels;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>One model's kernels on the emulator against the interpreter.</summary>
internal static class KernelComparison
{
    /// <summary>As for the CPU's kernels: sums of up to 2^13 terms in f32, two of them in a gradient.</summary>
    private const double Tolerance = 2e-5;

    /// <summary>Training passes before the one that is compared.</summary>
    private const uint Draw = 7;

    /// <summary>Prediction and evaluation, gradients, a step; the order of blocks and warps is another one for each seed.</summary>
    public static void Run(CompiledModel model, string ptx, int seed, int n) =>
        Run(model, ptx, seed, n, RandomModels.Batch(seed, model.Spec, n), graph => RandomModels.Weights(seed, graph));

    /// <summary>The same on a batch and weights of the caller's; labels are one a row of logits.</summary>
    public static void Run(CompiledModel model, string ptx, int seed, int n, (float[] Images, int[] Labels) batch, Func<Graph, Dictionary<string, float[]>> weights)
    {
        ModelSpec spec = model.Spec;
        bool bytes = seed % 3 == 1, rows = spec.Loss == LossKind.CategoricalCrossentropy && seed % 2 == 0;
        (float[] images, int[] labels) = batch;
        if (bytes)
            for (int i = 0; i < images.Length; i++) images[i] = images[i] > 0.5f ? 1 : 0;
        ulong modelSeed = 0x0123456789ABCDEF * (ulong)(seed + 1);
        Reference reference = Reference.Run(spec, n, images, labels, weights, modelSeed, Draw);
        using var program = new EmulatedProgram(model, ptx, n, new ExecutionOptions { OrderSeed = (ulong)seed });
        foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
        string what = $"seed {seed}, N = {n}{(bytes ? ", bytes" : "")}{(rows ? ", target rows" : "")}: {string.Join(", ", spec.Calls.Select(static c => c.Layer + "(" + string.Join(", ", c.Inputs) + ")"))}";
        Feed(program, model, images, labels, bytes, rows, seed);

        (program.Step.Seed, program.Step.Draw) = (modelSeed, Draw);
        program.Derive();
        program.Evaluate(n);
        Near(LogicalOrder.Output(model, reference.Output), program.Area(CudaArea.Output, n * model.Classes * model.Pixels), what + ": output");
        Near(reference.Loss, program.Area(CudaArea.Losses, n), what + ": loss while evaluating");
        Assert.Equal(reference.Loss.Sum(), program.Step.LossSum, 1e-4 * Math.Max(1, reference.Loss.Sum()));
        Assert.Equal((ulong)reference.Correct.Sum(), program.Step.Correct);
        Assert.Equal(n, program.Step.Position - Start(seed));

        program.Step.Position = Start(seed);
        program.Step.KeepGradients = 1;
        program.Train(n);
        Assert.Equal(0, program.Step.Step);
        Near(reference.TrainingLoss, program.Area(CudaArea.Losses, n), what + ": loss while training");
        Assert.Equal(reference.TrainingCorrect.Select(static c => (int)c), System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(program.Area(CudaArea.Correct, n)).ToArray());
        // A bias before a normalization has the gradient zero, of terms as large as other gradients.
        double terms = !spec.Calls.Any(static c => c.Layer is BatchNormSpec) ? 0 : reference.Gradients.Values.Max(static g => g.Max(Math.Abs)) / 10;
        bool draws = model.Spec.Calls.Any(static c => c.Layer is DropoutSpec);
        if (draws) Assert.Equal(Draw + 1, program.Step.Draw);
        var gradients = new Dictionary<string, float[]>();
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            gradients[p.Name] = program.Get(p, CudaArea.Gradients);
            Near([.. LogicalOrder.FromGraph(p, [.. reference.Gradients[p.Name].Select(static g => (float)g)]).Select(static g => (double)g)], gradients[p.Name], $"{what}: gradient of {p.Name}", terms);
        }

        program.Step.Position = Start(seed);
        program.Step.KeepGradients = 0;
        program.Step.Draw = Draw;
        program.Train(n);
        Assert.Equal(1, program.Step.Step);
        foreach (ParameterInfo p in model.Parameters.Where(static p => !p.IsTrained)) Near(reference.Statistics[p.Name], program.Get(p, CudaArea.Parameters), $"{what}: {p.Name} after a step");
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            float[] before = LogicalOrder.FromGraph(p, reference.Weights[p.Name]);
            Near([.. before.Zip(gradients[p.Name], (w, g) => w - GraphInterpreter.FirstStep(spec.Optimizer!, w, g))], program.Get(p, CudaArea.Parameters), $"{what}: {p.Name} after a step");
        }

        int stored = program.Area(CudaArea.Parameters, model.Memory.ParameterFloats).ToArray().Count(static w => w != 0);
        Assert.True(stored <= model.Parameters.Sum(static p => p.Shape.Aggregate(1, static (a, b) => a * b)), what + ": padding was trained");
    }

    /// <summary>The output of a model without loss and optimizer against that of the same net with them.</summary>
    public static void RunPrediction(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec with { Loss = null, Optimizer = null });
        Assert.Empty(model.Cuda.Train);
        Assert.Empty(model.Cuda.Measure);
        (float[] images, int[] labels) = RandomModels.Batch(seed, spec, n);
        Reference reference = Reference.Run(spec, n, images, labels, graph => RandomModels.Weights(seed, graph));
        using var program = new EmulatedProgram(model, EmulatedProgram.Compile(model), n, new ExecutionOptions { OrderSeed = (ulong)seed });
        foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
        program.SetSamples<float>(images, [], []);
        program.Step.Samples = n;
        program.Predict(n);
        Near(reference.Output, program.Area(CudaArea.Output, n * model.Classes), $"seed {seed}, N = {n}, predicting only: output");
    }

    /// <summary>Every second batch stands somewhere in a larger set, in an order that only the keys say.</summary>
    private static void Feed(EmulatedProgram program, CompiledModel model, float[] images, int[] labels, bool bytes, bool rows, int seed)
    {
        int n = labels.Length / model.Pixels, start = Start(seed), pixels = model.Pixels, sample = model.Spec.Input.Count, samples = start + n + (seed % 2 == 0 ? 0 : 4);
        KeyedPermutation? order = seed % 2 == 0 ? null : new KeyedPermutation(samples, (ulong)seed, 3);
        float[] all = new float[samples * sample], targets = new float[samples * pixels * model.Classes];
        int[] allLabels = new int[samples * pixels];
        for (int i = 0; i < n; i++)
        {
            int at = order is { } keyed ? keyed[start + i] : start + i;
            images.AsSpan(i * sample, sample).CopyTo(all.AsSpan(at * sample));
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                int label = labels[(i * pixels) + pixel], row = (at * pixels) + pixel;
                allLabels[row] = label;
                targets[(row * model.Classes) + label] = 1;
            }
        }

        if (bytes) program.SetSamples<byte>(all.Select(static x => (byte)(255 * x)).ToArray(), rows ? [] : allLabels, rows ? targets : []);
        else program.SetSamples<float>(all, rows ? [] : allLabels, rows ? targets : []);
        program.Step.Position = start;
        order?.CopyTo(ref program.Step);
    }

    private static int Start(int seed) => seed % 2 == 0 ? 0 : 5;

    private static void Near(double[] expected, ReadOnlySpan<float> actual, string what, double terms = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(Math.Max(expected.Max(Math.Abs), 1e-3), terms);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
