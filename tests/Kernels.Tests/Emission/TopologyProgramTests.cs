using Convoke.Compiled;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs of any topology against the interpreter, and of chains that random nets seldom have.</summary>
public class TopologyProgramTests
{
    private const int Graphs = 72, Shards = 4;

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
            CpuComparison.Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    [Fact]
    public void Every_kind_of_shared_layer_is_compared_often_enough()
    {
        ModelSpec[] models = [.. Enumerable.Range(0, Graphs).Select(RandomGraphs.Model)];
        int Again<TLayer>() where TLayer : LayerSpec => models.Sum(static m => m.Calls.GroupBy(static c => c.Layer).Where(static g => g.Key is TLayer).Sum(static g => g.Count() - 1));
        Assert.True(Again<Conv2DSpec>() >= 20 && Again<DenseSpec>() >= 20 && Again<BatchNormSpec>() >= 5, $"{Again<Conv2DSpec>()} convolutions, {Again<DenseSpec>()} dense layers, {Again<BatchNormSpec>()} normalizations again");
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
            CpuComparison.Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
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
        // Of a long file's equal methods one stands for all.
        Assert.InRange(source.Text.Split(", over a chunk of images at once").Length - 1, 6, 8);
        CpuComparison.Compare(Seed, N, RandomGraphs.Batch(Seed, spec, N), graph => RandomGraphs.Weights(Seed, graph), model, EmittedProgram.Load([source])[0]);
    }
}
