namespace Convoke.Generator.Tests;

/// <summary>What is wrong with the inputs of a Forward, each at the parameter or the shape that is at fault.</summary>
public class InputDiagnosticsTests
{
    private const string Layers = """
        [Dense(3)] private static partial Sym Head(Sym x);
        [Conv2D(4, 3)] private static partial Sym Conv(Sym x);

        """;

    [Theory]
    [InlineData("[Shape(8, 8, 1)] Sym left, [Shape(8, 8, 1)] Sym right", "Head(Concat(GlobalMaxPool(Conv(left)), GlobalMaxPool(Conv(right))))")]
    [InlineData("[Shape(8, 8, 1)] Sym image, [Shape(5)] Sym extra", "Head(Concat(GlobalMaxPool(Conv(image)), Tanh(extra)))")]
    [InlineData("[Shape(5)] Sym extra, [Shape(6, 7, 2)] Sym image", "Head(Concat(extra, GlobalMaxPool(Conv(image))))")]
    [InlineData("[Shape([8, 8, 1])] Sym x", "Head(Flatten(Conv(x)))")]
    [InlineData("[Shape(5)] Sym x", "Head(Relu(x))")]
    [InlineData("[Shape(5)] Sym a, [Shape(5)] Sym b, [Shape(5)] Sym c", "Head(a + b * c)")]
    public async Task Good_inputs_have_no_diagnostic(string parameters, string result) =>
        Assert.DoesNotContain(await Harness.Analyze(Harness.Compile(Model("Model", parameters, result))), static d => d.Id != "CVK0011");

    [Fact]
    public Task Every_input_of_several_has_a_shape() => Expect(
        "Model", "Sym {|CVK0021:left|}, [Shape(8, 8, 1)] Sym right, Sym {|CVK0021:extra|}",
        "Input left of M has no shape: where a model has several inputs, each has its own; write [Shape(height, width, channels)] Sym left, or [Shape(length)] for a row of values",
        "Input extra of M has no shape: where a model has several inputs, each has its own; write [Shape(height, width, channels)] Sym extra, or [Shape(length)] for a row of values");

    /// <summary>A shape on [Model] is the only input's; of several it is nobody's.</summary>
    [Fact]
    public Task Shapes_on_the_model_are_not_those_of_several_inputs() => Expect(
        "Model(8, 8, 1)", "Sym {|CVK0021:left|}, Sym {|CVK0021:right|}",
        "Input left of M has no shape: where a model has several inputs, each has its own; write [Shape(height, width, channels)] Sym left, or [Shape(length)] for a row of values",
        "Input right of M has no shape: where a model has several inputs, each has its own; write [Shape(height, width, channels)] Sym right, or [Shape(length)] for a row of values");

    [Fact]
    public Task A_shape_is_said_once() => Expect(
        "Model({|CVK0022:8|}, 8, 1)", "[Shape(8, 8, 1)] Sym x",
        "M has its input's shape both on [Model] and on x of Forward; keep the one on x: write [Model] without numbers");

    [Fact]
    public Task A_shape_is_said_once_of_several() => Expect(
        "Model({|CVK0022:8|}, 8, 1)", "[Shape(8, 8, 1)] Sym left, [Shape(5)] Sym extra",
        "M has its input's shape both on [Model] and on left of Forward; keep the one on left: write [Model] without numbers");

    [Theory]
    [InlineData("[{|CVK0004:Shape(8, 8)|}] Sym left", "left needs an input shape of three numbers, height, width, channels, or of one, the values of a row, but has 2")]
    [InlineData("[{|CVK0004:Shape|}] Sym left", "left needs an input shape of three numbers, height, width, channels, or of one, the values of a row, but has none")]
    [InlineData("[Shape(8, {|CVK0003:0|}, 1)] Sym left", "width of Shape must be 1 to 16384 but is 0")]
    [InlineData("[Shape({|CVK0003:-5|})] Sym left", "length of Shape must be 1 to 16384 but is -5")]
    public Task Shapes_are_three_numbers_or_one(string left, string message) => Expect("Model", left + ", [Shape(5)] Sym extra", message);

    [Fact]
    public Task Axes_stand_in_the_models_order() => Expect(
        "Model(Layout = Layout.ChannelsFirst)", "[Shape(1, 8, {|CVK0003:99999|})] Sym left, Sym {|CVK0021:right|}",
        "width of Shape must be 1 to 16384 but is 99999",
        "Input right of M has no shape: where a model has several inputs, each has its own; write [Shape(channels, height, width)] Sym right, or [Shape(length)] for a row of values");

