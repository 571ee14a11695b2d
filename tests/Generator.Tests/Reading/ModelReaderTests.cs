using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

/// <summary>What the attributes say arrives as the model that the compiler is given.</summary>
public class ModelReaderTests
{
    [Fact]
    public void The_Keras_program() => Assert.Equal(
        new ModelSpec(
            "N", "MnistNet", "public", new InputSpec(28, 28, 1, ImageLayout.ChannelsLast), Preset.Keras,
            [
                new(new Conv2DSpec("conv2d", 32, 3, 3, ActivationKind.Relu, UseBias: true), [CallSpec.ModelInput]),
                new(new MaxPool2DSpec("max_pooling2d", 2, 2), [0]),
                new(new FlattenSpec("flatten"), [1]),
                new(new DenseSpec("dense", 10, ActivationKind.Softmax, UseBias: true, In: null), [2]),
            ],
            LossKind.CategoricalCrossentropy, new AdamSpec(1e-3, 0.9, 0.999, 1e-7, EpsilonForm.BeforeCorrection), Accuracy: true),
        Read(Models.Mnist));

    [Fact]
    public void Everything_said_otherwise() => Assert.Equal(
        new ModelSpec(
            null, "M", "internal", new InputSpec(9, 7, 3, ImageLayout.ChannelsFirst), Preset.PyTorch,
            [
                new(new Conv2DSpec("conv1", 4, 2, 3, ActivationKind.None, UseBias: false), [CallSpec.ModelInput]),
                new(new Conv2DSpec("second", 5, 1, 1, ActivationKind.None, UseBias: true), [0]),
                new(new Conv2DSpec("conv2", 6, 2, 2, ActivationKind.Relu, UseBias: true), [1]),
                new(new MaxPool2DSpec("pool1", 1, 2), [2]),
                new(new FlattenSpec("flat"), [3]),
                new(new DenseSpec("fc1", 8, ActivationKind.None, UseBias: false, In: 84), [4]),
                new(new DenseSpec("head", 2, ActivationKind.None, UseBias: true, In: null), [5]),
            ],
            LossKind.CrossEntropy, new AdamSpec(0.01, 0.8, 0.99, 1e-8, EpsilonForm.AfterCorrection), Accuracy: false),
        Read("""
            using Convoke;
            [Model(3, 9, 7, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
            [Conv2D(4, 2, 3, Bias = false), Conv2D(kernel: 1, filters: 5, Name = "second"), Conv2D(6, 2, Activation = Activation.Relu)]
            [MaxPool2D(1, 2), Flatten(Name = "flat"), Dense(8, Bias = false, In = 84), Dense(2, Name = "head")]
            [Adam(0.01, Beta1 = 0.8, Beta2 = 0.99), CrossEntropy]
            internal partial class M;
            """));

    /// <summary>Names are those of the methods, calls of one layer have its spec, and each call names what it reads.</summary>
    [Fact]
    public void A_program_with_Forward() => Assert.Equal(
        new ModelSpec(
            null, "M", "internal", new InputSpec(16, 16, 2, ImageLayout.ChannelsLast), Preset.PyTorch,
            [
                new(new Conv2DSpec("conv_in", 4, 3, 3, ActivationKind.None, UseBias: false), [CallSpec.ModelInput]),
                new(new ReluSpec("relu"), [0]),
                new(new Conv2DSpec("block.0", 4, 1, 1, ActivationKind.None, UseBias: true), [1]),
                new(new AddSpec("add"), [1, 2]),
                new(new MaxPool2DSpec("pool", 2, 2), [3]),
                new(new DropoutSpec("drop", 0.25), [4]),
                new(new FlattenSpec("flatten"), [5]),
                new(new DenseSpec("logits", 3, ActivationKind.None, UseBias: true, In: 196), [6]),
            ],
            null, null, Accuracy: false)
        { Outputs = [new OutputSpec(null, 7)] },
        Read("""
            using Convoke;
            [Model(16, 16, 2, Defaults = Defaults.PyTorch)]
            partial class M
            {
                [Conv2D(4, 3, Bias = false)] private static partial Sym ConvIn(Sym x);
                [Conv2D(4, 1)] private static partial Sym Block(Sym x, int index);
                [MaxPool2D(2)] private static partial Sym Pool(Sym x);
                [Dropout(0.25)] private static partial Sym Drop(Sym x);
                [Dense(3, In = 4 * 7 * 7, Name = "logits")] private static partial Sym Head(Sym x);
                private static Sym Forward(Sym x)
                {
                    x = Relu(ConvIn(x));
                    return Head(Flatten(Drop(Pool(x + Block(x, 0)))));
                }
            }
            """));

