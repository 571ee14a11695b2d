namespace Convoke.Package.Tests;

/// <summary>The fenced blocks of README.md that a comment marks.</summary>
internal static class Readme
{
    /// <summary>The first block whose mark begins with <paramref name="mark"/>: what follows in the mark, and the block's lines.</summary>
    public static (string Argument, string[] Lines) Block(string mark)
    {
        string[] lines = File.ReadAllLines(Path.Combine(BuildFacts.Repository, "README.md"));
        string start = "<!-- " + mark;
        int at = Array.FindIndex(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        Assert.True(at >= 0, $"README.md has no mark {start}");
        return (lines[at][start.Length..^" -->".Length], [.. lines.Skip(at + 2).TakeWhile(static line => line != "```")]);
    }
}
