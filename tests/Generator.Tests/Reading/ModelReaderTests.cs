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

    [Theory]
    [InlineData("Sgd", 0.01)]
    [InlineData("Sgd(0.5)", 0.5)]
    [InlineData("Sgd(rate: 1)", 1)]
    public void Gradient_descent(string attribute, double rate) => Assert.Equal(new SgdSpec(rate), Read(Trained(attribute))!.Optimizer);

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