    [Theory]
    [InlineData("[Shape(8, 8, 1)] Sym left, int {|CVK0014:count|}", "Forward takes count, which is no Sym by value; write one private static Sym Forward(Sym x)")]
    [InlineData("[Shape(8, 8, 1)] Sym left, in Sym {|CVK0014:right|}", "Forward takes right, which is no Sym by value; write one private static Sym Forward(Sym x)")]
    [InlineData("[Shape(8, 8, 1)] Sym left, params Sym[] {|CVK0014:rest|}", "Forward takes rest, which is no Sym by value; write one private static Sym Forward(Sym x)")]
    public async Task Inputs_are_values(string parameters, string message)
    {
        (string text, var marks) = Markup.Read(Model("Model", parameters, "Head(Flatten(left))"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("[Shape(5)] Sym a, [Shape(5)] Sym {|CVK0023:A|}", "Head(a + A)", "Input A of M has the name of another input in generated code; rename the parameter of Forward")]
    [InlineData("[Shape(5)] Sym a, [Shape(5)] Sym {|CVK0023:probabilities|}", "Head(a + probabilities)", "Input probabilities of M has the name of what generated code calls something else; rename the parameter of Forward")]
    [InlineData("[Shape(5)] Sym {|CVK0023:labels|}, [Shape(5)] Sym b", "Head(labels + b)", "Input labels of M has the name of what generated code calls something else; rename the parameter of Forward")]
    public async Task Names_of_inputs_are_their_own(string parameters, string result, string message)
    {
        (string text, var marks) = Markup.Read(Model("Model", parameters, result));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public Task Names_of_inputs_are_no_outputs() => Markup.Expect(
        """
        using Convoke;
        [Model]
        public partial class M
        {
            [Dense(3)] private static partial Sym Head(Sym x);
            [Dense(4)] private static partial Sym Box(Sym x);
            private static (Sym Classes, Sym Boxes) Forward([Shape(5)] Sym a, [Shape(5)] Sym {|CVK0023:boxes|}) => (Head(a), Box(boxes));
        }
        """,
        "Input boxes of M has the name of an output; rename the parameter of Forward");

    /// <summary>Messages about shapes say which input a value comes from.</summary>
    [Theory]
    [InlineData("Head(Flatten({|CVK0107:left + right|}))", "+ adds 8x8x1 (after the input left) to 6x6x1 (after the input right); both must have one shape")]
    [InlineData("Head({|CVK0104:Conv(extra)|})", "conv needs an image of height, width, channels but receives 5 features (after the input extra)")]
    [InlineData("{|CVK0103:Head(right)|}", "head needs a flat input but receives 6x6x1 (after the input right); put [Flatten] before it")]
    public async Task Traces_name_the_input(string result, string message)
    {
        (string text, var marks) = Markup.Read(Model("Model", "[Shape(8, 8, 1)] Sym left, [Shape(6, 6, 1)] Sym right, [Shape(5)] Sym extra", result));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public Task Inputs_are_not_outputs() => Markup.Expect(
        Model("Model", "[Shape(5)] Sym a, [Shape(5)] Sym b", "b").Replace("Sym Forward", "Sym {|CVK0014:Forward|}", StringComparison.Ordinal).Replace(Layers, "", StringComparison.Ordinal),
        "Forward returns its input as it came; write one private static Sym Forward(Sym x)");

    /// <summary>All inputs of a sample stand together, so it is their sum that has a limit.</summary>
    [Fact]
    public async Task Samples_have_a_largest_size()
    {
        (string text, var marks) = Markup.Read(Model("Model", "[Shape(8192, 4096, 1)] Sym left, [{|CVK0301:Shape(8192, 8192, 1)|}] Sym right", "Head(GlobalMaxPool(left))"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal(Assert.Single(marks), (found.Id, found.Location.SourceSpan));
        Assert.Equal("the input right with those before it needs 100663296 elements, more than the 67108864 elements that a model may use", found.GetMessage(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task Expect(string model, string parameters, params string[] messages)
    {
        (string text, var marks) = Markup.Read(Model(model, parameters, "Head(Flatten(" + parameters.Split(',')[0].Split(' ')[^1].Split(':')[^1].TrimEnd('}', '|') + "))"));
        var found = (await Harness.Analyze(Harness.Compile(text))).Where(static d => d.Id != "CVK0011").OrderBy(static d => d.Location.SourceSpan.Start).ToArray();
        Assert.Equal(messages, found.Select(static d => d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(marks, found.Select(static d => (d.Id, d.Location.SourceSpan)));
    }

    private static string Model(string model, string parameters, string result) =>
        "using Convoke;\n[" + model + "]\npublic partial class M\n{\n" + Layers + "private static Sym Forward(" + parameters + ") => " + result + ";\n}\n";
}
