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
            [new(LossKind.CategoricalCrossentropy)], new AdamSpec(1e-3, 0.9, 0.999, 1e-7, EpsilonForm.BeforeCorrection), Accuracy: true),
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
            [new(LossKind.CrossEntropy)], new AdamSpec(0.01, 0.8, 0.99, 1e-8, EpsilonForm.AfterCorrection), Accuracy: false),
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
            [], null, Accuracy: false)
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

    /// <summary>Strides and padding in all their forms; what says nothing new is the plain form.</summary>
    [Fact]
    public void Windows() => Assert.Equal(
        [
            new Conv2DSpec("conv2d", 4, 3, 3, ActivationKind.None, true) { StrideHeight = 2, StrideWidth = 2, Padding = PaddingSpec.Same },
            new Conv2DSpec("conv2d_1", 4, 3, 2, ActivationKind.None, true) { StrideWidth = 3, Padding = new(PaddingKind.Explicit, 1, 1, 1, 1) },
            new Conv2DSpec("conv2d_2", 4, 3, 3, ActivationKind.None, true) { Padding = new(PaddingKind.Explicit, Top: 1, Left: 2, Bottom: 3, Right: 4) },
            new Conv2DSpec("conv2d_3", 4, 1, 1, ActivationKind.None, true),
            new MaxPool2DSpec("max_pooling2d", 3, 2) { StrideHeight = 1, StrideWidth = 2 },
            new MaxPool2DSpec("max_pooling2d_1", 3, 3) { StrideHeight = 2, StrideWidth = 2, Padding = new(PaddingKind.Explicit, 1, 1, 1, 1) },
            new AveragePool2DSpec("average_pooling2d", 2, 2, CountsPadding: false) { Padding = PaddingSpec.Same },
            new AveragePool2DSpec("average_pooling2d_1", 2, 3, CountsPadding: true) { StrideHeight = 4, StrideWidth = 4, Padding = new(PaddingKind.Explicit, Right: 1) },
        ],
        Layers("64, 64, 1", """
            Conv2D(4, 3, Stride = 2, Padding = Padding.Same), Conv2D(4, 3, 2, StrideWidth = 3, Pad = 1), Conv2D(4, 3, PadTop = 1, PadLeft = 2, PadBottom = 3, PadRight = 4),
            Conv2D(4, 1, Padding = Padding.Valid, Stride = 1), MaxPool2D(3, 2, StrideHeight = 1), MaxPool2D(3, Stride = 2, Pad = 1), AveragePool2D(2, Padding = Padding.Same),
            AveragePool2D(2, 3, Stride = 4, PadRight = 1, PadTop = 0, CountsPadding = true)
            """));

    [Fact]
    public void Explicit_padding_of_nothing_is_none() => Assert.True(Assert.IsType<MaxPool2DSpec>(Assert.Single(Layers("8, 8, 1", "MaxPool2D(2, Stride = 2, Pad = 0)"))).IsTiling);

    /// <summary>Numbers that frameworks differ in, and their names for layers.</summary>
    [Fact]
    public void Defaults_of_Keras() => Assert.Equal(
        [
            new BatchNormSpec("batch_normalization", 1 - 0.99, 1e-3, UnbiasedRunning: false), new ReluSpec("relu"),
            new BatchNormSpec("batch_normalization_1", 1 - 0.9, 1e-4, UnbiasedRunning: false),
            new AveragePool2DSpec("average_pooling2d", 2, 2, CountsPadding: false), new UpsampleSpec("up_sampling2d", 2, 2),
            new Conv2DSpec("conv2d", 4, 1, 1, ActivationKind.None, true), new ActivationSpec("leaky_relu", ActivationKind.LeakyRelu, 0.2),
            new DropoutSpec("dropout", 0.5), new GlobalPool2DSpec("global_average_pooling2d", PoolKind.Average),
        ],
        Layers("8, 8, 1", """
            BatchNorm(Activation = Activation.Relu), BatchNorm(Momentum = 0.9, Epsilon = 1e-4), AveragePool2D(2), Upsample(2),
            Conv2D(4, 1, Activation = Activation.LeakyRelu), Dropout(0.5), GlobalAveragePool2D
            """));

    [Fact]
    public void Defaults_of_PyTorch() => Assert.Equal(
        [
            new BatchNormSpec("bn1", 0.1, 1e-5, UnbiasedRunning: true), new BatchNormSpec("bn2", 1, 1e-4, UnbiasedRunning: true),
            new AveragePool2DSpec("avgpool1", 2, 2, CountsPadding: true), new UpsampleSpec("up1", 2, 3),
            new Conv2DSpec("conv1", 4, 1, 1, ActivationKind.None, true), new ActivationSpec("leaky_relu", ActivationKind.LeakyRelu, 0.01),
            new DropoutSpec("drop1", 0.5), new GlobalPool2DSpec("global_maxpool1", PoolKind.Max),
        ],
        Layers("8, 8, 1, Defaults = Defaults.PyTorch", """
            BatchNorm, BatchNorm(Momentum = 1, Epsilon = 1e-4), AveragePool2D(2), Upsample(2, 3), Conv2D(4, 1, Activation = Activation.LeakyRelu), Dropout(0.5), GlobalMaxPool2D
            """));

    /// <summary>Convolutions and dense layers hold ReLU and softmax themselves; any other activation is a call behind its layer.</summary>
    [Theory]
    [InlineData("Gelu", "gelu", ActivationKind.Gelu)]
    [InlineData("Silu", "silu", ActivationKind.Silu)]
    [InlineData("Sigmoid", "sigmoid", ActivationKind.Sigmoid)]
    [InlineData("Tanh", "tanh", ActivationKind.Tanh)]
    [InlineData("LogSoftmax", "log_softmax", ActivationKind.LogSoftmax)]
    public void Activations_that_become_calls(string activation, string name, ActivationKind kind)
    {
        LayerSpec[] expected = [new FlattenSpec("flatten"), new DenseSpec("dense", 3, ActivationKind.None, true, null), new ActivationSpec(name, kind)];
        Assert.Equal(expected, Layers("8, 8, 1", $"Flatten, Dense(3, Activation = Activation.{activation})"));
        ModelSpec called = Read($"using Convoke; [Model(8, 8, 1)] partial class M {{ [Dense(3, Activation = Activation.{activation})] private static partial Sym Dense(Sym x); private static Sym Forward(Sym x) => Dense(Flatten(x)); }}")!;
        Assert.Equal(expected, called.Calls.Select(static call => call.Layer));
        Assert.Equal([new OutputSpec(null, 2)], called.Outputs);
    }

    /// <summary>Program C, dropout and all: each call of a layer is a call of its own.</summary>
    [Fact]
    public void Program_C() => Assert.Equal(
        ["conv1(-1)", "relu(0)", "pool(1)", "drop(2)", "conv2(3)", "relu(4)", "pool(5)", "drop(6)", "flatten(7)", "fc1(8)", "relu(9)", "drop(10)", "fc2(11)"],
        Read("""
            using Convoke;
            [Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
            [Sgd(0.01), CrossEntropy]
            public partial class Cnn
            {
                [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
                [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
                [MaxPool2D(2)]  private static partial Sym Pool(Sym x);
                [Dropout(0.5)]  private static partial Sym Drop(Sym x);
                [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);
                [Dense(10)]     private static partial Sym Fc2(Sym x);

                private static Sym Forward(Sym x)
                {
                    x = Drop(Pool(Relu(Conv1(x))));
                    x = Drop(Pool(Relu(Conv2(x))));
                    x = Drop(Relu(Fc1(Flatten(x))));
                    return Fc2(x);
                }
            }
            """)!.Calls.Select(static call => $"{call.Layer.Name}({string.Join(", ", call.Inputs)})"));

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
        Assert.Equal((0, null, false), (spec.Losses.Count, spec.Optimizer, spec.Accuracy));
    }

    [Fact]
    public void Constants_of_other_files_are_followed() => Assert.Equal(
        new InputSpec(8, 9, 1, ImageLayout.ChannelsLast),
        Read("using Convoke; [Model(Size.H, Size.H + 1, 1), Flatten, Dense(2)] partial class M;", "class Size { public const int H = 8; }")!.Input);

    [Fact]
    public void A_faulty_model_has_no_specification() => Assert.Null(Read("using Convoke; [Model(8, 8, 0), Flatten, Dense(2)] partial class M;"));

    private static string Trained(string optimizer) =>
        $"using Convoke; [Model(8, 8, 1), Flatten, Dense(2, Activation = Activation.Softmax), SparseCategoricalCrossentropy, {optimizer}] partial class M;";

    private static IEnumerable<LayerSpec> Layers(string model, string layers) =>
        Read($"using Convoke; [Model({model}), {layers}] partial class M;")!.Calls.Select(static call => call.Layer);

    /// <summary>Reads as the generator does, without compiling what was read.</summary>
    private static ModelSpec? Read(params string[] sources)
    {
        Harness.Driver().RunGeneratorsAndUpdateCompilation(Harness.Compile(sources), out Compilation updated, out _);
        INamedTypeSymbol model = updated.GetSymbolsWithName(static _ => true, SymbolFilter.Type).OfType<INamedTypeSymbol>()
            .Single(static type => type.GetAttributes().Any(static attribute => attribute.AttributeClass?.Name == "ModelAttribute"));
        object reader = typeof(ConvokeGenerator).Assembly.GetType("Convoke.Generator.ModelReader", throwOnError: true)!.GetMethod("Find")!.Invoke(null, [model, updated, null, CancellationToken.None])!;
        object reading = reader.GetType().GetMethod("Read")!.Invoke(reader, null)!;
        return (ModelSpec?)reading.GetType().GetProperty("Spec")!.GetValue(reading);
    }
}
