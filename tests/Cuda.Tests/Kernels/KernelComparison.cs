using System.Runtime.InteropServices;
using Convoke.Kernels;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>One model's kernels on the emulator against the interpreter.</summary>
internal static class KernelComparison
{
    /// <summary>As for the CPU's kernels: sums of up to 2^13 terms in f32, two of them in a gradient.</summary>
    public const double Tolerance = 2e-5;

    /// <summary>What a difference is held to at least: of values that are all smaller, as if the largest were this.</summary>
    public const double Least = 1e-3;

    /// <summary>Training passes before the one that is compared.</summary>
    private const uint Draw = 7;

    /// <summary>Prediction and evaluation, gradients, a step; the order of blocks and warps is another one for each seed.</summary>
    public static void Run(CompiledModel model, string ptx, int seed, int n) =>
        Run(model, ptx, seed, n, RandomModels.Batch(seed, model.Spec, n), graph => RandomModels.Weights(seed, graph));

    /// <summary>The same on a batch and weights of the caller's; labels are one a row of logits.</summary>
    public static void Run(CompiledModel model, string ptx, int seed, int n, (float[] Images, int[] Labels) batch, Func<Graph, Dictionary<string, float[]>> weights, double tolerance = Tolerance, double least = Least) =>
        Run(model, ptx, seed, n, batch.Images, Truth.Of(model.Spec, batch.Labels), weights, tolerance, least);

    /// <summary>The same of any outputs and losses.</summary>
    public static void Run(CompiledModel model, string ptx, int seed, int n, float[] images, Truth truth, Func<Graph, Dictionary<string, float[]>> weights, double tolerance = Tolerance, double least = Least)
    {
        ModelSpec spec = model.Spec;
        bool bytes = seed % 3 == 1, rows = spec.Losses[0].Kind == LossKind.CategoricalCrossentropy && seed % 2 == 0;
        if (bytes)
            for (int i = 0; i < images.Length; i++) images[i] = images[i] > 0.5f ? 1 : 0;
        ulong modelSeed = 0x0123456789ABCDEF * (ulong)(seed + 1);
        Reference reference = Reference.Run(spec, n, images, truth, weights, modelSeed, Draw, spec.Precision is SpecPrecision.Float32 or SpecPrecision.Float32x3 ? null : graph => TensorProducts.Of(model, graph));
        using var program = new EmulatedProgram(model, ptx, n, new ExecutionOptions { OrderSeed = (ulong)seed, PessimisticAsync = true });
        foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
        string what = $"seed {seed}, N = {n}{(bytes ? ", bytes" : "")}{(rows ? ", target rows" : "")}: {string.Join(", ", spec.Calls.Select(static c => c.Layer + "(" + string.Join(", ", c.Inputs) + ")"))}";
        Feed(program, spec, images, truth, bytes, rows, seed);

        (program.Step.Seed, program.Step.Draw) = (modelSeed, Draw);
        program.Derive();
        program.Evaluate(n);
        int losses = spec.Losses.Count;
        Near(tolerance, LogicalOrder.Outputs(spec, n, reference.Outputs), program.Area(CudaArea.Output, n * model.Outputs.Sum(static o => o.Elements)), what + ": output");
        Near(tolerance, reference.Losses, program.Area(CudaArea.Losses, n * losses), what + ": loss while evaluating");
        double[] sums = [.. Enumerable.Range(0, losses).Select(i => reference.Losses.Where((_, at) => at % losses == i).Sum())];
        double[] actual = losses == 1 ? [program.Step.LossSum] : MemoryMarshal.Cast<float, double>(program.Area(CudaArea.Totals, 2 * losses)).ToArray();
        for (int i = 0; i < losses; i++) Assert.Equal(sums[i], actual[i], Math.Max(1e-4, tolerance) * Math.Max(1, sums[i]));
        Assert.Equal((ulong)reference.Correct.Sum(), program.Step.Correct);
        Assert.Equal(n, program.Step.Position - Start(seed));

        program.Step.Position = Start(seed);
        program.Step.KeepGradients = 1;
        program.Train(n);
        Assert.Equal(0, program.Step.Step);
        Near(tolerance, reference.TrainingLosses, program.Area(CudaArea.Losses, n * losses), what + ": loss while training");
        if (spec.CountedOutput is not null) Assert.Equal(reference.TrainingCorrect.Select(static c => (int)c), MemoryMarshal.Cast<float, int>(program.Area(CudaArea.Correct, n)).ToArray());
        // A bias before a normalization has the gradient zero, of terms as large as other gradients.
        double terms = !spec.Calls.Any(static c => c.Layer is BatchNormSpec) ? 0 : reference.Gradients.Values.Max(static g => g.Max(Math.Abs)) / 10;
        bool draws = TrainedPart.Run(FuseSoftmaxCrossEntropy.Run(GraphBuilder.Build(spec))).Values.Any(static v => v.Op is Op.Dropout);
        if (draws) Assert.Equal(Draw + 1, program.Step.Draw);
        var gradients = new Dictionary<string, float[]>();
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            gradients[p.Name] = program.Get(p, CudaArea.Gradients);
            Near(tolerance, [.. LogicalOrder.FromGraph(p, [.. reference.Gradients[p.Name].Select(static g => (float)g)]).Select(static g => (double)g)], gradients[p.Name], $"{what}: gradient of {p.Name}", terms, least);
        }

