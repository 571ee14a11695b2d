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
}
