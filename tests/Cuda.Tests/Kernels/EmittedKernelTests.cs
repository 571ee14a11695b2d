using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Emitted CUDA kernels against the interpreter: predictions, losses, gradients and a step, on random models and batches, under all of the emulator's checks.</summary>
public class EmittedKernelTests
{
    private const int Models = 60, Shards = 4;

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Models; seed += Shards) Compare(RandomModels.Model(seed), seed, RandomModels.BatchSize(seed));
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

    private static void Compare(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n);
    }
}
