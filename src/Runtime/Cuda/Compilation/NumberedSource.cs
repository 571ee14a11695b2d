using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Convoke;

/// <summary>The message of a failed compilation: each error of the log, and under it the numbered source lines around the place it names.</summary>
internal static partial class NumberedSource
{
    private const int LinesAround = 3, MostErrors = 8;

    /// <param name="source">The whole source.</param>
    /// <param name="name">Its name, which the compiler's places begin with.</param>
    /// <param name="architecture">What it was compiled for.</param>
    /// <param name="log">The compiler's log.</param>
    public static string Explain(string source, string name, string architecture, string log)
    {
        string[] lines = source.Split('\n');
        List<Match> errors = [.. Place().Matches(log).Where(match => match.Groups["file"].Value == name && match.Groups["kind"].Value != "warning")];
        StringBuilder message = new();
        message.Append(CultureInfo.InvariantCulture, $"{name} does not compile for {architecture}: {errors.Count} {(errors.Count == 1 ? "error" : "errors")}.");
        if (errors.Count == 0) message.Append('\n').Append(log.TrimEnd());
        foreach (Match error in errors.Take(MostErrors))
        {
            int number = int.Parse(error.Groups["line"].ValueSpan, CultureInfo.InvariantCulture);
            message.Append(CultureInfo.InvariantCulture, $"\n\n{name}({number}): {error.Groups["text"].Value.TrimEnd()}");
            for (int line = Math.Max(1, number - LinesAround); line <= Math.Min(lines.Length, number + LinesAround); line++)
                message.Append(CultureInfo.InvariantCulture, $"\n{(line == number ? '>' : ' ')}{line,5} | {lines[line - 1].TrimEnd('\r')}");
        }

        if (errors.Count > MostErrors) message.Append(CultureInfo.InvariantCulture, $"\n\nand {errors.Count - MostErrors} more: see Log.");
        return message.ToString();
    }

    [GeneratedRegex(@"^(?<file>[^\n(]+)\((?<line>\d+)\): (?<text>(?:catastrophic )?(?<kind>error|warning)[^\n]*)", RegexOptions.Multiline)]
    private static partial Regex Place();
}
