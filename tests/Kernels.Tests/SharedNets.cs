using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>Nets whose layers are called several times, each of calls that want different things of the weights.</summary>
internal static class SharedNets
{
    public static IReadOnlyDictionary<string, ModelSpec> All { get; } = new Dictionary<string, ModelSpec>
    {
        // By Winograd and, where maps are small, directly; pooled and not; the input's own channels and those of stored maps.
        ["convolutions"] = Net(new(12, 10, 16, ImageLayout.ChannelsLast), LossKind.SparseCategoricalCrossentropy,
            (Conv, [-1]), (Conv, [0]), (Tile, [1]), (Conv, [2]), (Conv, [3]), (Tile, [4]), (Conv, [5]),
            (new GlobalPool2DSpec("mean", PoolKind.Average), [6]), (new DenseSpec("head", 4, ActivationKind.Softmax, true, null), [7])),

        // Phases of a stride that begin elsewhere in each map; one channel, of which the input is not read as it is.
        ["strides"] = Net(new(11, 9, 1, ImageLayout.ChannelsFirst), LossKind.CrossEntropy,
            (Strided, [-1]), (new UpsampleSpec("up", 2, 3), [0]), (Strided, [1]), (Strided, [2]), (new FlattenSpec("flatten"), [2]), (new FlattenSpec("other"), [3]),
            (new DenseSpec("left", 5, ActivationKind.Relu, true, null), [4]), (new DenseSpec("right", 6, ActivationKind.Relu, false, null), [5]),
            (new ConcatSpec("join"), [6, 7]), (new DenseSpec("head", 3, ActivationKind.None, true, null), [8])),

        // The flattened input and another image of its shape; units that are features again; the layer that the loss reads.
        ["dense"] = Net(new(4, 3, 3, ImageLayout.ChannelsFirst), LossKind.CategoricalCrossentropy,
            (new FlattenSpec("flatten"), [-1]), (new AddSpec("twice"), [-1, -1]), (new FlattenSpec("other"), [1]),
            (new DenseSpec("both", 7, ActivationKind.Relu, true, null), [0]), (new DenseSpec("both", 7, ActivationKind.Relu, true, null), [2]), (new AddSpec("add"), [3, 4]),
            (new DenseSpec("square", 7, ActivationKind.None, true, null), [5]), (new DenseSpec("square", 7, ActivationKind.None, true, null), [6]), (new SoftmaxSpec("softmax"), [7])),

        // A normalization behind two layers, on a map of another size, and on rows; a convolution before two normalizations, and before the same one again.
        ["norms"] = Net(new(6, 7, 3, ImageLayout.ChannelsLast), LossKind.CrossEntropy,
            (Conv3, [-1]), (Norm, [0]), (new ActivationSpec("silu", ActivationKind.Silu), [1]), (Conv3, [2]), (new BatchNormSpec("second", 0.25, 1e-3, false), [3]),
            (new ReluSpec("relu"), [4]), (Conv3, [5]), (Norm, [6]), (new AddSpec("add"), [2, 7]), (Tile, [8]), (new ActivationSpec("gelu", ActivationKind.Gelu), [9]), (Norm, [10]),
            (new GlobalPool2DSpec("mean", PoolKind.Average), [11]), (Norm, [12]), (new DenseSpec("head", 4, ActivationKind.None, true, null), [13])),
    };

    private static Conv2DSpec Conv => new("conv", 16, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same };

    private static Conv2DSpec Conv3 => new("conv", 3, 3, 3, ActivationKind.None, true) { Padding = PaddingSpec.Same };

    private static Conv2DSpec Strided => new("conv", 1, 5, 5, ActivationKind.Relu, true) { StrideHeight = 2, StrideWidth = 3, Padding = PaddingSpec.Same };

    private static BatchNormSpec Norm => new("norm", 0.1, 1e-3, true);

    private static MaxPool2DSpec Tile => new("tile", 2, 2);

    private static ModelSpec Net(InputSpec input, LossKind loss, params (LayerSpec Layer, int[] Inputs)[] calls) => new(
        null, "Net", "public", input, input.Layout == ImageLayout.ChannelsFirst ? Preset.PyTorch : Preset.Keras, [.. calls.Select(static c => new CallSpec(c.Layer, [.. c.Inputs]))],
        [new(loss)], new SgdSpec(0.125, 0.75), true);
}