        program.Step.Position = Start(seed);
        program.Step.KeepGradients = 0;
        program.Step.Draw = Draw;
        program.Train(n);
        Assert.Equal(1, program.Step.Step);
        foreach (ParameterInfo p in model.Parameters.Where(static p => !p.IsTrained)) Near(tolerance, [.. LogicalOrder.FromGraph(p, [.. reference.Statistics[p.Name].Select(static v => (float)v)]).Select(static v => (double)v)], program.Get(p, CudaArea.Parameters), $"{what}: {p.Name} after a step");
        foreach (ParameterInfo p in model.Parameters.Where(static p => p.IsTrained))
        {
            float[] before = LogicalOrder.FromGraph(p, reference.Weights[p.Name]);
            Near(tolerance, [.. before.Zip(gradients[p.Name], (w, g) => w - GraphInterpreter.FirstStep(spec.Optimizer!, w, g))], program.Get(p, CudaArea.Parameters), $"{what}: {p.Name} after a step");
        }

        int stored = program.Area(CudaArea.Parameters, model.Memory.ParameterFloats).ToArray().Count(static w => w != 0);
        Assert.True(stored <= model.Parameters.Sum(static p => p.Shape.Aggregate(1, static (a, b) => a * b)), what + ": padding was trained");
    }

    /// <summary>The output of a model without loss and optimizer against that of the same net with them.</summary>
    public static void RunPrediction(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec with { Losses = [], Optimizer = null });
        Assert.Empty(model.Cuda.Train);
        Assert.Empty(model.Cuda.Measure);
        (float[] images, int[] labels) = RandomModels.Batch(seed, spec, n);
        Reference reference = Reference.Run(spec, n, images, labels, graph => RandomModels.Weights(seed, graph));
        using var program = new EmulatedProgram(model, EmulatedProgram.Compile(model), n, new ExecutionOptions { OrderSeed = (ulong)seed });
        foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
        program.SetSamples<float>(n, images, [], []);
        program.Predict(n);
        Near(Tolerance, reference.Output, program.Area(CudaArea.Output, n * model.Outputs[0].Elements), $"seed {seed}, N = {n}, predicting only: output");
    }

    /// <summary>Every second batch stands somewhere in a larger set, in an order that only the keys say. Of one loss that takes rows of classes, indices may stand for them.</summary>
    private static void Feed(EmulatedProgram program, ModelSpec spec, float[] images, Truth truth, bool bytes, bool rows, int seed)
    {
        int n = truth.Samples, start = Start(seed), samples = start + n + (seed % 2 == 0 ? 0 : 4);
        bool indices = !rows && spec.Losses is [{ Kind: LossKind.CategoricalCrossentropy }];
        int[] labels = indices ? Indices(truth) : truth.Labels;
        float[] targets = indices ? [] : truth.Rows;
        KeyedPermutation? order = seed % 2 == 0 ? null : new KeyedPermutation(samples, (ulong)seed, 3);
        float[] all = Placed(images), allTargets = Placed(targets);
        int[] allLabels = Placed(labels);
        if (bytes) program.SetSamples<byte>(samples, all.Select(static x => (byte)(255 * x)).ToArray(), allLabels, allTargets);
        else program.SetSamples<float>(samples, all, allLabels, allTargets);
        program.Step.Position = start;
        if (order is { } shuffled) program.Shuffle(shuffled, samples);

        T[] Placed<T>(T[] values)
        {
            int length = values.Length / n;
            var placed = new T[length * samples];
            for (int i = 0; i < n; i++) values.AsSpan(i * length, length).CopyTo(placed.AsSpan((order is { } keyed ? keyed[start + i] : start + i) * length));
            return placed;
        }
    }

    /// <summary>The classes that rows with a single one stand for.</summary>
    private static int[] Indices(Truth truth)
    {
        IReadOnlyList<Convoke.Kernels.Types.Shape> shapes = Reference.OutputShapes(truth.Spec);
        int classes = shapes[0][shapes[0].Rank - 1];
        return [.. truth.Targets[0].Chunk(classes).Select(static row => Array.IndexOf(row, 1.0))];
    }

    private static int Start(int seed) => seed % 2 == 0 ? 0 : 5;

    private static void Near(double tolerance, double[] expected, ReadOnlySpan<float> actual, string what, double terms = 0, double least = Least)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(Math.Max(expected.Max(Math.Abs), least), terms);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
