namespace Convoke.GeneratorBenchmark;

/// <summary>Sources of one program that is edited.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Models">A file for each model.</param>
internal sealed record Scenario(string Title, string[] Models)
{
    /// <summary>What the generated C# of one model may take.</summary>
    public const long LimitBytes = 1_000_000;

    /// <summary>The small Keras classifier of MNIST, as attributes.</summary>
    public static Scenario Ordinary() => new("one ordinary model (program B)", ["""
        using Convoke;
        namespace Bench;

        [Model(28, 28, 1)]
        [Conv2D(32, 3, Activation = Activation.Relu)]
        [MaxPool2D(2)]
        [Conv2D(64, 3, Activation = Activation.Relu)]
        [MaxPool2D(2)]
        [Flatten]
        [Dense(128, Activation = Activation.Relu)]
        [Dense(10, Activation = Activation.Softmax)]
        [Adam, SparseCategoricalCrossentropy, Accuracy]
        public partial class ProgramB;
        """]);

    /// <summary>Deep residual networks, each with layers of its own, written as a loop over an indexed layer method.</summary>
    public static Scenario Residual(int models, int blocks) => new(
        $"{models} models of {blocks} residual blocks", [.. Enumerable.Range(0, models).Select(model => $$"""
        using Convoke;
        namespace Bench;

        [Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        [Sgd(0.1, Momentum = 0.9), CrossEntropy]
        public partial class Residual{{model}}
        {
            private const int Blocks = {{blocks}};

            [Conv2D({{16 + model}}, 3, Padding = Padding.Same)] private static partial Sym Stem(Sym x);
            [Conv2D({{16 + model}}, 3, Padding = Padding.Same, Bias = false)] private static partial Sym Conv(Sym x, int block);
            [BatchNorm] private static partial Sym Norm(Sym x, int block);
            [Dense(10)] private static partial Sym Head(Sym x);

            private static Sym Forward(Sym x)
            {
                x = Relu(Stem(x));
                for (int block = 0; block < Blocks; block++) x = Residual(x, block);
                return Head(GlobalAveragePool(x));
            }

            private static Sym Residual(Sym x, int block) => x + Relu(Norm(Conv(x, block), block));
        }
        """)]);
}
