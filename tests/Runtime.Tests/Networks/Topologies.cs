namespace Convoke.Runtime.Tests.Networks;

/// <summary>A ResNet-9, a quarter as wide as usual: batch normalization and residual sums. Its oracle is tests/Parity/TopologyProgram.cs.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.005, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class ResNet9
{
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Prep(Sym x);
    [BatchNorm] private static partial Sym PrepNorm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer1(Sym x);
    [BatchNorm] private static partial Sym Layer1Norm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res1a(Sym x);
    [BatchNorm] private static partial Sym Res1aNorm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res1b(Sym x);
    [BatchNorm] private static partial Sym Res1bNorm(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer2(Sym x);
    [BatchNorm] private static partial Sym Layer2Norm(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer3(Sym x);
    [BatchNorm] private static partial Sym Layer3Norm(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res2a(Sym x);
    [BatchNorm] private static partial Sym Res2aNorm(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res2b(Sym x);
    [BatchNorm] private static partial Sym Res2bNorm(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(10)] private static partial Sym Fc(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Relu(PrepNorm(Prep(x)));
        x = Pool(Relu(Layer1Norm(Layer1(x))));
        x += Relu(Res1bNorm(Res1b(Relu(Res1aNorm(Res1a(x))))));
        x = Pool(Relu(Layer2Norm(Layer2(x))));
        x = Pool(Relu(Layer3Norm(Layer3(x))));
        x += Relu(Res2bNorm(Res2b(Relu(Res2aNorm(Res2a(x))))));
        return Fc(GlobalMaxPool(x));
    }
}

/// <summary>One convolution three times, twice with the same normalization behind it, and one dense layer twice.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.005, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class SharedWeights
{
    [Conv2D(16, 3, Padding = Padding.Same)] private static partial Sym Stem(Sym x);
    [Conv2D(16, 3, Padding = Padding.Same)] private static partial Sym Conv(Sym x);
    [BatchNorm] private static partial Sym Norm(Sym x);
    [BatchNorm] private static partial Sym LastNorm(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(16)] private static partial Sym Fc(Sym x);
    [Dense(10)] private static partial Sym Head(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Pool(Relu(Stem(x)));
        for (int i = 0; i < 2; i++) x += Relu(Norm(Conv(x)));
        x = Relu(LastNorm(Conv(Pool(x))));
        return Head(Relu(Fc(Relu(Fc(GlobalMaxPool(x))))));
    }
}

/// <summary>A U-Net of two levels: joins, upsampling, a class a pixel.</summary>
[Model(1, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.1, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class UNet
{
    [Conv2D(8, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Enc1(Sym x);
    [BatchNorm] private static partial Sym Enc1Norm(Sym x);
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Enc2(Sym x);
    [BatchNorm] private static partial Sym Enc2Norm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Mid(Sym x);
    [BatchNorm] private static partial Sym MidNorm(Sym x);
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Dec2(Sym x);
    [BatchNorm] private static partial Sym Dec2Norm(Sym x);
    [Conv2D(8, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Dec1(Sym x);
    [BatchNorm] private static partial Sym Dec1Norm(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Conv2D(3, 1)] private static partial Sym Head(Sym x);

    private static Sym Forward(Sym x)
    {
        Sym e1 = Relu(Enc1Norm(Enc1(x)));
        Sym e2 = Relu(Enc2Norm(Enc2(Pool(e1))));
        Sym middle = Relu(MidNorm(Mid(Pool(e2))));
        Sym d2 = Relu(Dec2Norm(Dec2(Concat(Upsample(middle, 2), e2))));
        Sym d1 = Relu(Dec1Norm(Dec1(Concat(Upsample(d2, 2), e1))));
        return Head(d1);
    }
}

/// <summary>Two heads on one trunk with a residual sum: classes, and boxes with a loss of their own.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.001, Momentum = 0.9), CrossEntropy(Output = "Classes"), SmoothL1(Output = "Boxes", Weight = 2, Beta = 0.5), Accuracy]
public partial class Detector
{
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Stem(Sym x);
    [BatchNorm] private static partial Sym StemNorm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Body(Sym x);
    [BatchNorm] private static partial Sym BodyNorm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym ResA(Sym x);
    [BatchNorm] private static partial Sym ResANorm(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym ResB(Sym x);
    [BatchNorm] private static partial Sym ResBNorm(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(10)] private static partial Sym Head(Sym x);
    [Dense(4)] private static partial Sym Box(Sym x);

    private static (Sym Classes, Sym Boxes) Forward(Sym image)
    {
        Sym x = Pool(Relu(StemNorm(Stem(image))));
        x = Pool(Relu(BodyNorm(Body(x))));
        x += Relu(ResBNorm(ResB(Relu(ResANorm(ResA(x))))));
        return (Head(GlobalMaxPool(x)), Box(Flatten(x)));
    }
}

/// <summary>Two images through the same layers, and a row of values beside them.</summary>
[Model(Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.002, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class Pair
{
    [Conv2D(16, 3)] private static partial Sym Conv1(Sym x);
    [Conv2D(32, 3, Bias = false)] private static partial Sym Conv2(Sym x);
    [BatchNorm] private static partial Sym Norm(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(8)] private static partial Sym Meta(Sym x);
    [Dense(10)] private static partial Sym Head(Sym x);

    private static Sym Embed(Sym x) => GlobalMaxPool(Relu(Norm(Conv2(Pool(Relu(Conv1(x)))))));

    private static Sym Forward([Shape(1, 32, 32)] Sym left, [Shape(1, 32, 32)] Sym right, [Shape(5)] Sym extra)
    {
        Sym a = Embed(left), b = Embed(right);
        return Head(Concat(a * b, a + b, Relu(Meta(extra))));
    }
}
