namespace Convoke.Generator.Tests;

/// <summary>What is wrong with Forward and with layer methods, each at the expression that is at fault.</summary>
public class ForwardDiagnosticsTests
{
    private const string Head = "[Dense(3)] private static partial Sym Head(Sym x);\n";
    private const string Layers = Head + """
        [Dense(8)] private static partial Sym Hidden(Sym x);
        [Dense(8)] private static partial Sym Hidden2(Sym x);
        [Dense(512)] private static partial Sym Wide(Sym x);
        [Dense(512)] private static partial Sym Again(Sym x);
        [Conv2D(2, 3, Padding = Padding.Same)] private static partial Sym Same(Sym x);
        [MaxPool2D(2)] private static partial Sym Pool(Sym x);
        [Upsample(2)] private static partial Sym Up(Sym x);
        [BatchNorm] private static partial Sym Norm(Sym x);
        [Dropout(0.5)] private static partial Sym Drop(Sym x);

        """;
    private const string Forward = "private static Sym Forward(Sym x) => Head(Flatten(x));\n";

    [Fact]
    public Task A_good_Forward_has_no_diagnostic() => Markup.Expect(Model(Head + Forward));

    /// <summary>Residuals, joins and activations anywhere, on images and on flat values.</summary>
    [Theory]
    [InlineData("Head(Flatten(Relu(x + Same(Gelu(x)))))")]
    [InlineData("Head(Flatten(Concat(x, Upsample(Pool(Same(x)), 2), Norm(x))))")]
    [InlineData("Head(Hidden(Flatten(x)) * Sigmoid(Hidden2(Flatten(x))))")]
    [InlineData("Head(Concat(Hidden(Flatten(x)), GlobalMaxPool(x), GlobalAveragePool(x)))")]
    [InlineData("Head(Drop(Flatten(x)) + LeakyRelu(Flatten(Same(x))))")]
    [InlineData("Head(Flatten(Concat(Drop(x))))")]
    [InlineData("LogSoftmax(Head(Tanh(Norm(GlobalAveragePool(x)))))")]
    [InlineData("Softmax(Same(x))")]
    [InlineData("Head(Flatten(Same(Pool(Same(x)))) * Flatten(Norm(Norm(Pool(x)))))")]
    [InlineData("Head(Hidden(Hidden(Hidden2(Flatten(x)))))")]
    [InlineData("Head(Hidden(Flatten(x)) + Hidden(Relu(Flatten(Same(x)))))")]
    [InlineData("Flatten(Silu(x))")]
    public async Task Any_topology_is_in_order(string result) => Assert.DoesNotContain(
        await Harness.Analyze(Harness.Compile(Model(Layers + $"private static Sym Forward(Sym x) => {result};"))), static d => d.Id != "CVK0011");

