using System.Collections.Immutable;
using Convoke.Generator.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>Each fix is applied, and the whole text compared; what it leaves has no fault.</summary>
public class CodeFixTests
{
    [Theory]
    [InlineData("[Dense(2, In = 1600)]", "[Dense(2, In = 192)]")]
    [InlineData("[Dense(2, In = 64 * 5 * /* rows */ 5 /* columns */)]", "[Dense(2, In = 192 /* columns */)]")]
    [InlineData("[Dense(2, In = Elsewhere.Number, Bias = false)]", "[Dense(2, In = 192, Bias = false)]")]
    public Task The_inferred_number_is_written(string before, string after) => Expect(
        Model("[Model(8, 8, 3)]\n[Flatten]\n" + before), Model("[Model(8, 8, 3)]\n[Flatten]\n" + after), "CVK0102", "Write In = 192");

    [Fact]
    public Task The_inferred_number_is_written_in_Forward() => Expect(
        Forward("[Dense(2, In = 1)] private static partial Sym Head(Sym x);", "Head(Flatten(x))"),
        Forward("[Dense(2, In = 128)] private static partial Sym Head(Sym x);", "Head(Flatten(x))"), "CVK0102", "Write In = 128");

    [Theory]
    [InlineData("public class M;", "public partial class M;")]
    [InlineData("// a comment\nclass M;", "// a comment\npartial class M;")]
    [InlineData("internal sealed class M\n{\n    public int Own => 1;\n}", "internal sealed partial class M\n{\n    public int Own => 1;\n}")]
    public Task A_class_is_made_partial(string before, string after) => Expect(
        $"using Convoke;\n\n[Model(8, 8, 1), Flatten, Dense(2)]\n{before}\n", $"using Convoke;\n\n[Model(8, 8, 1), Flatten, Dense(2)]\n{after}\n", "CVK0001", "Make M partial");

    [Theory]
    [InlineData("CVK0015", "[Dense(2)] private partial Sym Head(Sym x);", "[Dense(2)] private static partial Sym Head(Sym x);", "Make Head static")]
    [InlineData("CVK0015", "[Dense(2)]\n    // the head\n    internal partial Sym Head(Sym x);", "[Dense(2)]\n    // the head\n    internal static partial Sym Head(Sym x);", "Make Head static")]
    public Task Layer_methods_are_made_static(string id, string before, string after, string title) =>
        Expect(Forward(before, "Head(Flatten(x))"), Forward(after, "Head(Flatten(x))"), id, title, compiles: false);

    [Theory]
    [InlineData("private Sym Forward(Sym x)", "private static Sym Forward(Sym x)")]
    [InlineData("Sym Forward(Sym x)", "static Sym Forward(Sym x)")]
    public Task Forward_is_made_static(string before, string after)
    {
        string model = Forward("[Dense(2)] private static partial Sym Head(Sym x);", "Head(Flatten(x))");
        return Expect(
            model.Replace("private static Sym Forward(Sym x)", before, StringComparison.Ordinal),
            model.Replace("private static Sym Forward(Sym x)", after, StringComparison.Ordinal), "CVK0014", "Make Forward static");
    }

    [Theory]
    [InlineData("[Model(8, 8, 1)]\n[Conv2D(4, 3)]\n[Dense(2)]   // the head", "[Model(8, 8, 1)]\n[Conv2D(4, 3)]\n[Flatten]\n[Dense(2)]   // the head")]
    [InlineData("[Model(8, 8, 1), Conv2D(4, 3), Dense(2)]", "[Model(8, 8, 1), Conv2D(4, 3), Flatten, Dense(2)]")]
    [InlineData("[Model(8, 8, 1)]\n// the head\n[Dense(2)]", "[Model(8, 8, 1)]\n// the head\n[Flatten]\n[Dense(2)]")]
    [InlineData("[Convoke.Model(8, 8, 1), Convoke.Dense(2)]", "[Convoke.Model(8, 8, 1), Convoke.Flatten, Convoke.Dense(2)]")]
    public Task An_image_is_flattened(string before, string after) => Expect(Model(before), Model(after), "CVK0103", "Put [Flatten] before dense");

