using System.Globalization;
using System.Text.RegularExpressions;

namespace Convoke;

/// <summary>Reads the lines that <c>--ptxas-options=-v</c> adds to the compiler's log.</summary>
internal static partial class PtxasLog
{
    /// <summary>One entry per entry function, in the order of the log.</summary>
    public static IReadOnlyList<KernelFigures> Figures(string log)
    {
        List<KernelFigures> kernels = [];
        string? name = null;
        (int Stack, int Stores, int Loads) frame = default;
        foreach (string line in Lines(log))
        {
            if (Entry().Match(line) is { Success: true } entry) (name, frame) = (entry.Groups[1].Value, default);
            else if (Frame().Match(line) is { Success: true } found) frame = (Number(found.Groups[1]), Number(found.Groups[2]), Number(found.Groups[3]));
            else if (name is not null && Used().Match(line) is { Success: true } used)
            {
                kernels.Add(new(name, Number(used.Groups[1]), frame.Stack, frame.Stores, frame.Loads, Number(Shared().Match(line).Groups[1]), Number(Barriers().Match(line).Groups[1])));
                name = null;
            }
        }

        return kernels;
    }

    /// <summary>Lines that are none of ptxas' reports.</summary>
    public static IReadOnlyList<string> Remarks(string log) =>
        [.. Lines(log).Where(static line => !line.StartsWith("ptxas info", StringComparison.Ordinal) && !Frame().IsMatch(line))];

    private static IEnumerable<string> Lines(string log) => log.Split('\n').Select(static line => line.TrimEnd('\r', '\0')).Where(static line => line.Length > 0);

    private static int Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("Compiling entry function '([^']+)'")]
    private static partial Regex Entry();

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex Frame();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Used();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();

    [GeneratedRegex(@"used (\d+) barriers")]
    private static partial Regex Barriers();
}
