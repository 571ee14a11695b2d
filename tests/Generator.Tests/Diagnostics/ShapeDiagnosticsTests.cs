namespace Convoke.Generator.Tests;

/// <summary>What only the shapes show; each message tells what comes in, and from where.</summary>
public class ShapeDiagnosticsTests
{
    [Theory]
    [InlineData("[Model(4, 4, 1), Conv2D(8, 3), Conv2D(8, {|CVK0101:3|}), Flatten, Dense(2)]",
        "conv2d_1 needs an image of at least 3x3 but receives 2x2x8 (after conv2d)")]
    [InlineData("[Model(4, 4, 1), {|CVK0101:Conv2D(8, 3, 5)|}, Flatten, Dense(2)]",
        "conv2d needs an image of at least 3x5 but receives 4x4x1 (after the input)")]
    [InlineData("[Model(2, 4, 4, Layout = Layout.ChannelsFirst), MaxPool2D(size: {|CVK0101:5|}), Flatten, Dense(2)]",
        "max_pooling2d needs an image of at least 5x5 but receives 2x4x4 (after the input)")]
    [InlineData("[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch), Conv2D(64, 3), MaxPool2D(2), Flatten, Dense(10, In = {|CVK0102:1600|})]",
        "fc1 takes 1600 features but receives 64x15x15 = 14400 (after pool1); write In = 14400 or leave it out")]
    [InlineData("[Model(28, 28, 1), Conv2D(32, 3), {|CVK0103:Dense(10)|}]",
        "dense needs a flat input but receives 26x26x32 (after conv2d); put [Flatten] before it")]
    [InlineData("[Model(28, 28, 1), Flatten, {|CVK0104:Conv2D(32, 3)|}, Flatten, Dense(10)]",
        "conv2d needs an image of height, width, channels but receives 784 features (after flatten)")]
    [InlineData("[Model(28, 28, 1), Flatten, {|CVK0104:MaxPool2D(2)|}, Flatten, Dense(10)]",
        "max_pooling2d needs an image of height, width, channels but receives 784 features (after flatten)")]
    [InlineData("[Model(28, 28, 1), Conv2D(32, 4), MaxPool2D({|CVK0105:2|}), Flatten, Dense(10)]",
        "max_pooling2d drops the last row and the last column of its 25x25x32 input (after conv2d)")]
    [InlineData("[Model(2, 9, 8, Layout = Layout.ChannelsFirst), Conv2D(4, {|CVK0101:12|}, Pad = 1), Flatten, Dense(2)]",
        "conv2d needs an image of at least 10x10 but receives 2x9x8 (after the input)")]
    [InlineData("[Model(8, 4, 1), {|CVK0101:AveragePool2D(2, 7, PadLeft = 1, PadRight = 1)|}, Flatten, Dense(2)]",
        "average_pooling2d needs an image of at least 2x5 but receives 8x4x1 (after the input)")]
    [InlineData("[Model(8, 8, 1), MaxPool2D({|CVK0105:3|}, Stride = 2), Flatten, Dense(2)]",
        "max_pooling2d drops the last row and the last column of its 8x8x1 input (after the input)")]
    [InlineData("[Model(8, 8, 1), Flatten, {|CVK0104:GlobalMaxPool2D|}, Dense(2)]",
        "global_max_pooling2d needs an image of height, width, channels but receives 64 features (after flatten)")]
    [InlineData("[Model(8, 8, 1), GlobalAveragePool2D, {|CVK0104:Upsample(2)|}]",
        "up_sampling2d needs an image of height, width, channels but receives 1 features (after global_average_pooling2d)")]
    [InlineData("[Model(8, 8, 1), GlobalAveragePool2D, {|CVK0104:AveragePool2D(2)|}]",
        "average_pooling2d needs an image of height, width, channels but receives 1 features (after global_average_pooling2d)")]
    public Task Shapes(string attributes, string message) => Markup.Expect($"using Convoke;\n{attributes} partial class M;", message);

