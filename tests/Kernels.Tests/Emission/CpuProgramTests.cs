using Convoke.Compiled;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs against the interpreter: losses, predictions, gradients and the first optimizer step, on random models and batches.</summary>
public class CpuProgramTests
{
    private const int Models = 260, Graphs = 128, Heads = 40, Inputs = 72, Shards = 4, CasesPerOp = 200, MethodCases = 50, PatchCases = 10;

    /// <summary>
    /// Relative to the tensor's largest element. Sums of up to 2^13 terms in f32 whose terms are rounded at 2^-24: sqrt(2^13) 2^-24 = 5e-6 for independent
    /// errors; gradients pass two such sums.
    /// </summary>
    private const double Tolerance = 2e-5;

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_agree_with_the_interpreter(int shard)
    {
        int[] seeds = [.. Enumerable.Range(0, Models).Where(s => s % Shards == shard)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomModels.Model(s)))];

        // Each model in one of the three widths: widths differ in tiles, which every shape exercises anew.
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomModels.BatchSize(seed);
            Compare(seed, n, RandomModels.Batch(seed, models[i].Spec, n), graph => RandomModels.Weights(seed, graph), models[i], programs[i]);
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_of_any_topology_agree_with_the_interpreter(int shard)
    {
        // CONVOKE_SEED=53 looks at one, in all widths.
        string? only = Environment.GetEnvironmentVariable("CONVOKE_SEED");
        int[] seeds = only is null ? [.. Enumerable.Range(0, Graphs).Where(s => s % Shards == shard)] : shard > 0 ? [] : [.. Enumerable.Repeat(int.Parse(only, System.Globalization.CultureInfo.InvariantCulture), 3)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomGraphs.Model(s)))];
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomGraphs.BatchSize(seed);
            Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    /// <summary>Three convolutions whose filters exceed the cache, of which the last is pooled, over one whole chunk of images and a part of one.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Large_filters_pass_a_chunk_of_images_at_once(int width)
    {
        const int Seed = 4, N = CpuProgram.ImagesPerChunk + 3;
        ModelSpec spec = Tests.Models.Of(new(5, 6, 3, ImageLayout.ChannelsFirst), Preset.PyTorch, LossKind.SparseCategoricalCrossentropy, Tests.Models.KerasAdam,
            new Conv2DSpec("wide", 128, 1, 1, ActivationKind.Relu, true),
            new Conv2DSpec("same", 128, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same },
            new Conv2DSpec("valid", 130, 3, 3, ActivationKind.None, false),
            new Conv2DSpec("pooled", 128, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, new MaxPool2DSpec("pool", 2, 2),
            new FlattenSpec("flatten"), new DenseSpec("dense", 7, ActivationKind.Softmax, true, null));
        CompiledModel model = Compiler.Compile(spec);
        CpuSource source = model.Cpu[width];

        // Each forward pass in training and in prediction, and two backward passes; the pooled one lists what is live.
        Assert.Equal(8, source.Text.Split(", over a chunk of images at once").Length - 1);
        Compare(Seed, N, RandomGraphs.Batch(Seed, spec, N), graph => RandomGraphs.Weights(Seed, graph), model, EmittedProgram.Load([source])[0]);
    }

    /// <summary>A long file's layers share methods; here any file's do.</summary>
    [Fact]
    public void Emitted_kernels_agree_with_the_interpreter_when_layers_share_methods()
    {
        const int Chains = 3, Random = 21;
        CompiledModel[] models = [.. Enumerable.Range(0, Chains).Select(static i => Compiler.Compile(ResidualChain.Of(4 + i, 7 + i))), .. Enumerable.Range(0, Random).Select(static seed => Compiler.Compile(RandomGraphs.Model(seed)))];
        CpuSource[] shared = [.. models.Select(static (m, i) => m.Cpu[i % 3] with { Text = SharedMethods.Share(m.Cpu[i % 3].Text, longFile: 0) })];
        Assert.All(shared.Take(Chains), static source => Assert.Contains("shared with Conv1", source.Text, StringComparison.Ordinal));
        CpuProgram[] programs = EmittedProgram.Load(shared);
        for (int i = 0; i < models.Length; i++)
        {
            int seed = i < Chains ? i : i - Chains, n = RandomGraphs.BatchSize(seed);
            Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    /// <summary>Two rooms that may not import each other agree on how many images a chunk of scratch holds.</summary>
    [Fact]
    public void The_memory_plan_and_the_run_time_mean_the_same_chunk() =>
        Assert.Equal(CpuProgram.ImagesPerChunk, Convoke.Kernels.Scheduling.Liveness.ImagesPerChunk);

    [Fact]
    public void Every_op_is_compared_often_enough()
    {
        var cases = new Dictionary<string, int>();
        int winograd = 0, sparse = 0, patches = 0;
        for (int seed = 0; seed < Models; seed++)
        {
            CompiledModel model = Compiler.Compile(RandomModels.Model(seed), (pass, text) =>
            {
                if (pass == "training schedule")
                {
                    winograd += text.Split(".strips ").Length - 1;
                    sparse += text.Split(".lists ").Length - 1;
                }

                if (pass is not "remove dead adjoints") return;
                foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    string op = line[(line.IndexOf("= ", StringComparison.Ordinal) + 2)..line.IndexOf('(', StringComparison.Ordinal)];
                    cases[op] = cases.GetValueOrDefault(op) + 1;
                }
            });

            // As Emitted_kernels_agree_with_the_interpreter deals the widths out; only the widest has patches.
            if (seed / Shards % 3 == 0) patches += model.Cpu[0].Text.Split("under a cell are one vector").Length - 1;
        }

        string[] ops = [nameof(Op.Conv2D), nameof(Op.BiasAdd), nameof(Op.Relu), nameof(Op.MaxPool2D), nameof(Op.Flatten), nameof(Op.Dense), nameof(Op.SoftmaxCrossEntropy),
            nameof(Op.ConvWgrad), nameof(Op.BiasGrad), nameof(Op.ReluGrad), nameof(Op.DenseWgrad), nameof(Op.DenseDgrad), nameof(Op.Update)];
        Assert.True(winograd >= MethodCases && sparse >= MethodCases, $"{winograd} Winograd and {sparse} sparse convolutions");
        Assert.True(patches >= PatchCases, $"{patches} convolutions by patches");
        Assert.All(ops, op => Assert.True(cases.GetValueOrDefault(op) >= CasesPerOp, $"{op}: {cases.GetValueOrDefault(op)} cases"));
    }

    [Fact]
    public void Every_kind_of_shared_layer_is_compared_often_enough()
    {
        ModelSpec[] models = [.. Enumerable.Range(0, Graphs).Select(RandomGraphs.Model)];
        int Again<TLayer>() where TLayer : LayerSpec => models.Sum(static m => m.Calls.GroupBy(static c => c.Layer).Where(static g => g.Key is TLayer).Sum(static g => g.Count() - 1));
        Assert.True(Again<Conv2DSpec>() >= 40 && Again<DenseSpec>() >= 40 && Again<BatchNormSpec>() >= 10, $"{Again<Conv2DSpec>()} convolutions, {Again<DenseSpec>()} dense layers, {Again<BatchNormSpec>()} normalizations again");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_of_several_heads_agree_with_the_interpreter(int shard)
    {
        int[] seeds = [.. Enumerable.Range(0, Heads).Where(s => s % Shards == shard)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomHeads.Model(s)))];
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomGraphs.BatchSize(seed);
            Compare(seed, n, RandomGraphs.Images(seed, models[i].Spec, n), Truth.Random(models[i].Spec, seed, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_of_several_inputs_agree_with_the_interpreter(int shard)
    {
        string? only = Environment.GetEnvironmentVariable("CONVOKE_SEED");
        int[] seeds = only is null ? [.. Enumerable.Range(0, Inputs).Where(s => s % Shards == shard)] : shard > 0 ? [] : [.. Enumerable.Repeat(int.Parse(only, System.Globalization.CultureInfo.InvariantCulture), 3)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomInputs.Model(s)))];
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomGraphs.BatchSize(seed);
            Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    /// <summary>Images and rows, first and behind; layers that twins share, of which some read the user's memory as it is; what reads it, and what an imported copy.</summary>
    [Fact]
    public void Every_kind_of_input_is_compared_often_enough()
    {
        ModelSpec[] models = [.. Enumerable.Range(0, Inputs).Select(RandomInputs.Model)];
        int rowsFirst = models.Count(static m => m.Input.IsFlat), rows = models.Count(static m => m.FurtherInputs.Any(static i => i.IsFlat)), images = models.Count(static m => m.FurtherInputs.Any(static i => !i.IsFlat));
        Assert.True(rowsFirst >= 10 && rows >= 10 && images >= 20, $"{rowsFirst} rows first, {rows} rows and {images} images behind");
        int shared = 0, copied = 0, kept = 0;
        foreach (ModelSpec model in models)
        {
            Graph graph = GraphBuilder.Build(model);
            Value[] direct = [.. graph.Values.Where(v => v.Op is Op.Conv2D or Op.Dense && Source(graph, v).Op is Op.Input)];
            kept += direct.Length;
            shared += direct.GroupBy(static v => v.Inputs[1]).Sum(static g => g.Count() - 1);
            copied += graph.Values.Count(static v => v.Op is Op.Import);
        }
        Assert.True(shared >= 15 && copied >= 40 && kept >= 50, $"{shared} shared by inputs, {copied} copied, {kept} read as they are");

        static Value Source(Graph graph, Value v) => graph[v.Inputs[0]] is { Op: Op.Flatten } flat ? graph[flat.Inputs[0]] : graph[v.Inputs[0]];
    }

    /// <summary>First layers whose filter gradient goes by patches, of one plane and of several, with the ReLU and the bias that random nets seldom have at once.</summary>
    [Theory, InlineData(1, true), InlineData(3, true), InlineData(3, false), InlineData(4, true)]
    public void First_layers_by_patches_agree_with_the_interpreter_in_every_width(int channels, bool relu)
    {
        const int Samples = 9;
        CompiledModel model = Compiler.Compile(Tests.Models.Of(new(10, 12, channels, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
            new Conv2DSpec("conv", 32, 3, 3, relu ? ActivationKind.Relu : ActivationKind.None, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"), new DenseSpec("dense", 3, ActivationKind.Softmax, true, null)));
        Assert.Contains("are one vector", model.Cpu[0].Text, StringComparison.Ordinal);
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu)) Compare(channels, Samples, RandomModels.Batch(channels, model.Spec, Samples), graph => RandomModels.Weights(channels, graph), model, program);
    }

    [Theory, InlineData(1), InlineData(8), InlineData(11)]
    public void The_net_of_twins_agrees_with_the_interpreter_in_every_width(int n)
    {
        CompiledModel model = Compiler.Compile(TwinInputs.Net);
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu))
            Compare(n, n, RandomGraphs.Batch(n, model.Spec, n), graph => RandomGraphs.Weights(n, graph), model, program);
    }

    [Theory, InlineData(false, 1), InlineData(false, 11), InlineData(true, 1), InlineData(true, 9)]
    public void The_net_of_two_heads_agrees_with_the_interpreter_in_every_width(bool map, int n)
    {
        CompiledModel model = Compiler.Compile(TwoHeads.Of(map));
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu))
            Compare(n, n, RandomGraphs.Images(n, model.Spec, n), Truth.Random(model.Spec, n, n), graph => RandomGraphs.Weights(n, graph), model, program);
    }

    internal static void Compare(int seed, int n, (float[] Images, int[] Labels) batch, Func<Graph, Dictionary<string, float[]>> weights, CompiledModel model, CpuProgram program) =>
        Compare(seed, n, batch.Images, Truth.Of(model.Spec, batch.Labels), weights, model, program);

    private static unsafe void Compare(int seed, int n, float[] images, Truth truth, Func<Graph, Dictionary<string, float[]>> weights, CompiledModel model, CpuProgram program)
    {
        ModelSpec spec = model.Spec;
        ulong modelSeed = 0x0123456789ABCDEF * (ulong)(seed + 1);
        Reference reference = Reference.Run(spec, n, images, truth, weights, modelSeed, draw: 7);
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
        double terms = !spec.Calls.Any(static c => c.Layer is BatchNormSpec) ? 0 : reference.Gradients.Values.Max(static g => g.Max(Math.Abs));
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

    internal static void Near(double[] expected, ReadOnlySpan<float> actual, string what, double terms = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(Math.Max(expected.Max(Math.Abs), 1e-3), terms);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
