namespace Convoke.Generator.Tests;

/// <summary>What is wrong with Forward and with layer methods, each at the expression that is at fault.</summary>
public class ForwardDiagnosticsTests
{
    private const string Head = "[Dense(3)] private static partial Sym Head(Sym x);\n";
    private const string Forward = "private static Sym Forward(Sym x) => Head(Flatten(x));\n";

    [Fact]
    public Task A_good_Forward_has_no_diagnostic() => Markup.Expect(Model(Head + Forward));

    [Theory]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => Head({|CVK0201:Flatten(x) + Flatten(x)|});", "+ is not supported yet: adding two values")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) { x = Flatten(x); {|CVK0201:x *= x|}; return Head(x); }", "* is not supported yet: multiplying two values")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => Head({|CVK0201:Concat(Flatten(x), Flatten(x))|});", "concat is not supported yet: joining values")]
    [InlineData("private static partial Sym Head(Sym x) ; [Dropout(0.5)] static private partial Sym Drop(Sym x);", "Forward(Sym x) => Head({|CVK0201:Drop(Flatten(x))|});",
        "drop is not supported yet: dropout")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => {|CVK0201:Head(Head(Flatten(x)))|};", "head is not supported yet: a layer with weights that is called twice")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => Head(Flatten({|CVK0201:Relu(x)|}));",
        "relu is not supported yet: a ReLU anywhere but right after a Conv2D or Dense layer without activation")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => Head({|CVK0201:Softmax(Flatten(x))|});",
        "softmax is not supported yet: a softmax anywhere but on the Dense layer that ends the model")]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x) => {|CVK0201:Flatten(x)|};", "flatten is not supported yet: a model that ends in anything but a Dense layer", true)]
    [InlineData("private static partial Sym Head(Sym x) ;", "Forward(Sym x, Sym {|CVK0201:meta|}) => Head(Flatten(x));", "meta is not supported yet: a model with several inputs")]
    public async Task Understood_but_not_compiled_yet(string layer, string forward, string message, bool headIsLeftOut = false)
    {
        string source = Model("[Dense(3)] " + (headIsLeftOut ? layer.Replace("Sym Head", "Sym {|CVK0011:Head|}", StringComparison.Ordinal) : layer) + "\nprivate static Sym " + forward);
        await Markup.Expect(source, headIsLeftOut ? ["Head is a layer of M that Forward never calls; call it or remove it", message] : [message]);
    }

    [Fact]
    public Task Several_outputs_are_not_compiled_yet() => Markup.Expect(
        Model(Head + "[Dense(4)] private static partial Sym Box(Sym x);\nprivate static (Sym Classes, Sym Boxes) Forward(Sym x) { x = Flatten(x); return (Head(x), {|CVK0201:Box(x)|}); }"),
        "M is not supported yet: a model with several outputs");

    [Fact]
    public Task A_fault_in_a_loop_is_reported_once() => Markup.Expect(
        Model(Head + "private static Sym Forward(Sym x) { x = Flatten(x); for (int i = 0; i < 5; i++) { var y = {|CVK0201:x + x|}; x = y; } return Head(x); }"),
        "+ is not supported yet: adding two values");

    /// <summary>The message of the design: the layer, what it expects, what it receives as the product it is, and after which call.</summary>
    [Fact]
    public Task In_is_checked_with_a_trace() => Markup.Expect(
        """
        using Convoke;
        [Model(3, 32, 32, Layout = Layout.ChannelsFirst)]
        [Sgd(0.01), CrossEntropy]
        public partial class Cnn
        {
            [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
            [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
            [MaxPool2D(2)] private static partial Sym Pool(Sym x);
            [Dense(128, In = {|CVK0102:64 * 5 * 5|})] private static partial Sym Fc1(Sym x);
            [Dense(10)] private static partial Sym Fc2(Sym x);

            private static Sym Forward(Sym x)
            {
                x = Pool(Relu(Conv1(x)));
                x = {|CVK0105:Pool(Relu(Conv2(x)))|};
                x = Relu(Fc1(Flatten(x)));
                return Fc2(x);
            }
        }
        """,
        "fc1 takes 1600 features but receives 64x6x6 = 2304 (after pool); write In = 2304 or leave it out",
        "pool drops the last row and the last column of its 64x13x13 input (after relu)");

    [Theory]
    [InlineData("Forward(Sym x) => Head({|CVK0103:Hidden(Pool(x))|});", "hidden needs a flat input but receives 8x8x2 (after pool); put [Flatten] before it")]
    [InlineData("Forward(Sym x) => Head(Hidden({|CVK0104:Pool(Flatten(x))|}));", "pool needs an image of height, width, channels but receives 512 features (after flatten)")]
    [InlineData("Forward(Sym x) { for (int i = 0; i < 5; i++) x = {|CVK0101:Pool(x)|}; return Head(Hidden(Flatten(x))); }",
        "pool needs an image of at least 2x2 but receives 1x1x2 (after pool)")]
    public Task Shapes_are_judged_at_the_call(string forward, string message) => Markup.Expect(
        Model(Head + "[Dense(8)] private static partial Sym Hidden(Sym x);\n[MaxPool2D(2)] private static partial Sym Pool(Sym x);\nprivate static Sym " + forward), message);

    [Fact]
    public Task Pooling_that_drops_is_told_at_the_call() => Markup.Expect(
        Model(Head + "[MaxPool2D(5)] private static partial Sym Pool(Sym x);\nprivate static Sym Forward(Sym x) => Head(Flatten({|CVK0105:Pool(x)|}));"),
        "pool drops the last row and the last column of its 16x16x2 input (after the input)");

    [Theory]
    [InlineData("CrossEntropy, Adam", "{|CVK0010:Softmax(Head(Flatten(x)))|}", "CrossEntropy takes logits but softmax yields probabilities; leave it out, or use [SparseCategoricalCrossentropy]")]
    [InlineData("CrossEntropy, Adam", "{|CVK0010:Relu(Head(Flatten(x)))|}", "CrossEntropy takes logits but relu yields their positive part; leave it out")]
    [InlineData("{|CVK0010:SparseCategoricalCrossentropy|}, Adam", "Head(Flatten(x))",
        "SparseCategoricalCrossentropy takes probabilities but head yields logits; give it Activation = Activation.Softmax, or use [CrossEntropy]")]
    public Task What_Forward_returns_fits_the_loss(string training, string result, string message) => Markup.Expect(
        Model(Head + $"private static Sym Forward(Sym x) => {result};", ", " + training), message);

    [Fact]
    public Task Both_forms() => Markup.Expect(
        Model(Head + Forward, ", {|CVK0013:Flatten|}, Dense(3)"), "M has layers both on the class and in Forward; keep one of the two forms");

    [Fact]
    public Task Layers_that_are_never_called() => Markup.Expect(
        Model(Head + "[Dense(4)] private static partial Sym {|CVK0011:Unused|}(Sym x);\n" + Forward), "Unused is a layer of M that Forward never calls; call it or remove it");

    [Fact]
    public Task Calls_whose_result_is_dropped() => Markup.Expect(
        Model(Head + "[Dense(4)] private static partial Sym Side(Sym x);\nprivate static Sym Forward(Sym x) { x = Flatten(x); {|CVK0012:Side(x)|}; return Head(x); }"),
        "Nothing that the model returns depends on this call of side, so it is left out");

    [Theory]
    [InlineData("{|CVK0014:M|}", "", "M has no Forward")]
    [InlineData("M", "private Sym {|CVK0014:Forward|}(Sym x) => Head(Flatten(x));", "Forward is not static")]
    [InlineData("M", "private static Sym {|CVK0014:Forward|}<T>(Sym x) => Head(Flatten(x));", "Forward is generic")]
    [InlineData("M", "private static Sym {|CVK0014:Forward|}() => null!;", "Forward does not take a Sym")]
    [InlineData("M", "private static Sym {|CVK0014:Forward|}(int n, Sym x) => Head(Flatten(x));", "Forward does not take a Sym")]
    [InlineData("M", "private static int {|CVK0014:Forward|}(Sym x) => 1;", "Forward does not return a Sym or a tuple of them")]
    [InlineData("M", "private static Sym {|CVK0014:Forward|}(Sym x) => x;", "Forward returns its input as it came")]
    [InlineData("M", "private static Sym {|CVK0014:Forward|}(Sym x) => null!;", "Forward returns null")]
    [InlineData("M", "private static Sym Forward(Sym x) => Head(Flatten(x)); private static Sym {|CVK0014:Forward|}(Sym x, int n) => x;", "M has more than one Forward")]
    public async Task The_form_of_Forward(string name, string forward, string message)
    {
        string layer = forward.Contains("Head(", StringComparison.Ordinal) || name != "M" || !message.Contains("returns", StringComparison.Ordinal) ? "Head" : "{|CVK0011:Head|}";
        string source = Model($"[Dense(3)] private static partial Sym {layer}(Sym x);\n{forward}").Replace("class M\n", $"class {name}\n", StringComparison.Ordinal);
        IEnumerable<string> never = layer == "Head" ? [] : ["Head is a layer of M that Forward never calls; call it or remove it"];
        await Markup.Expect(source, [.. never, $"{message}; write one private static Sym Forward(Sym x)"]);
    }

    [Theory]
    [InlineData("[Dense(3)] private static Sym {|CVK0015:Head|}(Sym x) => x;", "Head", "is not partial")]
    [InlineData("[Dense(3)] private partial Sym {|CVK0015:Head|}(Sym x);", "Head", "is not static")]
    [InlineData("[Dense(3)] private static partial int {|CVK0015:Head|}(Sym x);", "Head", "does not return Sym")]
    [InlineData("[Dense(3)] private static partial Sym {|CVK0015:Head|}(int x);", "Head", "does not take a Sym, or a Sym and an int")]
    [InlineData("[Dense(3)] private static partial Sym {|CVK0015:Head|}(Sym x, string name);", "Head", "does not take a Sym, or a Sym and an int")]
    [InlineData("[Dense(3)] private static partial Sym {|CVK0015:Head|}(ref Sym x);", "Head", "does not take a Sym, or a Sym and an int")]
    [InlineData("[Dense(3)] private static partial Sym {|CVK0015:Plan|}(Sym x);", "Plan", "has the name of a member that is generated into the class")]
    [InlineData("[Dense(3), Flatten] private static partial Sym {|CVK0015:Head|}(Sym x);", "Head", "has more than one layer attribute")]
    [InlineData("[Dense(3)] private static partial Sym {|CVK0015:Head|}(Sym x); private static partial Sym Head(Sym x) => x;", "Head", "has a body of its own")]
    public async Task The_form_of_layer_methods(string method, string name, string reason)
    {
        string source = Model("[Flatten] private static partial Sym Row(Sym x);\n" + method + "\nprivate static Sym Forward(Sym x) => Row(x);");
        await Markup.Expect(source, $"{name} cannot be a layer because it {reason}; write private static partial Sym {name}(Sym x)");
    }

    [Theory]
    [InlineData("[Dense({|CVK0003:0|})] private static partial Sym Head(Sym x);", "units of Dense must be 1 to 1048576 but is 0")]
    [InlineData("[Dense(3, Name = {|CVK0006:\"1st\"|})] private static partial Sym Head(Sym x);", "Layer name '1st' must be an ASCII letter, then letters, digits or underscores")]
    [InlineData("[Dense(3)] private static partial Sym Head(Sym x); [Dropout({|CVK0003:1|})] private static partial Sym {|CVK0011:Drop|}(Sym x);",
        "rate of Dropout must be at least 0 and less than 1 but is 1", "Drop")]
    [InlineData("[Dense(3)] private static partial Sym Head(Sym x); [Dense(3)] private static partial Sym {|CVK0011:{|CVK0006:Größe|}|}(Sym x);",
        "Layer name 'größe' must be an ASCII letter, then letters, digits or underscores", "Größe")]
    [InlineData("[Dense(3)] private static partial Sym Head(Sym x); [Dense(3)] private static partial Sym {|CVK0011:{|CVK0006:HEAD|}|}(Sym x);",
        "Layer name 'head' is taken by another layer of M", "HEAD")]
    [InlineData("[Dense(3)] private static partial Sym Head(Sym x); [Dense(3, Name = {|CVK0006:\"head\"|})] private static partial Sym {|CVK0011:Other|}(Sym x);",
        "Layer name 'head' is taken by another layer of M", "Other")]
    public Task Arguments_and_names_of_layers(string layers, string message, string? uncalled = null) =>
        Markup.Expect(Model(layers + "\n" + Forward), [message, .. uncalled is null ? Array.Empty<string>() : [$"{uncalled} is a layer of M that Forward never calls; call it or remove it"]]);

    private static string Model(string members, string attributes = "") => $"using System;\nusing Convoke;\n[Model(16, 16, 2){attributes}]\npublic partial class M\n{{\n{members}\n}}\n";
}
