namespace Convoke.Generator.Tests;

/// <summary>What is wrong with an argument of an attribute.</summary>
public class ArgumentDiagnosticsTests
{
    [Theory]
    [InlineData("Conv2D({|CVK0003:0|}, 3)", "filters of Conv2D must be 1 to 16384 but is 0")]
    [InlineData("Conv2D({|CVK0003:16385|}, 3)", "filters of Conv2D must be 1 to 16384 but is 16385")]
    [InlineData("Conv2D(4, {|CVK0003:-3|})", "kernel of Conv2D must be 1 to 1024 but is -3")]
    [InlineData("Conv2D(kernel: {|CVK0003:0|}, filters: 4)", "kernel of Conv2D must be 1 to 1024 but is 0")]
    [InlineData("Conv2D(4, 3, {|CVK0003:0|})", "kernelWidth of Conv2D must be 1 to 1024 but is 0")]
    [InlineData("Conv2D(4, {|CVK0003:1025|}, 3)", "kernelHeight of Conv2D must be 1 to 1024 but is 1025")]
    [InlineData("MaxPool2D({|CVK0003:0|})", "size of MaxPool2D must be 1 to 1024 but is 0")]
    [InlineData("MaxPool2D(2, {|CVK0003:0|})", "width of MaxPool2D must be 1 to 1024 but is 0")]
    [InlineData("MaxPool2D({|CVK0003:1 - 1|}, 2)", "height of MaxPool2D must be 1 to 1024 but is 0")]
    [InlineData("Flatten, Dense({|CVK0003:Elsewhere.Zero|})", "units of Dense must be 1 to 1048576 but is 0")]
    [InlineData("Flatten, Dense({|CVK0003:1048577|})", "units of Dense must be 1 to 1048576 but is 1048577")]
    [InlineData("Flatten, Dense(2, In = {|CVK0003:0|})", "In of Dense must be 1 to 2147483647 but is 0")]
    [InlineData("Flatten, Dense(2, Activation = {|CVK0003:(Activation)9|})", "Activation of Dense must be a member of its enumeration but is 9")]
    [InlineData("Conv2D(4, 3, Stride = {|CVK0003:0|})", "Stride of Conv2D must be 1 to 1024 but is 0")]
    [InlineData("Conv2D(4, 3, StrideWidth = {|CVK0003:1025|})", "StrideWidth of Conv2D must be 1 to 1024 but is 1025")]
    [InlineData("Conv2D(4, 3, Stride = 2, StrideHeight = {|CVK0003:1|})", "StrideHeight of Conv2D must be left out beside Stride but is 1")]
    [InlineData("Conv2D(4, 3, Padding = Padding.Same, Pad = {|CVK0003:1|})", "Pad of Conv2D must be left out beside Padding but is 1")]
    [InlineData("MaxPool2D(3, PadLeft = {|CVK0003:1|}, Padding = Padding.Valid)", "PadLeft of MaxPool2D must be left out beside Padding but is 1")]
    [InlineData("Conv2D(4, 3, Pad = 1, PadBottom = {|CVK0003:2|})", "PadBottom of Conv2D must be left out beside Pad but is 2")]
    [InlineData("Conv2D(4, 3, Pad = {|CVK0003:-1|})", "Pad of Conv2D must be 0 to 1024 but is -1")]
    [InlineData("Conv2D(4, 3, Padding = {|CVK0003:(Padding)2|})", "Padding of Conv2D must be a member of its enumeration but is 2")]
    [InlineData("MaxPool2D(3, Pad = {|CVK0003:2|})", "Pad of MaxPool2D must be 0 to 1, half of the window, but is 2")]
    [InlineData("AveragePool2D(5, 3, PadTop = 2, PadLeft = {|CVK0003:2|})", "PadLeft of AveragePool2D must be 0 to 1, half of the window, but is 2")]
    [InlineData("AveragePool2D({|CVK0003:0|})", "size of AveragePool2D must be 1 to 1024 but is 0")]
    [InlineData("Upsample({|CVK0003:0|})", "factor of Upsample must be 1 to 1024 but is 0")]
    [InlineData("Upsample(2, {|CVK0003:1025|})", "width of Upsample must be 1 to 1024 but is 1025")]
    [InlineData("BatchNorm(Momentum = {|CVK0003:1|})", "Momentum of BatchNorm must be at least 0 and less than 1 but is 1")]
    [InlineData("BatchNorm(Epsilon = {|CVK0003:0|})", "Epsilon of BatchNorm must be a finite number greater than 0 but is 0")]
    [InlineData("Dropout({|CVK0003:1|})", "rate of Dropout must be at least 0 and less than 1 but is 1")]
    public Task Layer_sizes(string layers, string message) => Markup.Expect(Model("8, 8, 1", layers), message);

