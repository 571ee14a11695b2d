using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>Equal sources give equal bytes, whatever the order of files, the run, the path or the culture.</summary>
public class DeterminismTests
{
    private const string Odd = """
        using Convoke;
        [Model(1, 9, 7, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
        [Conv2D(3, 2, 3), Flatten, Dense(2), CrossEntropy, Adam(0.1 + 0.2, Beta1 = 1.0 / 3, Epsilon = 1.5e-9)]
        partial class Odd;
        """;

    private static readonly (string Path, string Text)[] Files =
    [
        ("a.cs", Models.Mnist), ("b.cs", Odd), ("c.cs", "using Convoke; namespace N; [Accuracy] partial class Split;"),
        ("d.cs", "using Convoke; namespace N; [Model(4, 4, 1), Flatten, Dense(2, Activation = Activation.Softmax)] partial class Split;"),
        ("e.cs", "using Convoke; namespace N; [Adam, SparseCategoricalCrossentropy] partial class Split;"),
        ("f.cs", "using Convoke; namespace N; partial class Wired { [Conv2D(2, 3)] private static partial Sym Conv(Sym x); private static Sym Forward(Sym x) => Head(Flatten(Times.Twice(Conv(x)))); }"),
        ("g.cs", "using Convoke; namespace N; [Model(8, 8, 1)] partial class Wired { [Dense(2)] private static partial Sym Head(Sym x); [MaxPool2D(2)] public static partial Sym Pool(Sym x); }"),
        ("h.cs", "using Convoke; namespace N; static class Times { public static Sym Twice(Sym x) { for (int i = 0; i < 2; i++) x = Wired.Pool(x); return x; } }"),
    ];

    [Fact]
    public void Output_does_not_depend_on_the_run() => Assert.Equal(Outputs(Files), Outputs(Files));

    [Fact]
    public void Output_does_not_depend_on_the_order_of_files()
    {
        string expected = Outputs(Files);
        var random = new Random(1);
        for (int i = 0; i < 5; i++)
        {
            (string, string)[] shuffled = [.. Files];
            random.Shuffle(shuffled);
            Assert.Equal(expected, Outputs(shuffled));
        }
    }

    [Fact]
    public void Output_does_not_depend_on_where_the_files_lie() =>
        Assert.Equal(Outputs(Files), Outputs([.. Files.Select(static file => ("elsewhere/" + file.Path, file.Text))]));

    /// <summary>Finnish writes a decimal comma, and a minus sign that is no hyphen.</summary>
    [Fact]
    public async Task Output_and_messages_do_not_depend_on_the_culture()
    {
        string expected = Outputs(Files);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("fi-FI");
            Assert.Equal("−0,5", (-0.5).ToString(CultureInfo.CurrentCulture));
            Assert.Equal(expected, Outputs(Files));
            CSharpCompilation faulty = Harness.Compile(Odd.Replace("Beta1 = 1.0 / 3", "Beta1 = -0.5", StringComparison.Ordinal));
            Assert.Equal("Beta1 of Adam must be at least 0 and less than 1 but is -0.5", Assert.Single(await Harness.Analyze(faulty)).GetMessage(CultureInfo.CurrentCulture));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Output_has_unix_line_ends_and_no_trailing_blanks() =>
        Assert.All(Generated(Files), static source =>
        {
            Assert.DoesNotContain('\r', source.Text);
            Assert.All(source.Text.Split('\n'), static line => Assert.Equal(line.TrimEnd(), line));
        });

    [Fact]
    public void Real_numbers_read_back_as_they_were()
    {
        string api = Generated(Files).Single(static source => source.Hint == "Odd.g.cs").Text;
        Assert.Contains("new(\"Adam\", 0.30000000000000004, 0.3333333333333333, 0.999, 2", api, StringComparison.Ordinal);
    }

    private static string Outputs((string Path, string Text)[] files) =>
        string.Join('\n', Generated(files).OrderBy(static source => source.Hint, StringComparer.Ordinal).Select(static source => source.Hint + "\n" + source.Text));

    private static List<(string Hint, string Text)> Generated((string Path, string Text)[] files)
    {
        CSharpCompilation compilation = Harness.Compile([.. files.Select(static file => Harness.Parse(file.Text, file.Path))]);
        GeneratorDriverRunResult run = Harness.Driver().RunGenerators(compilation).GetRunResult();
        Assert.Empty(run.Diagnostics);
        return [.. run.Results[0].GeneratedSources.Select(static source => (source.HintName, source.SourceText.ToString()))];
    }
}