    [Theory]
    [InlineData("[Dense(2)] private static partial Sym Head(Sym x);", "Head(Relu(x))", "Head(Flatten(Relu(x)))")]
    [InlineData("[Dense(2)] private static partial Sym Head(Sym x);", "Head(x: x)", "Head(x: Flatten(x))")]
    [InlineData("[Dense(2)] private static partial Sym Head(Sym x, int i);", "Head(x, i: 3)", "Head(Flatten(x), i: 3)")]
    public Task An_image_is_flattened_in_Forward(string layer, string before, string after) =>
        Expect(Forward(layer, before), Forward(layer, after), "CVK0103", $"Flatten what head{(layer.Contains("int", StringComparison.Ordinal) ? "_3" : "")} receives");

    private const string Adam = "[Adam]\n";

    [Theory]
    [InlineData("[Dense(2, Activation = Activation.Softmax)]\n[CrossEntropy]", "[Dense(2)]\n[CrossEntropy]", "Leave the activation out")]
    [InlineData("[Dense(2, Activation = Activation.Relu, Bias = false), CrossEntropy]", "[Dense(2, Bias = false), CrossEntropy]", "Leave the activation out")]
    [InlineData("[Dense(2, Activation = Activation.Softmax)]\n[CrossEntropy]", "[Dense(2, Activation = Activation.Softmax)]\n[SparseCategoricalCrossentropy]", "Use [SparseCategoricalCrossentropy]")]
    [InlineData("[Dense(2)]\n[SparseCategoricalCrossentropy]", "[Dense(2)]\n[CrossEntropy]", "Use [CrossEntropy]")]
    [InlineData("[Dense(2)]\n[Convoke.SparseCategoricalCrossentropy]", "[Dense(2)]\n[Convoke.CrossEntropy]", "Use [CrossEntropy]")]
    [InlineData("[Dense(2)]\n[SparseCategoricalCrossentropy]", "[Dense(2, Activation = Activation.Softmax)]\n[SparseCategoricalCrossentropy]", "Give the last layer Activation.Softmax")]
    [InlineData("[Dense(2, Activation = Activation.Relu)]\n[CategoricalCrossentropy]", "[Dense(2, Activation = Activation.Softmax)]\n[CategoricalCrossentropy]", "Give the last layer Activation.Softmax")]
    [InlineData("[Dense(2, Activation = Activation.LogSoftmax)]\n[CategoricalCrossentropy]", "[Dense(2, Activation = Activation.Softmax)]\n[CategoricalCrossentropy]", "Give the last layer Activation.Softmax")]
    public Task Last_layer_and_loss_are_brought_together(string before, string after, string title) => Expect(
        Model("[Model(8, 8, 3)]\n[Flatten]\n" + Adam + before), Model("[Model(8, 8, 3)]\n[Flatten]\n" + Adam + after), "CVK0010", title);

    [Theory]
    [InlineData("CrossEntropy", "Softmax(Head(Flatten(x)))", "CrossEntropy", "Head(Flatten(x))", "Leave Softmax out")]
    [InlineData("CrossEntropy", "Relu(Head(Flatten(x)))", "CrossEntropy", "Head(Flatten(x))", "Leave Relu out")]
    [InlineData("CrossEntropy", "Softmax(Head(Flatten(x)))", "SparseCategoricalCrossentropy", "Softmax(Head(Flatten(x)))", "Use [SparseCategoricalCrossentropy]")]
    [InlineData("SparseCategoricalCrossentropy", "LogSoftmax(Head(Flatten(x)))", "CrossEntropy", "LogSoftmax(Head(Flatten(x)))", "Use [CrossEntropy]")]
    public Task Last_call_and_loss_are_brought_together(string lossBefore, string before, string lossAfter, string after, string title) => Expect(
        Forward("[Dense(2)] private static partial Sym Head(Sym x);", before, $", {lossBefore}, Adam"),
        Forward("[Dense(2)] private static partial Sym Head(Sym x);", after, $", {lossAfter}, Adam"), "CVK0010", title);

    /// <summary>What two different things could mend is left to the user.</summary>
    [Theory]
    [InlineData("[Model(8, 8, 3), Flatten, Dense(2, Activation = Activation.Softmax), CrossEntropy, Adam]", "CVK0010", 2)]
    [InlineData("[Model(8, 8, 3), Flatten, Dense(2), CategoricalCrossentropy, Adam]", "CVK0010", 1)]
    [InlineData("[Model(8, 8, 3), Flatten, CategoricalCrossentropy, Adam]", "CVK0010", 0)]
    public async Task Offers_are_as_many_as_there_are_answers(string attributes, string id, int count) => Assert.Equal(count, (await Offers(Project(Model(attributes)), id)).Count);