    /// <summary>PyTorch's momentum is the weight of the new statistics.</summary>
    [Fact]
    public Task Momentum_of_PyTorch() => Markup.Expect(
        Model("8, 8, 1, Defaults = Defaults.PyTorch", "BatchNorm(Momentum = 1), BatchNorm(Momentum = {|CVK0003:0|})"), "Momentum of BatchNorm must be greater than 0 and at most 1 but is 0");

    [Theory]
    [InlineData("Sgd({|CVK0003:0|})", "rate of Sgd must be a finite number greater than 0 but is 0")]
    [InlineData("Sgd({|CVK0003:-0.5|})", "rate of Sgd must be a finite number greater than 0 but is -0.5")]
    [InlineData("Adam({|CVK0003:double.NaN|})", "rate of Adam must be a finite number greater than 0 but is NaN")]
    [InlineData("Adam(rate: {|CVK0003:double.PositiveInfinity|})", "rate of Adam must be a finite number greater than 0 but is Infinity")]
    [InlineData("Adam(Beta1 = {|CVK0003:1|})", "Beta1 of Adam must be at least 0 and less than 1 but is 1")]
    [InlineData("Adam(0.1, Beta2 = {|CVK0003:-0.1|})", "Beta2 of Adam must be at least 0 and less than 1 but is -0.1")]
    [InlineData("Sgd(Momentum = {|CVK0003:1|})", "Momentum of Sgd must be at least 0 and less than 1 but is 1")]
    [InlineData("Sgd(Nesterov = {|CVK0003:true|})", "Nesterov of Sgd must be false unless Momentum is greater than 0 but is true")]
    [InlineData("AdamW(WeightDecay = {|CVK0003:-1|})", "WeightDecay of AdamW must be a finite number of at least 0 but is -1")]
    [InlineData("Adam(Epsilon = {|CVK0003:0|})", "Epsilon of Adam must be a finite number greater than 0 but is 0")]
    public Task Optimizer_constants(string optimizer, string message) =>
        Markup.Expect(Model("8, 8, 1", "Flatten, Dense(2), CrossEntropy, " + optimizer), message);

    [Theory]
    [InlineData("{|CVK0003:0|}, 8, 1", "height of Model must be 1 to 16384 but is 0")]
    [InlineData("8, {|CVK0003:20000|}, 1", "width of Model must be 1 to 16384 but is 20000")]
    [InlineData("{|CVK0003:-1|}, 8, 8, Layout = Layout.ChannelsFirst", "channels of Model must be 1 to 16384 but is -1")]
    [InlineData("8, 8, 1, Layout = {|CVK0003:(Layout)2|}", "Layout of Model must be a member of its enumeration but is 2")]
    [InlineData("8, 8, 1, Defaults = {|CVK0003:(Defaults)(-1)|}", "Defaults of Model must be a member of its enumeration but is -1")]
    public Task Input_shape_and_conventions(string model, string message) => Markup.Expect(Model(model, "Flatten, Dense(2)"), message);

    [Theory]
    [InlineData("{|CVK0004:Model|}", "height, width, channels", "none")]
    [InlineData("{|CVK0004:Model(28, 28)|}", "height, width, channels", "2")]
    [InlineData("{|CVK0004:Model(1, 28, 28, 1)|}", "height, width, channels", "4")]
    [InlineData("{|CVK0004:Model(3, 32, Layout = Layout.ChannelsFirst)|}", "channels, height, width", "2")]
    [InlineData("{|CVK0004:Model(null!)|}", "height, width, channels", "none")]
    public Task Input_shape_is_three_numbers(string model, string axes, string found) => Markup.Expect(
        $"using Convoke;\n[{model}, Flatten, Dense(2)] partial class M;", $"M needs an input shape of three numbers, {axes}, but has {found}");

