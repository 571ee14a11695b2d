namespace Convoke.Runtime.Tests.Networks;

/// <summary>Program C without dropout, as its readers write it.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.01), CrossEntropy, Accuracy]
public partial class ProgramC
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);
    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Pool(Relu(Conv1(x)));
        x = Pool(Relu(Conv2(x)));
        x = Relu(Fc1(Flatten(x)));
        return Fc2(x);
    }

    /// <summary>What Forward calls when it runs.</summary>
    public static IEnumerable<string> Traced()
    {
        var trace = new ForwardTrace();
        Forward(trace.Input);
        return trace.Calls.Select(static call => call.ToString());
    }
}

/// <summary>The same network with its layers on the class.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10)]
[Sgd(0.01), CrossEntropy, Accuracy]
public partial class ProgramCAsAttributes;

/// <summary>Everything that Forward may be made of, for a chain of layers: helpers, loops, conditions, indexed layers, names of Keras.</summary>
[Model(12, 11, 2)]
[Adam, SparseCategoricalCrossentropy, Accuracy]
public partial class Winding
{
    private const bool Deep = true;

    private static ReadOnlySpan<int> Hidden => [0, 1];

    [Conv2D(6, 2)] private static partial Sym FirstConv(Sym image);
    [Conv2D(5, 3, Activation = Activation.Relu)] private static partial Sym Block(Sym x, int index);
    [MaxPool2D(2)] private static partial Sym Halve(Sym x);
    [Flatten] private static partial Sym Row(Sym x);
    [Dense(9)] private static partial Sym HiddenLayer(Sym x, int index);
    [Dense(4, Name = "logits")] private static partial Sym Head(Sym x);

    private static Sym Forward(Sym image)
    {
        var (x, depth) = (Relu(FirstConv(image)), Deep ? 2 : 1);
        for (int i = 0; i < depth; i++) x = Block(x, i);
        x = Row(Halve(x));
        foreach (int i in Hidden) x = Activated(HiddenLayer(x, i));
        return Softmax(Head(x));
    }

    private static Sym Activated(Sym x) => Relu(x);
}

/// <summary>The network that <see cref="Winding"/> winds up to.</summary>
[Model(12, 11, 2)]
[Conv2D(6, 2, Activation = Activation.Relu)]
[Conv2D(5, 3, Activation = Activation.Relu)]
[Conv2D(5, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(9, Activation = Activation.Relu)]
[Dense(9, Activation = Activation.Relu)]
[Dense(4, Activation = Activation.Softmax)]
[Adam, SparseCategoricalCrossentropy, Accuracy]
public partial class Unwound;

/// <summary>Program C: one dropout layer, three sites; with momentum, so that two epochs of a part of CIFAR-10 show something.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Sgd(0.01, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class ProgramCWithDropout
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

/// <summary>What a picture's pixels alone tell.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Flatten]
[Dense(10)]
[Sgd(0.01, Momentum = 0.9), CrossEntropy, Accuracy]
public partial class LinearCifar;