    /// <summary>What comes out is counted right, or the dense layer behind it would say so.</summary>
    [Theory]
    [InlineData("Conv2D(3, 3, Stride = 2)", "5 * 3 * 3")]
    [InlineData("Conv2D(3, 4, 3, StrideWidth = 3)", "9 * 2 * 3")]
    [InlineData("Conv2D(3, 4, 3, Padding = Padding.Same)", "12 * 8 * 3")]
    [InlineData("Conv2D(3, 5, Stride = 5, Padding = Padding.Same)", "3 * 2 * 3")]
    [InlineData("Conv2D(3, 3, Pad = 2)", "14 * 10 * 3")]
    [InlineData("Conv2D(3, 3, PadTop = 1, PadRight = 3)", "11 * 9 * 3")]
    [InlineData("Conv2D(3, 12, 9, PadBottom = 1, PadLeft = 2)", "2 * 2 * 3")]
    [InlineData("MaxPool2D(3, Stride = 1)", "10 * 6 * 2")]
    [InlineData("MaxPool2D(3, Stride = 2, Pad = 1)", "6 * 4 * 2")]
    [InlineData("MaxPool2D(2, 3, Padding = Padding.Same)", "6 * 3 * 2")]
    [InlineData("AveragePool2D(4, 2)", "3 * 4 * 2")]
    [InlineData("AveragePool2D(16, Padding = Padding.Same)", "1 * 1 * 2")]
    [InlineData("Upsample(2)", "24 * 16 * 2")]
    [InlineData("Upsample(1, 3)", "12 * 24 * 2")]
    [InlineData("Conv2D(3, 3, Padding = Padding.Same), BatchNorm(Activation = Activation.Silu), Dropout(0.1)", "12 * 8 * 3")]
    public async Task Extents(string layers, string features)
    {
        IReadOnlyList<Microsoft.CodeAnalysis.Diagnostic> found = await Harness.Analyze(Harness.Compile($"using Convoke;\n[Model(12, 8, 2), {layers}, Flatten, Dense(2, In = {features})] partial class M;"));
        Assert.DoesNotContain(found, static diagnostic => diagnostic.Id != "CVK0105");
        found = await Harness.Analyze(Harness.Compile($"using Convoke;\n[Model(12, 8, 2), {layers}, Flatten, Dense(2, In = {features} + 1)] partial class M;"));
        Assert.Contains(found, static diagnostic => diagnostic.Id == "CVK0102");
    }

    [Fact]
    public Task Global_pooling_yields_channels() => Markup.Expect("using Convoke;\n[Model(12, 8, 5), GlobalMaxPool2D, BatchNorm, Dense(2, In = 5)] partial class M;");

    [Fact]
    public Task One_class_is_no_classification() => Markup.Expect(
        "using Convoke;\n[Model(28, 28, 1), Flatten, Dense({|CVK0106:1|}, Activation = Activation.Softmax), Adam, SparseCategoricalCrossentropy] partial class M;",
        "dense has 1 unit, but SparseCategoricalCrossentropy needs at least 2 classes");

    [Theory]
    [InlineData("{|CVK0301:Model(16384, 16384, 16384)|}, Flatten, Dense(10)", "the input needs 4398046511104 elements, more than the 67108864 elements that a model may use")]
    [InlineData("Model(64, 64, 16), {|CVK0301:Upsample(1024)|}, GlobalMaxPool2D", "up_sampling2d needs 68719476736 elements, more than the 67108864 elements that a model may use")]
    [InlineData("Model(1024, 1024, 1), Flatten, {|CVK0301:Dense(1000)|}, Dense(10)", "dense needs 1048576000 elements, more than the 67108864 elements that a model may use")]
    public Task Sizes(string attributes, string message) => Markup.Expect($"using Convoke;\n[{attributes}] partial class M;", message);

    [Theory]
    [InlineData("[Model(8, 8, 1), {|CVK0201:Flatten|}, CrossEntropy, Adam]")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(4, Activation = {|CVK0201:Activation.Softmax|}), Dense(2)]")]
    [InlineData("[Model(8, 8, 1), Conv2D(4, 1, Activation = {|CVK0201:Activation.LogSoftmax|}), Flatten]")]
    [InlineData("[Model(8, 8, 1), Conv2D(4, 1), BatchNorm(Activation = {|CVK0201:Activation.Softmax|}), Flatten]")]
    [InlineData("[Model(8, 8, 1), Flatten, {|CVK0201:BatchNorm|}, Dense(2)]")]
    [InlineData("[Model(64, 64, 1), MaxPool2D({|CVK0201:16|}), Flatten, Dense(2)]")]
    public Task Unsupported(string attributes) => Markup.At(("Model.cs", $"using Convoke;\n{attributes} partial class M;"));

    /// <summary>Information about a model is no fault of it.</summary>
    [Fact]
    public void A_model_whose_pooling_drops_rows_is_compiled() => Assert.Contains(
        Harness.Generate("using Convoke; [Model(28, 28, 1), Conv2D(32, 4), MaxPool2D(2), Flatten, Dense(10)] partial class M;").Results[0].GeneratedSources,
        static source => source.HintName == "M.Cpu.g.cs");

    [Fact]
    public void A_model_whose_shapes_do_not_fit_is_a_skeleton() => Assert.Equal(
        ["M.g.cs"],
        Harness.OfModels(Harness.Generate("using Convoke; [Model(2, 2, 1), Conv2D(32, 4), Flatten, Dense(10)] partial class M;")).Select(static source => source.HintName));
}