    [Theory]
    [InlineData("Flatten(Name = {|CVK0006:\"\"|}), Dense(2)", "")]
    [InlineData("Flatten, Dense(2, Name = {|CVK0006:\"2fc\"|})", "2fc")]
    [InlineData("Flatten, Dense(2, Name = {|CVK0006:\"_fc\"|})", "_fc")]
    [InlineData("Flatten, Dense(2, Name = {|CVK0006:\"fc.1\"|})", "fc.1")]
    [InlineData("Flatten, Dense(2, Name = {|CVK0006:\"größe\"|})", "größe")]
    public Task Layer_names_are_identifiers(string layers, string name) => Markup.Expect(
        Model("8, 8, 1", layers), $"Layer name '{name}' must be an ASCII letter, then letters, digits or underscores");

    [Theory]
    [InlineData("Flatten(Name = \"a\"), Dense(2, Name = {|CVK0006:\"a\"|})", "a")]
    [InlineData("Flatten, Dense(4, Name = {|CVK0006:\"dense\"|}), Dense(2)", "dense")]
    [InlineData("Flatten, Dense(2), Dense(4, Name = {|CVK0006:\"dense\"|})", "dense")]
    public Task Layer_names_are_unique(string layers, string name) => Markup.Expect(
        Model("8, 8, 1", layers), $"Layer name '{name}' is taken by another layer of M");

    [Theory]
    [InlineData("Flatten, Dense(4, Name = \"fc_a\"), Dense(2, Name = {|CVK0006:\"fcA\"|})", "fcA", "fc_a")]
    [InlineData("Flatten, Dense(4), Dense(4), Dense(2, Name = {|CVK0006:\"Dense1\"|})", "Dense1", "dense_1")]
    public Task Layer_names_are_unique_as_identifiers(string layers, string name, string other) => Markup.Expect(
        Model("8, 8, 1", layers), $"Layer name '{name}' reads like '{other}' in generated code");

    [Fact]
    public Task Several_faults_are_all_reported() => Markup.Expect(
        Model("{|CVK0003:0|}, 8, 1", "Flatten(Name = {|CVK0006:\"-\"|}), Dense({|CVK0003:0|}), {|CVK0005:Adam(Beta1 = {|CVK0003:2|})|}"),
        "height of Model must be 1 to 16384 but is 0",
        "Layer name '-' must be an ASCII letter, then letters, digits or underscores",
        "units of Dense must be 1 to 1048576 but is 0",
        "M has an optimizer but no loss; add one, such as [CategoricalCrossentropy], or leave the optimizer out",
        "Beta1 of Adam must be at least 0 and less than 1 but is 2");

    /// <summary>The compiler itself reports these; a second message, or a crash, would only be in the way.</summary>
    [Theory]
    [InlineData("8, 8, 1", "Flatten, Dense(\"2\")")]
    [InlineData("8, 8, 1", "Flatten, Dense()")]
    [InlineData("8, 8, 1", "Flatten, Dense(Missing)")]
    [InlineData("8, 8, 1", "Flatten, Dense(2, Units = 3)")]
    [InlineData("8, 8, 1", "Flatten, Dense(System.Environment.ProcessorCount)")]
    [InlineData("8, 8, System.Environment.ProcessorCount", "Flatten, Dense(2)")]
    [InlineData("8, 8, 1", "Flatten, Dense(2, Activation = Activation.Missing)")]
    [InlineData("8, 8, Missing", "Flatten, Dense(2)")]
    [InlineData("\"8x8x1\"", "Flatten, Dense(2)")]
    public async Task Arguments_that_do_not_bind_are_left_to_the_compiler(string model, string layers)
    {
        await Markup.Expect(Model(model, layers));

        // Such a model is not guessed at: a size in place of the one that is wrong would be compiled, and perhaps refused for its shapes.
        string api = Assert.Single(Harness.OfModels(Harness.Driver().RunGenerators(Harness.Compile(Model(model, layers))).GetRunResult())).SourceText.ToString();
        Assert.Contains("M has errors", api, StringComparison.Ordinal);
    }

    private static string Model(string model, string attributes) => $$"""
        using Convoke;
        [Model({{model}}), {{attributes}}]
        partial class M;

        static class Elsewhere { public const int Zero = 0; }
        """;
}
