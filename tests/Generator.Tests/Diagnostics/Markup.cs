using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Convoke.Generator.Tests;

/// <summary>Source text in which <c>{|CVK0003:0|}</c> marks where a diagnostic must stand; marks may nest.</summary>
internal static class Markup
{
    /// <summary>The text without its marks, and the marks.</summary>
    public static (string Text, List<(string Id, TextSpan Span)> Marks) Read(string marked)
    {
        var text = new System.Text.StringBuilder();
        var open = new Stack<(string Id, int Start)>();
        var marks = new List<(string, TextSpan)>();
        for (int i = 0; i < marked.Length;)
        {
            if (marked.AsSpan(i).StartsWith("{|", StringComparison.Ordinal))
            {
                int colon = marked.IndexOf(':', i);
                open.Push((marked[(i + 2)..colon], text.Length));
                i = colon + 1;
            }
            else if (marked.AsSpan(i).StartsWith("|}", StringComparison.Ordinal))
            {
                (string id, int start) = open.Pop();
                marks.Add((id, TextSpan.FromBounds(start, text.Length)));
                i += 2;
            }
            else
            {
                text.Append(marked[i++]);
            }
        }
        Assert.Empty(open);
        return (text.ToString(), marks);
    }

    /// <summary>The analyzer must report exactly the marks of <paramref name="source"/>, with these messages in the order of the text.</summary>
    public static Task Expect(string source, params string[] messages) => Expect([("Model.cs", source)], messages);

    /// <summary>As above, over several files; messages are in the order of the files' names.</summary>
    public static async Task Expect((string Path, string Source)[] files, params string[] messages) =>
        Assert.Equal(messages, (await At(files)).Select(static d => d.GetMessage(CultureInfo.InvariantCulture)));

    /// <summary>The analyzer must report exactly the marks of <paramref name="files"/>; yields what it reports.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> At(params (string Path, string Source)[] files)
    {
        var trees = new List<SyntaxTree>();
        var expected = new List<string>();
        foreach ((string path, string source) in files)
        {
            (string text, List<(string Id, TextSpan Span)> marks) = Read(source);
            trees.Add(Harness.Parse(text, path));
            expected.AddRange(marks.Select(mark => Show(mark.Id, path, mark.Span, text)));
        }
        IReadOnlyList<Diagnostic> found = await Harness.Analyze(Harness.Compile([.. trees]));
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            found.Select(static d => Show(d.Id, d.Location.SourceTree!.FilePath, d.Location.SourceSpan, d.Location.SourceTree.ToString())).Order(StringComparer.Ordinal));
        return found;
    }

    private static string Show(string id, string path, TextSpan span, string text) => $"{path} {span} {id} '{text.Substring(span.Start, span.Length)}'";
}