    [Theory]
    [InlineData("Head({|CVK0201:Again(Again(Flatten(x)))|})", "again is not supported yet: calls of one layer on a flattened image and on what is no flattened image of the same shape")]
    [InlineData("Head({|CVK0201:Softmax(Hidden(Flatten(x)))|})", "softmax is not supported yet: a softmax anywhere but at the model's end")]
    [InlineData("Head({|CVK0201:LogSoftmax(Hidden(Flatten(x)))|})", "log_softmax is not supported yet: a softmax anywhere but at the model's end")]
    [InlineData("{|CVK0201:Softmax(Flatten(x))|}", "softmax is not supported yet: a softmax of a flattened image")]
    [InlineData("Head({|CVK0201:Norm(Relu(Flatten(x)))|})", "norm is not supported yet: batch normalization of a flattened image; put it before [Flatten]")]
    [InlineData("Head({|CVK0201:Flatten(x) + Wide(Flatten(x))|})", "+ is not supported yet: adding a flattened image and what is no flattened image of the same shape; do it before Flatten")]
    [InlineData("Head({|CVK0201:Flatten(Up(x)) * Flatten(Concat(x, x, x, x))|})",
        "* is not supported yet: multiplying a flattened image and what is no flattened image of the same shape; do it before Flatten")]
    [InlineData("Head({|CVK0201:Concat(Hidden(Flatten(x)), Relu(Flatten(x)))|})", "concat is not supported yet: joining flattened images; do it before Flatten")]
    public async Task Understood_but_not_compiled_yet(string result, string message)
    {
        (string text, var marks) = Markup.Read(Model(Layers + $"private static Sym Forward(Sym x) => {result};"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Both operands are shown, each with what yields it, in the order of the user's layout.</summary>
    [Theory]
    [InlineData("Head(Flatten({|CVK0107:Same(x) + Pool(x)|}))", "+ adds 16x16x2 (after same) to 8x8x2 (after pool); both must have one shape")]
    [InlineData("Head(Flatten({|CVK0107:x * Up(x)|}))", "* multiplies 16x16x2 (after the input) by 32x32x2 (after up); both must have one shape")]
    [InlineData("Head({|CVK0107:Flatten(x) + Hidden(Flatten(x))|})", "+ adds 512 features (after flatten) to 8 features (after hidden); both must have one shape")]
    [InlineData("Head({|CVK0107:x + Flatten(x)|})", "+ adds 16x16x2 (after the input) to 512 features (after flatten); both must have one shape")]
    [InlineData("Head(Flatten({|CVK0107:Concat(x, Same(x), Pool(x))|}))", "concat joins 16x16x2 (after the input) with 8x8x2 (after pool); heights and widths must be equal")]
    [InlineData("Head({|CVK0107:Concat(Hidden(Flatten(x)), x)|})", "concat joins 8 features (after hidden) with 16x16x2 (after the input); all must be images, or all flat")]
    public async Task Shapes_of_operands_agree(string result, string message)
    {
        (string text, var marks) = Markup.Read(Model(Layers + $"private static Sym Forward(Sym x) => {result};"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>All calls of a layer share its weights, so that each must bring what the first one did; a call that nothing reads is none.</summary>
    [Theory]
    [InlineData("Head({|CVK0108:Hidden(Hidden(Flatten(x)))|})", "hidden receives 8 features (after hidden), but its weights take 512 features: its first call gave it 512 features (after flatten)")]
    [InlineData("Head(Flatten({|CVK0108:Same(Concat(Same(x), Up(Pool(x))))|}))", "same receives 16x16x4 (after concat), but its weights take 2 channels: its first call gave it 16x16x2 (after the input)")]
    [InlineData("Head(Concat(GlobalMaxPool(Norm(x)), {|CVK0108:Norm(Hidden(Flatten(x)))|}))", "norm receives 8 features (after hidden), but its weights take 2 channels: its first call gave it 16x16x2 (after the input)")]
    public async Task Calls_of_one_layer_agree(string result, string message)
    {
        (string text, var marks) = Markup.Read(Model(Layers + $"private static Sym Forward(Sym x) => {result};"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public Task Calls_that_are_left_out_share_nothing() => Markup.Expect(
        Model(Head + "[Dense(8)] private static partial Sym Hidden(Sym x);\nprivate static Sym Forward(Sym x) { {|CVK0012:Hidden({|CVK0012:Flatten(x)|})|}; return Head(Hidden(GlobalMaxPool(x))); }"),
        "Nothing that the model returns depends on this call of hidden, so it is left out", "Nothing that the model returns depends on this call of flatten, so it is left out");

    [Fact]
    public Task Operands_in_PyTorchs_layout() => Markup.Expect(
        """
        using Convoke;
        [Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        public partial class Residual
        {
            [Conv2D(64, 3, Pad = 1)] private static partial Sym Conv1(Sym x);
            [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
            [MaxPool2D(2)] private static partial Sym Pool(Sym x);

            private static Sym Forward(Sym x)
            {
                x = Pool(Conv1(x));
                {|CVK0107:x += Conv2(x)|};
                return x;
            }
        }
        """,
        "+ adds 64x16x16 (after pool) to 64x14x14 (after conv2); both must have one shape");

    /// <summary>An activation of a layer is a call of its own: what is wrong with it stands at the layer's argument.</summary>
    [Theory]
    [InlineData("Activation.Sigmoid", "CrossEntropy", "sigmoid is not supported yet: a sigmoid before the loss")]
    [InlineData("Activation.Gelu", "CategoricalCrossentropy", "gelu is not supported yet: a GELU before the loss")]
    public Task Activations_before_the_loss(string activation, string loss, string message) => Markup.Expect(
        Model($"[Dense(3, Activation = {{|CVK0201:{activation}|}})] private static partial Sym Head(Sym x);\n{Forward}", $", {loss}, Adam"), message);

    [Theory]
    [InlineData("{|CVK0201:Sigmoid(Head(Flatten(x)))|}", "sigmoid is not supported yet: a sigmoid before the loss")]
    [InlineData("Softmax({|CVK0201:Relu(Head(Flatten(x)))|})", "relu is not supported yet: a ReLU before the loss")]
    [InlineData("Softmax({|CVK0201:Head(Flatten(x)) + Head2(Flatten(x))|})", "+ is not supported yet: a loss on a flat value that no Dense layer yields")]
    [InlineData("Softmax({|CVK0201:Upsample(x, 2)|})", "upsample is not supported yet: a loss on what no layer with weights leads to")]
    [InlineData("{|CVK0201:Softmax(x)|}", "softmax is not supported yet: a loss on the model's input")]
    public async Task What_a_loss_cannot_take(string result, string message)
    {
        (string text, var marks) = Markup.Read(Model(
            Head + $"[Dense(3)] private static partial Sym Head2(Sym x);\nprivate static Sym Forward(Sym x) => {result};", $", {(result.Contains("Softmax", StringComparison.Ordinal) ? "Sparse" : "")}CategoricalCrossentropy, Adam"));
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id != "CVK0011");
        Assert.Equal((Assert.Single(marks), message), ((found.Id, found.Location.SourceSpan), found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public Task A_fault_in_a_loop_is_reported_once() => Markup.Expect(
        Model(Head + "private static Sym Forward(Sym x) { x = Flatten(x); Sym y = Relu(x); for (int i = 0; i < 5; i++) y = Concat(y, {|CVK0201:Concat(x, x)|}); return Head(y); }"),
        "concat is not supported yet: joining flattened images; do it before Flatten");

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
    [InlineData("M", "private static Sym Forward(int {|CVK0014:n|}, Sym x) => Head(Flatten(x));", "Forward takes n, which is no Sym by value")]
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
