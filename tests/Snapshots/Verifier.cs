using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Convoke.Snapshots;

/// <summary>Compares what a test made with the text that is stored beside it, by Verify's names and file rules.</summary>
/// <remarks>
/// <c>{file}.{method}[_{parameters}][#{target}].verified.{extension}</c> beside the test, UTF-8 with byte order mark, LF, no final newline. A
/// mismatch fails and leaves <c>*.received.*</c> there; a snapshot that no target asks for fails as stale. <c>UPDATE_SNAPSHOTS=1</c> accepts what
/// the tests make, except where <c>CI</c> is set. Unlike Verify, the first part is the name of the file; a test class has a file of its own name.
/// </remarks>
public static partial class Verifier
{
    private static readonly UTF8Encoding Utf8WithMark = new(encoderShouldEmitUTF8Identifier: true);

    /// <summary>Compares one text.</summary>
    public static Task Verify(
        string target, string extension = "txt", string? parameters = null, [CallerFilePath] string file = "", [CallerMemberName] string method = "") =>
        Check([new Target(null, extension, target)], SnapshotFolder.Of(file), Stem(file, method, parameters), Accepts());

    /// <summary>Compares the diagnostics of a generator's run, and each generated file under its hint name.</summary>
    public static Task Verify(
        GeneratorDriverRunResult run, string? parameters = null, [CallerFilePath] string file = "", [CallerMemberName] string method = "")
    {
        ArgumentNullException.ThrowIfNull(run);
        List<Target> targets = [];
        if (!run.Diagnostics.IsEmpty) targets.Add(new Target(null, "txt", string.Join('\n', run.Diagnostics)));
        foreach (GeneratedSourceResult source in run.Results.SelectMany(static result => result.GeneratedSources).OrderBy(static source => source.HintName, StringComparer.Ordinal))
            targets.Add(new Target(Path.GetFileNameWithoutExtension(source.HintName), "cs", $"//HintName: {source.HintName}\n{source.SourceText}"));
        return Check(targets, SnapshotFolder.Of(file), Stem(file, method, parameters), Accepts());
    }

    /// <summary>The comparison itself, with its folder and mode named, so that it can be tested.</summary>
    internal static Task Check(IReadOnlyList<Target> targets, string folder, string stem, bool accept)
    {
        var failures = new StringBuilder();
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (Target target in targets)
        {
            string path = Path.Combine(folder, stem + (target.Name is null ? "" : "#" + target.Name));
            string verified = $"{path}.verified.{target.Extension}", received = $"{path}.received.{target.Extension}";
            expected.Add(verified);
            string actual = Scrub(target.Text);
            string? stored = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n").TrimEnd('\n') : null;
            if (stored == actual || accept)
            {
                if (stored != actual) File.WriteAllText(verified, actual, Utf8WithMark);
                File.Delete(received);
                continue;
            }
            File.WriteAllText(received, actual, Utf8WithMark);
            failures.Append(stored is null ? "New: " : "NotEqual: ").AppendLine(Path.GetFileName(verified)).AppendLine(Difference(stored ?? "", actual));
        }
        foreach (string stale in Directory.GetFiles(folder, stem + "#*.verified.*").Concat(Directory.GetFiles(folder, stem + ".verified.*")).Except(expected))
        {
            if (accept) File.Delete(stale);
            else failures.Append("Stale: ").AppendLine(Path.GetFileName(stale));
        }
        if (failures.Length > 0) Assert.Fail($"Snapshots differ; UPDATE_SNAPSHOTS=1 dotnet test accepts them.\n{failures}");
        return Task.CompletedTask;
    }

    private static string Stem(string file, string method, string? parameters) =>
        $"{Path.GetFileNameWithoutExtension(file)}.{method}{(parameters is null ? "" : "_" + parameters)}";

    private static bool Accepts() => Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1"
        && Environment.GetEnvironmentVariable("CI") is null or "" or "false";

    private static string Scrub(string text)
    {
        text = text.ReplaceLineEndings("\n").TrimEnd('\n').Replace(AppContext.BaseDirectory, "{BaseDirectory}", StringComparison.Ordinal);
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        return Guids().Replace(text, match => seen.TryGetValue(match.Value, out string? name) ? name : seen[match.Value] = $"Guid_{seen.Count + 1}");
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.IgnoreCase)]
    private static partial Regex Guids();

    private static string Difference(string stored, string actual)
    {
        var text = new StringBuilder();
        foreach (DiffPiece line in InlineDiffBuilder.Diff(stored, actual).Lines.Where(static line => line.Type != ChangeType.Unchanged).Take(40))
            text.Append(line.Type == ChangeType.Inserted ? "  + " : "  - ").AppendLine(line.Text);
        return text.ToString();
    }

    /// <summary>One file of a snapshot.</summary>
    /// <param name="Name">What tells it from the test's other files; null where there is one.</param>
    /// <param name="Extension">Without the dot.</param>
    /// <param name="Text">Its text.</param>
    internal sealed record Target(string? Name, string Extension, string Text);
}
