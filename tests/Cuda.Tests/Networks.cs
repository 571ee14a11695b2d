namespace Convoke.Cuda.Tests;

/// <summary>Program A, the small one that everybody knows.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramA;

/// <summary>Program B: two convolutions and a hidden layer.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramB;

/// <summary>Program B, products in TF32.</summary>
[Model(28, 28, 1, Precision = Precision.TF32)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramBTf32;

/// <summary>Program B, products of split factors.</summary>
[Model(28, 28, 1, Precision = Precision.Float32x3)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramBF32x3;

/// <summary>Program B, products in BFloat16.</summary>
[Model(28, 28, 1, Precision = Precision.BFloat16)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramBBf16;

/// <summary>Program B, products in halves.</summary>
[Model(28, 28, 1, Precision = Precision.Float16)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramBF16;

/// <summary>What A and B do not have: channels first, colour, PyTorch's conventions, class indices, plain gradient descent, a convolution that is not pooled.</summary>
[Model(3, 12, 10, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(8, 3, Activation = Activation.Relu)]
[Conv2D(12, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(6)]
[Sgd(0.05), CrossEntropy, Accuracy]
internal sealed partial class ColorNet;

/// <summary>A residual net as PyTorch would have it: a strided stem, batch norm, a shortcut of a strided 1x1 convolution, dropout, the mean of each channel.</summary>
[Model(3, 18, 15, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.05, Momentum = 0.875), CrossEntropy, Accuracy]
internal sealed partial class ResidualNet
{
    [Conv2D(16, 7, Stride = 2, Pad = 3, Bias = false)] private static partial Sym Stem(Sym x);

    [BatchNorm] private static partial Sym StemNorm(Sym x);

    [MaxPool2D(3, Stride = 2, Pad = 1)] private static partial Sym Pool(Sym x);

    [Conv2D(32, 3, Stride = 2, Pad = 1, Bias = false)] private static partial Sym First(Sym x);

    [BatchNorm] private static partial Sym FirstNorm(Sym x);

    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Second(Sym x);

    [BatchNorm] private static partial Sym SecondNorm(Sym x);

    [Conv2D(32, 1, Stride = 2)] private static partial Sym Shortcut(Sym x);

    [Dropout(0.25)] private static partial Sym Drop(Sym x);

    [Dense(6)] private static partial Sym Classify(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Pool(Relu(StemNorm(Stem(x))));
        Sym inner = SecondNorm(Second(Relu(FirstNorm(First(x)))));
        return Classify(Drop(GlobalAveragePool(Relu(inner + Shortcut(x)))));
    }
}

/// <summary>Layers that are called several times: convolutions with the same normalization behind them and with another, and a dense layer that follows itself.</summary>
[Model(10, 9, 3)]
[Adam(0.005), CrossEntropy, Accuracy]
internal sealed partial class SharedNet
{
    [Conv2D(3, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Lift(Sym x);

    [Conv2D(3, 3, Padding = Padding.Same)] private static partial Sym Conv(Sym x);

    [BatchNorm] private static partial Sym Norm(Sym x);

    [BatchNorm] private static partial Sym OtherNorm(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dense(20, Activation = Activation.Relu)] private static partial Sym First(Sym x);

    [Dense(20, Activation = Activation.Relu)] private static partial Sym Again(Sym x);

    [Dense(5)] private static partial Sym Classify(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Lift(Lift(x));
        for (int i = 0; i < 2; i++) x += Silu(Norm(Conv(x)));
        x = Pool(Relu(OtherNorm(Conv(x))));
        return Classify(Again(Again(First(Flatten(Conv(x))))));
    }
}

/// <summary>One dropout layer on the image and one between dense layers.</summary>
[Model(7, 5, 3)]
[Sgd(0.05), CrossEntropy, Accuracy]
internal sealed partial class MaskNet
{
    [Dropout(0.5)] private static partial Sym DropPixels(Sym x);

    [Dropout(0.25)] private static partial Sym DropUnits(Sym x);

    [Dense(50)] private static partial Sym Hidden(Sym x);

    [Dense(6)] private static partial Sym Classify(Sym x);

    private static Sym Forward(Sym x) => Classify(DropUnits(Hidden(Flatten(DropPixels(x)))));
}

/// <summary>A small U-Net: what goes down comes up again beside what it was; a class for every pixel.</summary>
[Model(12, 8, 2)]
[Sgd(0.125, Momentum = 0.5), SparseCategoricalCrossentropy, Accuracy]
internal sealed partial class PixelNet
{
    [Conv2D(8, 3, Padding = Padding.Same)] private static partial Sym Down(Sym x);

    [BatchNorm] private static partial Sym Norm(Sym x);

    [MaxPool2D(2)] private static partial Sym Half(Sym x);

    [AveragePool2D(3, Stride = 1, Padding = Padding.Same)] private static partial Sym Smooth(Sym x);

    [Conv2D(20, 3, Padding = Padding.Same, Activation = Activation.Relu)] private static partial Sym Bottom(Sym x);

    [Conv2D(8, 3, Padding = Padding.Same)] private static partial Sym Up(Sym x);

    [Conv2D(4, 1)] private static partial Sym Pixels(Sym x);

    private static Sym Forward(Sym x)
    {
        Sym wide = Silu(Norm(Down(x)));
        Sym deep = Smooth(Bottom(Half(wide)));
        return Softmax(Pixels(Gelu(Up(Concat(wide, Upsample(deep, 2))))));
    }
}

/// <summary>Two heads on one trunk with a residual sum: classes, and boxes with a loss of their own.</summary>
[Model(3, 12, 10, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.05, Momentum = 0.875), CrossEntropy(Output = "Classes"), SmoothL1(Output = "Boxes", Weight = 2, Beta = 0.5), Accuracy]
internal sealed partial class TwoHeadedNet
{
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Stem(Sym x);

    [BatchNorm] private static partial Sym StemNorm(Sym x);

    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Inner(Sym x);

    [BatchNorm] private static partial Sym InnerNorm(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dense(6)] private static partial Sym Head(Sym x);

    [Dense(4)] private static partial Sym Box(Sym x);

    private static (Sym Classes, Sym Boxes) Forward(Sym image)
    {
        Sym x = Pool(Relu(StemNorm(Stem(image))));
        x += Relu(InnerNorm(Inner(x)));
        return (Head(GlobalMaxPool(x)), Box(Flatten(x)));
    }
}

/// <summary>Values only, a map of them: there are no classes to count, and no second loss.</summary>
[Model(12, 10, 3)]
[Conv2D(8, 3, Padding = Padding.Same, Activation = Activation.Relu)]
[Conv2D(3, 1, Activation = Activation.Sigmoid)]
[Adam(0.01), MeanSquaredError(Weight = 0.5)]
internal sealed partial class ValueNet;

/// <summary>Two images through one convolution, which reads both out of the data set, an image of another size through a dense layer, and a row of values.</summary>
[Model(Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.05, Momentum = 0.5), CrossEntropy, Accuracy]
internal sealed partial class TwinNet
{
    [Conv2D(8, 3, Activation = Activation.Relu)] private static partial Sym Conv(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dense(6)] private static partial Sym Embed(Sym x);

    [Dense(5, Activation = Activation.Relu)] private static partial Sym Thumb(Sym x);

    [Dropout(0.25)] private static partial Sym Drop(Sym x);

    [Dense(4)] private static partial Sym Classify(Sym x);

    private static Sym Forward([Shape(2, 10, 9)] Sym left, [Shape(2, 10, 9)] Sym right, [Shape(3, 4, 5)] Sym thumb, [Shape(7)] Sym extra)
    {
        Sym a = Embed(Flatten(Pool(Conv(left)))), b = Embed(Flatten(Pool(Conv(right))));
        return Classify(Concat(a * b, Drop(a + b), Thumb(Flatten(thumb)), Tanh(extra)));
    }
}