    /// <summary>An edit of many models at once: every fault of the kind is mended.</summary>
    [Fact]
    public async Task All_faults_of_a_kind_are_mended_at_once()
    {
        Document document = Project("using Convoke;\n[Model(8, 8, 1), Flatten, Dense(2, In = 1)] partial class A;\n[Model(4, 4, 1), Flatten, Dense(2, In = 1)] partial class B;\n");
        var fix = new InferredInputFix();
        ImmutableArray<Diagnostic> faults = [.. await Faults(document, "CVK0102")];
        var context = new FixAllContext(document, fix, FixAllScope.Document, "inferred", ["CVK0102"], new KnownFaults(faults), CancellationToken.None);
        CodeAction action = (await fix.GetFixAllProvider().GetFixAsync(context))!;
        Assert.Equal("using Convoke;\n[Model(8, 8, 1), Flatten, Dense(2, In = 64)] partial class A;\n[Model(4, 4, 1), Flatten, Dense(2, In = 16)] partial class B;\n", await Apply(document, action));
    }

    /// <summary>The first fix with this title, applied, gives <paramref name="after"/>, in which nothing is wrong.</summary>
    private static async Task Expect(string before, string after, string id, string title, bool compiles = true)
    {
        Document document = Project(before);
        CodeAction action = Assert.Single(await Offers(document, id), action => action.Title == title);
        Assert.Equal(after, await Apply(document, action));
        if (compiles) Assert.Empty(await Harness.Analyze(Harness.Compile(after, Elsewhere)));
    }

    private static async Task<string> Apply(Document document, CodeAction action)
    {
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(CancellationToken.None);
        Solution changed = Assert.IsType<ApplyChangesOperation>(Assert.Single(operations)).ChangedSolution;
        return (await changed.GetDocument(document.Id)!.GetTextAsync()).ToString();
    }

    private static async Task<List<CodeAction>> Offers(Document document, string id)
    {
        var offers = new List<CodeAction>();
        ModelCodeFix[] fixes = [.. typeof(ModelCodeFix).Assembly.GetTypes().Where(static type => type.IsSubclassOf(typeof(ModelCodeFix))).Select(static type => (ModelCodeFix)Activator.CreateInstance(type)!)];
        foreach (Diagnostic fault in await Faults(document, id))
            foreach (ModelCodeFix fix in fixes.Where(fix => fix.FixableDiagnosticIds.Contains(id)))
                await fix.RegisterCodeFixesAsync(new CodeFixContext(document, fault, (action, _) => offers.Add(action), CancellationToken.None));
        return offers;
    }

    /// <summary>The analyzer's findings of one kind, in the document itself rather than in a copy.</summary>
    private static async Task<IEnumerable<Diagnostic>> Faults(Document document, string id)
    {
        var compilation = (CSharpCompilation)(await document.Project.GetCompilationAsync())!;
        return (await Harness.Analyze(compilation)).Where(diagnostic => diagnostic.Id == id);
    }

    private static Document Project(string source)
    {
        CSharpCompilation like = Harness.Compile("");
        Project project = new AdhocWorkspace().AddProject("Tests", LanguageNames.CSharp)
            .WithParseOptions(Harness.ParseOptions).WithCompilationOptions(like.Options).WithMetadataReferences(like.References);
        return project.AddDocument("Elsewhere.cs", Elsewhere).Project.AddDocument("Model.cs", source);
    }

    private const string Elsewhere = "static class Elsewhere { public const int Number = 3; }";

    private static string Model(string attributes) => $"using Convoke;\n\n{attributes}\npublic partial class M;\n";

    private static string Forward(string layer, string result, string training = "") => $$"""
        using Convoke;

        [Model(8, 8, 2){{training}}]
        public partial class M
        {
            {{layer}}

            private static Sym Forward(Sym x) => {{result}};
        }

        """;

    private sealed class KnownFaults(ImmutableArray<Diagnostic> faults) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(faults);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(faults);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(faults);
    }
}
