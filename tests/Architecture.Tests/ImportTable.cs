using System.Text.RegularExpressions;

namespace Convoke.Architecture.Tests;

/// <summary>A table of docs/architecture.md: its first column names who imports, every other column, in backticks, what may be imported.</summary>
internal sealed partial class ImportTable
{
    private readonly Dictionary<string, string[][]> _rows;

    private ImportTable(Dictionary<string, string[][]> rows) => _rows = rows;

    public IReadOnlyCollection<string> Rooms => _rows.Keys;

    /// <summary>Reads the table whose head begins with <paramref name="title"/>.</summary>
    public static ImportTable Read(string title)
    {
        IEnumerable<string> lines = Repository.Read("docs/architecture.md").Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {title} |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static line => line.StartsWith('|'));
        return new(lines.Select(static line => line.Split('|')[1..^1].Select(Names).ToArray()).ToDictionary(static row => row[0].Single(), static row => row[1..]));
    }

    /// <summary>Whether <paramref name="room"/> may import <paramref name="name"/> by the given column: itself, a listed name, or, where "A.*" is listed, A and all below it.</summary>
    public bool Allows(string room, string name, int column = 0) =>
        name == room || _rows[room][column].Any(entry => name == entry
            || (entry.EndsWith(".*", StringComparison.Ordinal) && (name + ".").StartsWith(entry[..^1], StringComparison.Ordinal)));

    private static string[] Names(string cell) => [.. Name().Matches(cell).Select(static m => m.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
