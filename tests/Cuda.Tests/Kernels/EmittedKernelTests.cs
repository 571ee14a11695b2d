using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Emitted CUDA kernels against the interpreter: predictions, losses, gradients and a step, on random models and batches, under all of the emulator's checks.</summary>
public class EmittedKernelTests
{
    private const int Models = 24, Graphs = 28, Heads = 20, Inputs = 16, Shards = 4;

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Models; seed += Shards) Compare(RandomModels.Model(seed), seed, RandomModels.BatchSize(seed));
    }

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_of_any_topology_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Graphs; seed += Shards)
        {
            CompiledModel model = Compiler.Compile(RandomGraphs.Model(seed));
            int n = RandomGraphs.BatchSize(seed);
            KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomGraphs.Batch(seed, model.Spec, n), graph => RandomGraphs.Weights(seed, graph));
        }
    }

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_of_several_heads_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Heads; seed += Shards)
        {
            CompiledModel model = Compiler.Compile(RandomHeads.Model(seed));
            int n = RandomGraphs.BatchSize(seed);
            KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomGraphs.Images(seed, model.Spec, n), Truth.Random(model.Spec, seed, n), graph => RandomGraphs.Weights(seed, graph));
        }
    }

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_of_several_inputs_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Inputs; seed += Shards)
        {
            CompiledModel model = Compiler.Compile(RandomInputs.Model(seed));
            int n = RandomGraphs.BatchSize(seed);
            KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomGraphs.Batch(seed, model.Spec, n), graph => RandomGraphs.Weights(seed, graph));
        }
    }

    /// <summary>Layers of equal shapes are one kernel, launched on the places of each.</summary>
    [Fact]
    public void Blocks_of_equal_shapes_share_kernels() =>
        Assert.Equal(Compiler.Compile(ResidualChain.Of(8)).Cuda.Kernels.Count, Compiler.Compile(ResidualChain.Of(4)).Cuda.Kernels.Count);

    /// <summary>Kernels that several blocks share, each on its own parameters, statistics and sums.</summary>
    [NvrtcTheory, InlineData(2, 1), InlineData(4, 3), InlineData(5, 9)]
    public void Kernels_that_blocks_share_agree_with_the_interpreter(int blocks, int n)
    {
        CompiledModel model = Compiler.Compile(ResidualChain.Of(blocks, 6 + blocks));
        KernelComparison.Run(model, EmulatedProgram.Compile(model), blocks, n, RandomGraphs.Batch(blocks, model.Spec, n), graph => RandomGraphs.Weights(blocks, graph));
    }

    [NvrtcTheory, InlineData(1), InlineData(5)]
    public void Program_A_agrees_with_the_interpreter(int n) => Compare(Convoke.Kernels.Tests.Models.A, 1, n);

    [NvrtcTheory, InlineData(1), InlineData(5)]
    public void Program_B_agrees_with_the_interpreter(int n) => Compare(Convoke.Kernels.Tests.Models.B, 1, n);

    [NvrtcTheory, InlineData(6), InlineData(9), InlineData(21)]
    public void A_model_that_only_predicts_agrees_with_the_interpreter(int seed) => KernelComparison.RunPrediction(RandomModels.Model(seed), seed, RandomModels.BatchSize(seed));

    /// <summary>More images than slices of a filter gradient: its blocks take several in turn, some one more than others.</summary>
    [NvrtcFact]
    public void Blocks_that_take_several_images_agree_with_the_interpreter() => Compare(
        Convoke.Kernels.Tests.Models.Of(
            new(8, 7, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, Convoke.Kernels.Tests.Models.KerasAdam,
            new Conv2DSpec("first", 4, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new Conv2DSpec("second", 5, 2, 1, ActivationKind.Relu, true),
            new FlattenSpec("flatten"), new DenseSpec("dense", 3, ActivationKind.Softmax, true, null)),
        seed: 3, n: 133);

    /// <summary>More images than slices of a normalization's moments, over maps and over rows, and a last slice that has fewer.</summary>
    [NvrtcTheory, InlineData(133), InlineData(259)]
    public void Normalizations_over_many_images_agree_with_the_interpreter(int n)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.Of(
            new(9, 8, 2, ImageLayout.ChannelsLast), Preset.PyTorch, LossKind.CrossEntropy, new SgdSpec(0.125),
            new Conv2DSpec("conv", 3, 2, 2, ActivationKind.None, false), new BatchNormSpec("norm", 0.5, 1e-3, true), new ActivationSpec("silu", ActivationKind.Silu), new FlattenSpec("flatten"),
            new DenseSpec("hidden", 5, ActivationKind.None, true, null), new BatchNormSpec("flat", 0.5, 1e-3, true), new DenseSpec("dense", 3, ActivationKind.None, true, null)));
        KernelComparison.Run(model, EmulatedProgram.Compile(model), 5, n, RandomGraphs.Batch(5, model.Spec, n), static graph => RandomGraphs.Weights(5, graph));
    }

    /// <summary>Layers that are called several times; of many images, each call has several slices of them.</summary>
    [NvrtcTheory, InlineData("convolutions", 3), InlineData("strides", 7), InlineData("dense", 9), InlineData("norms", 5), InlineData("norms", 37)]
    public void Shared_layers_agree_with_the_interpreter(string net, int n)
    {
        CompiledModel model = Compiler.Compile(SharedNets.All[net]);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), n, n, RandomGraphs.Batch(n, model.Spec, n), graph => RandomGraphs.Weights(n, graph));
    }

    private static void Compare(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n);
    }
}
