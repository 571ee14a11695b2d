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
}
