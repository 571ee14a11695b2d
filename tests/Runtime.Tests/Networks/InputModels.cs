namespace Convoke.Runtime.Tests.Networks;

/// <summary>An image of two channels, and an image of one beside it, joined before the first convolution.</summary>
[Model(Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Adam(0.01), CrossEntropy, Accuracy]
public partial class JoinedInputs
{
    [Conv2D(8, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Trunk(Sym x);
    [Dense(3)] private static partial Sym Head(Sym x);

    private static Sym Forward([Shape(2, 6, 5)] Sym colours, [Shape(1, 6, 5)] Sym depth) => Head(Flatten(Trunk(Concat(colours, depth))));
}

/// <summary>The same net with all three channels in one input.</summary>
[Model(3, 6, 5, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Adam(0.01), CrossEntropy, Accuracy]
public partial class OneInput
{
    [Conv2D(8, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Trunk(Sym x);
    [Dense(3)] private static partial Sym Head(Sym x);

    private static Sym Forward(Sym x) => Head(Flatten(Trunk(x)));
}

/// <summary>Two images through one convolution, which reads both as they are handed in, and a row of values.</summary>
[Model(Layout = Layout.ChannelsFirst)]
[Adam(0.01), SparseCategoricalCrossentropy, Accuracy]
public partial class TwinInputs
{
    [Conv2D(8, 3, Activation = Activation.Relu)] private static partial Sym Conv(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(6, Activation = Activation.Relu)] private static partial Sym Meta(Sym x);
    [Dense(3)] private static partial Sym Head(Sym x);

    private static Sym Embed(Sym x) => GlobalMaxPool(Pool(Conv(x)));

    private static Sym Forward([Shape(2, 6, 5)] Sym left, [Shape(2, 6, 5)] Sym right, [Shape(4)] Sym extra) =>
        Softmax(Head(Concat(Embed(left) * Embed(right), Meta(extra))));
}

/// <summary>A row in front of an image, and two outputs of which only one is judged by classes.</summary>
[Model]
[Sgd(0.05), CrossEntropy(Output = "Kind"), MeanSquaredError(Output = "Size", Weight = 0.5), Accuracy]
public partial class RowAndImage
{
    [Dense(5)] private static partial Sym Hidden(Sym x);
    [Dense(3)] private static partial Sym KindOf(Sym x);
    [Dense(1)] private static partial Sym SizeOf(Sym x);

    private static (Sym Kind, Sym Size) Forward([Shape(4)] Sym row, [Shape(6, 5, 2)] Sym image)
    {
        Sym hidden = Concat(Tanh(Hidden(Flatten(image))), row);
        return (KindOf(hidden), SizeOf(hidden));
    }
}

/// <summary>A model of rows: its only input is no image.</summary>
[Model(Defaults = Defaults.PyTorch)]
[Adam(0.02), CrossEntropy, Accuracy]
public partial class RowNet
{
    [Dense(16, Activation = Activation.Relu)] private static partial Sym Hidden(Sym x);
    [Dense(3)] private static partial Sym Head(Sym x);

    private static Sym Forward([Shape(4)] Sym x) => Head(Hidden(x));
}