    [Theory]
    [InlineData("Conv1", "conv1")]
    [InlineData("FC1", "fc1")]
    [InlineData("Conv2D", "conv2d")]
    [InlineData("MyBlock", "my_block")]
    [InlineData("Block2Conv", "block2_conv")]
    [InlineData("HTTPServer", "http_server")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("Snake_Case", "snake_case")]
    public void Layers_are_named_after_their_methods(string method, string layer) => Assert.Equal(layer, LayerNames.OfMethod(method));

    [Theory]
    [InlineData("Sgd", 0.01)]
    [InlineData("Sgd(0.5)", 0.5)]
    [InlineData("Sgd(rate: 1)", 1)]
    public void Gradient_descent(string attribute, double rate) => Assert.Equal(new SgdSpec(rate), Read(Trained(attribute))!.Optimizer);

    [Theory]
    [InlineData("Sgd(Momentum = 0.9)", false)]
    [InlineData("Sgd(0.01, Momentum = 0.9, Nesterov = true)", true)]
    public void Gradient_descent_with_momentum(string attribute, bool nesterov) => Assert.Equal(new SgdSpec(0.01, 0.9, nesterov), Read(Trained(attribute))!.Optimizer);

    [Theory]
    [InlineData("AdamW", 0.004)]
    [InlineData("AdamW(WeightDecay = 0)", 0)]
    [InlineData("AdamW(0.001, WeightDecay = 0.1)", 0.1)]
    public void Adam_with_weight_decay(string attribute, double decay) =>
        Assert.Equal(new AdamSpec(1e-3, 0.9, 0.999, 1e-7, EpsilonForm.BeforeCorrection, decay), Read(Trained(attribute))!.Optimizer);

    [Fact]
    public void Epsilon_may_be_chosen_and_its_place_is_the_presets() =>
        Assert.Equal(new AdamSpec(1e-3, 0.9, 0.999, 1e-6, EpsilonForm.BeforeCorrection), Read(Trained("Adam(Epsilon = 1e-6)"))!.Optimizer);

    [Fact]
    public void A_model_without_loss_and_optimizer_only_predicts()
    {
        ModelSpec spec = Read("using Convoke; [Model(8, 8, 1), Flatten, Dense(2)] partial class M;")!;
        Assert.Equal((null, null, false), (spec.Loss, spec.Optimizer, spec.Accuracy));
    }

    [Fact]
    public void Constants_of_other_files_are_followed() => Assert.Equal(
        new InputSpec(8, 9, 1, ImageLayout.ChannelsLast),
        Read("using Convoke; [Model(Size.H, Size.H + 1, 1), Flatten, Dense(2)] partial class M;", "class Size { public const int H = 8; }")!.Input);

    [Fact]
    public void A_faulty_model_has_no_specification() => Assert.Null(Read("using Convoke; [Model(8, 8, 0), Flatten, Dense(2)] partial class M;"));

    private static string Trained(string optimizer) =>
        $"using Convoke; [Model(8, 8, 1), Flatten, Dense(2, Activation = Activation.Softmax), SparseCategoricalCrossentropy, {optimizer}] partial class M;";

    private static ModelSpec? Read(params string[] sources)
    {
        GeneratorRunResult run = Harness.Driver(track: true).RunGenerators(Harness.Compile(sources)).GetRunResult().Results[0];
        object reading = Assert.Single(Assert.Single(run.TrackedSteps["Convoke.Parse"]).Outputs).Value;
        return (ModelSpec?)reading.GetType().GetProperty("Spec")!.GetValue(reading);
    }
}
