namespace Convoke.Runtime.Tests.Networks;

/// <summary>Two outputs of which only the first is judged: the second is a layer of its own, which nothing trains.</summary>
[Model(6, 5, 2)]
[Sgd(0.1), SparseCategoricalCrossentropy(Output = "classes"), Accuracy]
public partial class HalfJudged
{
    [Conv2D(8, 3, Padding = Padding.Same)] private static partial Sym Trunk(Sym x);
    [BatchNorm] private static partial Sym Norm(Sym x);
    [Dense(3)] private static partial Sym Head(Sym x);
    [Conv2D(2, 3, Padding = Padding.Same)] private static partial Sym Extra(Sym x);
    [BatchNorm] private static partial Sym ExtraNorm(Sym x);

    private static (Sym classes, Sym extra) Forward(Sym x)
    {
        Sym f = Relu(Norm(Trunk(x)));
        return (Softmax(Head(Flatten(f))), ExtraNorm(Extra(f)));
    }
}

/// <summary>Two outputs that tell classes, one of the image and one of each pixel, and a third of values.</summary>
[Model(2, 6, 5, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Adam(0.01), CategoricalCrossentropy(Output = "Kind"), CrossEntropy(Output = "Mask", Weight = 0.5), MeanSquaredError(Output = "Size", Weight = 4), Accuracy]
public partial class ThreeHeads
{
    [Conv2D(8, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Trunk(Sym x);
    [Dense(3)] private static partial Sym KindOf(Sym x);
    [Conv2D(4, 1)] private static partial Sym MaskOf(Sym x);
    [Dense(1)] private static partial Sym SizeOf(Sym x);

    private static (Sym Kind, Sym Mask, Sym Size) Forward(Sym x)
    {
        x = Trunk(x);
        return (Softmax(KindOf(Flatten(x))), MaskOf(x), SizeOf(GlobalAveragePool(x)));
    }
}

/// <summary>An image of values: what comes in shall come out.</summary>
[Model(2, 6, 5, Layout = Layout.ChannelsFirst)]
[Conv2D(6, 3, Padding = Padding.Same, Activation = Activation.Relu)]
[Conv2D(2, 3, Padding = Padding.Same)]
[Adam(0.02), SmoothL1(Beta = 0.1)]
public partial class ImageToImage;

/// <summary>The first output alone of a model of three.</summary>
[Model(2, 6, 5, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Adam(0.01), MeanSquaredError(Weight = 4)]
public partial class SizeOnly
{
    [Conv2D(8, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Trunk(Sym x);
    [Dense(1)] private static partial Sym SizeOf(Sym x);

    private static Sym Forward(Sym x) => SizeOf(GlobalAveragePool(Trunk(x)));
}
