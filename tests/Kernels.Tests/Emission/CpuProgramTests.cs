using Convoke.Compiled;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs against the interpreter on random chains of layers. Other nets have classes of their own, as those of one class wait for each other.</summary>
public class CpuProgramTests
{
    private const int Models = 140, Shards = 4, CasesPerOp = 100, MethodCases = 25, PatchCases = 4;

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
            CpuComparison.Compare(seed, n, RandomModels.Batch(seed, models[i].Spec, n), graph => RandomModels.Weights(seed, graph), models[i], programs[i]);
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
        int winograd = 0, sparse = 0, patches = 0, large = 0;
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

            large += model.Cpu[0].Text.Contains("Winograd F(4x4,3x3)", StringComparison.Ordinal) ? 1 : 0;

            // As Emitted_kernels_agree_with_the_interpreter deals the widths out; only the widest has patches.
            if (seed / Shards % 3 == 0) patches += model.Cpu[0].Text.Split("under a cell are one vector").Length - 1;
        }

        string[] ops = [nameof(Op.Conv2D), nameof(Op.BiasAdd), nameof(Op.Relu), nameof(Op.MaxPool2D), nameof(Op.Flatten), nameof(Op.Dense), nameof(Op.SoftmaxCrossEntropy),
            nameof(Op.ConvWgrad), nameof(Op.BiasGrad), nameof(Op.ReluGrad), nameof(Op.DenseWgrad), nameof(Op.DenseDgrad), nameof(Op.Update)];
        Assert.True(winograd >= MethodCases && sparse >= MethodCases, $"{winograd} Winograd and {sparse} sparse convolutions");
        Assert.True(large >= MethodCases, $"{large} models with Winograd F(4x4,3x3)");
        Assert.True(patches >= PatchCases, $"{patches} convolutions by patches");
        Assert.All(ops, op => Assert.True(cases.GetValueOrDefault(op) >= CasesPerOp, $"{op}: {cases.GetValueOrDefault(op)} cases"));
    }

    /// <summary>First layers whose filter gradient goes by patches, of one plane and of several, with the ReLU and the bias that random nets seldom have at once.</summary>
    [Theory, InlineData(1, true), InlineData(3, true), InlineData(3, false), InlineData(4, true)]
    public void First_layers_by_patches_agree_with_the_interpreter_in_every_width(int channels, bool relu)
    {
        const int Samples = 9;
        CompiledModel model = Compiler.Compile(Tests.Models.Of(new(10, 12, channels, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
            new Conv2DSpec("conv", 32, 3, 3, relu ? ActivationKind.Relu : ActivationKind.None, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"), new DenseSpec("dense", 3, ActivationKind.Softmax, true, null)));
        Assert.Contains("are one vector", model.Cpu[0].Text, StringComparison.Ordinal);
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu)) CpuComparison.Compare(channels, Samples, RandomModels.Batch(channels, model.Spec, Samples), graph => RandomModels.Weights(channels, graph), model, program);
    }
}
