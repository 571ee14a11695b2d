using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>A net of twins in small: two grey images through one pooled convolution and one dense layer, a coloured image of another size, and a row, of which each has kernels that read it in the data set.</summary>
internal static class TwinInputs
{
    public static ModelSpec Net { get; } = new(
        null, "Twins", "public", Image("left", 9, 8, 1), Preset.PyTorch,
        [
            new(new Conv2DSpec("twin", 5, 3, 3, ActivationKind.Relu, true), [-1]), new(new MaxPool2DSpec("pool", 2, 2), [0]),
            new(new Conv2DSpec("twin", 5, 3, 3, ActivationKind.Relu, true), [-2]), new(new MaxPool2DSpec("pool", 2, 2), [2]),
            new(new FlattenSpec("flatten"), [1]), new(new FlattenSpec("flatten"), [3]),
            new(new DenseSpec("embed", 6, ActivationKind.None, true, null), [4]), new(new DenseSpec("embed", 6, ActivationKind.None, true, null), [5]),
            new(new MultiplySpec("multiply"), [6, 7]),
            new(new Conv2DSpec("colour", 4, 2, 2, ActivationKind.Relu, false), [-3]), new(new GlobalPool2DSpec("mean", PoolKind.Average), [9]),
            new(new DenseSpec("hidden", 7, ActivationKind.Relu, true, null), [-4]),
            new(new FlattenSpec("pixels"), [-3]), new(new DenseSpec("whole", 3, ActivationKind.None, true, null), [12]),
            new(new ActivationSpec("tanh", ActivationKind.Tanh), [-4]),
            new(new ConcatSpec("concat"), [8, 10, 11, 13, 14]), new(new DenseSpec("head", 4, ActivationKind.None, true, null), [15]),
        ],
        [new(LossKind.CrossEntropy)], new SgdSpec(0.125, 0.75), Accuracy: true)
    {
        FurtherInputs = [Image("right", 9, 8, 1), Image("colours", 4, 5, 3), new InputSpec(1, 1, 5, ImageLayout.ChannelsFirst) { Name = "extra", IsFlat = true }],
    };

    private static InputSpec Image(string name, int height, int width, int channels) => new(height, width, channels, ImageLayout.ChannelsFirst) { Name = name };
}
