using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>An edit runs again only what it changes, and no pipeline value keeps a compilation alive.</summary>
public class PipelineTests
{
    private const string Parse = "Convoke.Parse", Compile = "Convoke.Compile", Widths = "Convoke.Widths";

    private readonly CSharpCompilation _compilation = Harness.Compile(Models.Mnist, "class Other { }");

    [Fact]
    public void An_edit_elsewhere_leaves_everything_cached()
    {
        GeneratorRunResult after = Edit(_compilation.ReplaceSyntaxTree(_compilation.SyntaxTrees[1], Harness.Parse("class Other { int x; }", "Model1.cs")));
        AssertUntouched(after);
    }

    [Fact]
    public void A_new_file_leaves_everything_cached() => AssertUntouched(Edit(_compilation.AddSyntaxTrees(Harness.Parse("class New { }", "New.cs"))));

    [Fact]
    public void A_comment_that_moves_the_model_leaves_everything_cached() => AssertUntouched(EditModel("// moves every line\n" + Models.Mnist));

    [Fact]
    public void A_member_of_the_users_own_leaves_everything_cached() =>
        AssertUntouched(EditModel(Models.Mnist.Replace("class MnistNet;", "class MnistNet { public int Mine => 1; }", StringComparison.Ordinal)));

    /// <summary>Which widths a project wants is asked after the model is compiled; other properties, and other words for the same widths, change nothing.</summary>
    [Theory]
    [InlineData("256", IncrementalStepRunReason.Modified)]
    [InlineData("512,256,128", IncrementalStepRunReason.Unchanged)]
    public void Other_widths_write_kernels_again_and_compile_nothing(string widths, IncrementalStepRunReason reason)
    {
        GeneratorDriver driver = Harness.Driver(track: true, properties: new BuildProperties()).RunGenerators(_compilation);
        GeneratorRunResult after = driver.WithUpdatedAnalyzerConfigOptions(new BuildProperties(("ConvokeVectors", widths), ("RootNamespace", "N"))).RunGenerators(_compilation).GetRunResult().Results[0];
        Assert.Equal([reason], Reasons(after, Widths));
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(after, Compile));
        Assert.Equal(reason == IncrementalStepRunReason.Modified, OutputReasons(after).Contains(IncrementalStepRunReason.Modified));
    }

    /// <summary>Forward may use constants and helpers of any file, so it is read again, and what it yields is compared.</summary>
    [Theory]
    [InlineData("class Other { int x; }", true)]
    [InlineData("static class Elsewhere { public const int Times = 1; public static Convoke.Sym Twice(Convoke.Sym x) { var y = x; return Relu(y); } }", true)]
    [InlineData("static class Elsewhere { public const int Times = 0; public static Convoke.Sym Twice(Convoke.Sym x) => Relu(x); }", false)]
    [InlineData("static class Elsewhere { public const int Times = 1; public static Convoke.Sym Twice(Convoke.Sym x) => x; }", false)]
    public void What_Forward_reads_in_other_files_is_followed(string edited, bool untouched)
    {
        const string Elsewhere = "static class Elsewhere { public const int Times = 1; public static Convoke.Sym Twice(Convoke.Sym x) => Relu(x); }";
        string model = Models.Forward.Replace("x = Relu(Fc1(Flatten(x)));", "x = Fc1(Flatten(x)); for (int i = 0; i < Elsewhere.Times; i++) x = Elsewhere.Twice(x);", StringComparison.Ordinal);
        CSharpCompilation compilation = Harness.Compile(model, Elsewhere, "class Other { }");
        GeneratorDriver driver = Harness.Driver(track: true).RunGenerators(compilation);
        int file = edited.Contains("Elsewhere", StringComparison.Ordinal) ? 1 : 2;
        GeneratorRunResult after = driver.RunGenerators(
            compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[file], Harness.Parse(edited, $"Model{file}.cs"))).GetRunResult().Results[0];
        if (untouched) AssertUntouched(after);
        else Assert.Equal([IncrementalStepRunReason.Modified], Reasons(after, Compile));
    }

    [Theory]
    [InlineData("return Fc2(x);", "var y = x; /* moved */ return Fc2(y);")]
    [InlineData("private static Sym Forward(Sym x)", "\n\n// moved\nprivate static Sym Forward(Sym x)")]
    [InlineData("x = Relu(Fc1(Flatten(x)));", "x = Activated(Fc1(Flatten(x))); static Sym Unused() => null!;")]
    public void An_edit_of_Forward_that_changes_no_call_leaves_everything_cached(string before, string after)
    {
        string helper = Models.Forward.Replace("private static Sym Forward", "private static Sym Activated(Sym x) => Relu(x);\nprivate static Sym Forward", StringComparison.Ordinal);
        Assert.Contains(before, helper, StringComparison.Ordinal);
        CSharpCompilation compilation = Harness.Compile(helper);
        GeneratorDriver driver = Harness.Driver(track: true).RunGenerators(compilation);
        AssertUntouched(driver.RunGenerators(compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees[0], Harness.Parse(helper.Replace(before, after, StringComparison.Ordinal)))).GetRunResult().Results[0]);
    }

    [Fact]
    public void A_changed_constant_compiles_the_model_again()
    {
        GeneratorRunResult after = EditModel(Models.Mnist.Replace("28, 28", "26, 26", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(after, Parse));
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(after, Compile));
        Assert.All(OutputReasons(after), static reason => Assert.Equal(IncrementalStepRunReason.Modified, reason));
    }

    [Fact]
    public void Of_two_models_only_the_changed_one_is_compiled_again()
    {
        string other = Models.Mnist.Replace("MnistNet", "OtherNet", StringComparison.Ordinal);
        CSharpCompilation compilation = Harness.Compile(Models.Mnist, other);
        GeneratorDriver driver = Harness.Driver(track: true).RunGenerators(compilation);
        SyntaxTree changed = Harness.Parse(other.Replace("32", "16", StringComparison.Ordinal), "Model1.cs");
        GeneratorRunResult after = driver.RunGenerators(compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[1], changed)).GetRunResult().Results[0];
        Assert.Equal([IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified], Reasons(after, Compile));
    }

    [Fact]
    public void No_pipeline_value_holds_symbols_syntax_or_locations()
    {
        GeneratorRunResult run = Harness.Driver(track: true).RunGenerators(Harness.Compile(Models.Mnist, Models.Forward)).GetRunResult().Results[0];
        int values = 0;
        foreach (string step in (string[])[Parse, Compile])
        {
            foreach ((object value, _) in run.TrackedSteps[step].SelectMany(static s => s.Outputs))
            {
                Walk(value, []);
                values++;
            }
        }
        Assert.Equal(4, values);
    }

    private GeneratorRunResult EditModel(string source) => Edit(_compilation.ReplaceSyntaxTree(_compilation.SyntaxTrees[0], Harness.Parse(source)));

    private GeneratorRunResult Edit(CSharpCompilation edited)
    {
        GeneratorDriver driver = Harness.Driver(track: true).RunGenerators(_compilation);
        Assert.NotEmpty(Harness.OfModels(driver.GetRunResult()));
        return driver.RunGenerators(edited).GetRunResult().Results[0];
    }

    private static void AssertUntouched(GeneratorRunResult run)
    {
        // Reading runs again, since a constant elsewhere may have changed; that it yields an equal value stops everything behind it.
        IncrementalStepRunReason reason = Assert.Single(Reasons(run, Parse));
        Assert.True(reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, reason.ToString());
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(run, Compile));
        Assert.All(OutputReasons(run), static output => Assert.Equal(IncrementalStepRunReason.Cached, output));
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorRunResult run, string step) =>
        run.TrackedSteps[step].SelectMany(static s => s.Outputs).Select(static output => output.Reason);

    private static List<IncrementalStepRunReason> OutputReasons(GeneratorRunResult run)
    {
        List<IncrementalStepRunReason> reasons = [.. run.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static s => s.Outputs).Select(static output => output.Reason)];
        Assert.NotEmpty(reasons);
        return reasons;
    }

    private static void Walk(object? node, HashSet<object> seen)
    {
        if (node is null or string || !seen.Add(node)) return;
        Assert.False(node is Compilation or ISymbol or SyntaxNode or SyntaxTree or SyntaxReference or Location or SemanticModel or AttributeData or Delegate, node.GetType().FullName);
        if (node.GetType().IsPrimitive || node.GetType().IsEnum) return;
        if (node is IEnumerable items)
        {
            foreach (object? item in items) Walk(item, seen);
            return;
        }
        for (Type? type = node.GetType(); type is not null; type = type.BaseType)
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
                Walk(field.GetValue(node), seen);
    }
}
