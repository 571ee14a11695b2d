namespace Convoke.Benchmarks.Programs;

// PyTorch's preset: Adam has TorchSharp's form and constants, so that whole training steps can be compared, not only gradients.
// The kernels are those of the samples' classes; only constants of the update differ.

/// <summary>Program A.</summary>
[Model(28, 28, 1, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class NetA;

/// <summary>Program B.</summary>
[Model(28, 28, 1, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class NetB;

/// <summary>Program C: images of three channels, and dropout.</summary>
[Model(32, 32, 3, Defaults = Defaults.PyTorch)]
[Adam, CrossEntropy, Accuracy]
internal sealed partial class NetC
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dropout(0.5)] private static partial Sym Drop(Sym x);
    [Dense(128)] private static partial Sym Fc1(Sym x);
    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x) => Fc2(Drop(Relu(Fc1(Flatten(Drop(Pool(Relu(Conv2(Drop(Pool(Relu(Conv1(x)))))))))))));
}

/// <summary>Program C without its dropout, for the comparison of gradients.</summary>
[Model(32, 32, 3, Defaults = Defaults.PyTorch)]
[Adam, CrossEntropy, Accuracy]
internal sealed partial class NetCWithoutDropout
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(128)] private static partial Sym Fc1(Sym x);
    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x) => Fc2(Relu(Fc1(Flatten(Pool(Relu(Conv2(Pool(Relu(Conv1(x))))))))));
}

/// <summary>A ResNet-9, half as wide as usual: batch normalization and residual sums.</summary>
[Model(32, 32, 3, Defaults = Defaults.PyTorch)]
[Adam, CrossEntropy, Accuracy]
internal sealed partial class NetResNet9
{
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Prep(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer1(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res1(Sym x, int i);
    [Conv2D(128, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer2(Sym x);
    [Conv2D(256, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Layer3(Sym x);
    [Conv2D(256, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Res2(Sym x, int i);
    [BatchNorm] private static partial Sym Norm(Sym x, int i);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(10)] private static partial Sym Fc(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Relu(Norm(Prep(x), 0));
        x = Pool(Relu(Norm(Layer1(x), 1)));
        x += Relu(Norm(Res1(Relu(Norm(Res1(x, 0), 2)), 1), 3));
        x = Pool(Relu(Norm(Layer2(x), 4)));
        x = Pool(Relu(Norm(Layer3(x), 5)));
        x += Relu(Norm(Res2(Relu(Norm(Res2(x, 0), 6)), 1), 7));
        return Fc(GlobalMaxPool(x));
    }
}

/// <summary>A U-Net of two levels: joins, upsampling, a class a pixel.</summary>
[Model(32, 32, 1, Defaults = Defaults.PyTorch)]
[Adam, CrossEntropy, Accuracy]
internal sealed partial class NetUNet
{
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Enc1(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Enc2(Sym x);
    [Conv2D(64, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Mid(Sym x);
    [Conv2D(32, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Dec2(Sym x);
    [Conv2D(16, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Dec1(Sym x);
    [BatchNorm] private static partial Sym Norm(Sym x, int i);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Conv2D(3, 1)] private static partial Sym Head(Sym x);

    private static Sym Forward(Sym x)
    {
        Sym one = Relu(Norm(Enc1(x), 0));
        Sym two = Relu(Norm(Enc2(Pool(one)), 1));
        Sym mid = Relu(Norm(Mid(Pool(two)), 2));
        Sym up = Relu(Norm(Dec2(Concat(Upsample(mid, 2), two)), 3));
        return Head(Relu(Norm(Dec1(Concat(Upsample(up, 2), one)), 4)));
    }
}
