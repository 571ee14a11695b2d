namespace Convoke.Generator.Tests;

/// <summary>Models that several tests start from.</summary>
internal static class Models
{
    /// <summary>The Keras program that everybody knows.</summary>
    public const string Mnist = """
        using Convoke;
        namespace N;

        [Model(28, 28, 1)]
        [Conv2D(32, 3, Activation = Activation.Relu)]
        [MaxPool2D(2)]
        [Flatten]
        [Dense(10, Activation = Activation.Softmax)]
        [Adam, CategoricalCrossentropy, Accuracy]
        public partial class MnistNet;
        """;

    /// <summary>A small network with PyTorch's conventions, trained on logits.</summary>
    public const string Cnn = """
        using Convoke;

        [Model(3, 8, 8, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        [Conv2D(4, 3, Activation = Activation.Relu)]
        [MaxPool2D(2)]
        [Flatten]
        [Dense(5, In = 4 * 3 * 3, Name = "head")]
        [Sgd(0.05), CrossEntropy]
        internal partial class Cnn;
        """;

    /// <summary>The PyTorch-shaped program without dropout: layers as methods, and Forward.</summary>
    public const string Forward = """
        using Convoke;
        namespace N;

        [Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        [Sgd(0.01), CrossEntropy]
        public partial class ForwardNet
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
        }
        """;

    /// <summary>Two outputs, each with a loss: classes and a map of values, channels first.</summary>
    public const string Detector = """
        using Convoke;
        namespace N;

        [Model(3, 8, 8, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        [Adam, CrossEntropy(Output = "Classes"), SmoothL1(Output = "Boxes", Weight = 2), Accuracy]
        public partial class Detector
        {
            [Conv2D(4, 3, Activation = Activation.Relu)] private static partial Sym Features(Sym x);
            [Dense(5)] private static partial Sym Head(Sym x);
            [Conv2D(2, 1)] private static partial Sym Box(Sym x);

            private static (Sym Classes, Sym Boxes) Forward(Sym x)
            {
                Sym f = Features(x);
                return (Head(Flatten(f)), Box(f));
            }
        }
        """;
}
