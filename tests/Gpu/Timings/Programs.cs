namespace Convoke.Gpu.Timings;

/// <summary>Program A, products in TF32.</summary>
[Model(28, 28, 1, Precision = Precision.TF32)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramATf32;

/// <summary>Program A, products of split factors.</summary>
[Model(28, 28, 1, Precision = Precision.Float32x3)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramAF32x3;

/// <summary>Program C, as samples/Cifar10 has it.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.01), CrossEntropy, Accuracy]
internal sealed partial class ProgramC
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);

    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dropout(0.5)] private static partial Sym Drop(Sym x);

    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);

    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Drop(Pool(Relu(Conv1(x))));
        x = Drop(Pool(Relu(Conv2(x))));
        x = Drop(Relu(Fc1(Flatten(x))));
        return Fc2(x);
    }
}

/// <summary>Program C, as samples/Cifar10 has it, products in TF32.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch, Precision = Precision.TF32)]
[Sgd(0.01), CrossEntropy, Accuracy]
internal sealed partial class ProgramCTf32
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);

    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dropout(0.5)] private static partial Sym Drop(Sym x);

    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);

    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Drop(Pool(Relu(Conv1(x))));
        x = Drop(Pool(Relu(Conv2(x))));
        x = Drop(Relu(Fc1(Flatten(x))));
        return Fc2(x);
    }
}

/// <summary>Program C, as samples/Cifar10 has it, products of split factors.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch, Precision = Precision.Float32x3)]
[Sgd(0.01), CrossEntropy, Accuracy]
internal sealed partial class ProgramCF32x3
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);

    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dropout(0.5)] private static partial Sym Drop(Sym x);

    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);

    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Drop(Pool(Relu(Conv1(x))));
        x = Drop(Pool(Relu(Conv2(x))));
        x = Drop(Relu(Fc1(Flatten(x))));
        return Fc2(x);
    }
}

/// <summary>Program C, as samples/Cifar10 has it, products in BFloat16.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch, Precision = Precision.BFloat16)]
[Sgd(0.01), CrossEntropy, Accuracy]
internal sealed partial class ProgramCBf16
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);

    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);

    [MaxPool2D(2)] private static partial Sym Pool(Sym x);

    [Dropout(0.5)] private static partial Sym Drop(Sym x);

    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);

    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Drop(Pool(Relu(Conv1(x))));
        x = Drop(Pool(Relu(Conv2(x))));
        x = Drop(Relu(Fc1(Flatten(x))));
        return Fc2(x);
    }
}
