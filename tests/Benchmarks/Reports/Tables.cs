using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Reports;

/// <summary>Times by row and contender, as text.</summary>
internal sealed class Tables(IReadOnlyDictionary<Lane, Samples> times)
{
    private readonly Dictionary<(string Row, string Contender), Samples> _samples = times.ToDictionary(static pair => (pair.Key.Row, pair.Key.Contender), static pair => pair.Value);

    /// <summary>The rows, in the order of <paramref name="times"/>.</summary>
    public IReadOnlyList<string> Rows { get; } = [.. times.Keys.Select(static lane => lane.Row).Distinct()];

    /// <summary>Convoke's peers in their order.</summary>
    public IReadOnlyList<string> Peers { get; } = [.. times.Keys.Select(static lane => lane.Contender).Distinct().Where(static name => name != ConvokeContender.Title)];

    /// <summary>A lane's times, null where the contender does not run that row.</summary>
    public Samples? this[string row, string contender] => _samples.GetValueOrDefault((row, contender));

    /// <summary>How many times as long a peer takes; null where it does not run that row.</summary>
    public Ratio? RatioTo(string peer, string row) => this[row, peer] is { } other ? Ratio.Of(other, this[row, ConvokeContender.Title]!) : null;

    /// <summary>A markdown table: times with least and greatest, then ratios with the least and greatest of one round.</summary>
    /// <param name="rows">Which rows.</param>
    /// <param name="scale">1 for milliseconds, 1000 for microseconds.</param>
    public string Markdown(IEnumerable<string> rows, double scale = 1)
    {
        string unit = scale == 1 ? "ms" : "us";
        var text = new StringBuilder();
        text.Append(Line($"| | {ConvokeContender.Title}, {unit} | {string.Join(" | ", Peers.Select(peer => $"{peer}, {unit}"))} | {string.Join(" | ", Peers.Select(static peer => $"against {peer}"))} |"));
        text.Append(Line($"|---|{string.Concat(Enumerable.Repeat("---|", 1 + (2 * Peers.Count)))}"));
        foreach (string row in rows)
            text.Append(Line($"| {row} | {Time(this[row, ConvokeContender.Title], scale)} | {string.Join(" | ", Peers.Select(peer => Time(this[row, peer], scale)))} | {string.Join(" | ", Peers.Select(peer => Text(RatioTo(peer, row))))} |"));
        return text.ToString();
    }

    /// <summary>Rows in which a peer is faster, by name; "none" is said too.</summary>
    public string Losses(IEnumerable<string> rows)
    {
        string[] losses = [.. rows.SelectMany(row => Peers.Where(peer => RatioTo(peer, row) is { OfMedians: < 1 }).Select(peer => Invariant($"{row} against {peer} ({RatioTo(peer, row)!.Value.OfMedians:F2}x)")))];
        return Line($"Losses (Convoke slower, by medians): {(losses.Length == 0 ? "none" : string.Join("; ", losses))}.");
    }

    /// <summary>One line per row: the ratios alone.</summary>
    /// <param name="width">Of the rows' names.</param>
    public string RatiosOnly(int width = 22)
    {
        var text = new StringBuilder();
        foreach (string row in Rows)
            text.Append(Line($"{row.PadRight(width)} {string.Join("   ", Peers.Where(peer => RatioTo(peer, row) is not null).Select(peer => Invariant($"{RatioTo(peer, row)!.Value.OfMedians,6:F2}x {peer}")))}"));
        return text.ToString();
    }

    /// <summary>Geometric mean over rows of the ratio to a peer, or to whichever of the peers is faster in that row.</summary>
    public double GeometricMean(IEnumerable<string> rows, params string[] peers) =>
        Math.Exp(rows.Select(row => Math.Log(peers.Min(peer => RatioTo(peer, row)!.Value.OfMedians))).Average());

    private static string Time(Samples? samples, double scale) => samples is null
        ? "-"
        : $"{Number(samples.Median * scale)} ({Number(samples.Min * scale)}..{Number(samples.Max * scale)})";

    private static string Text(Ratio? ratio) => ratio is not { } value
        ? "-"
        : value.OfMedians < 1
            ? Invariant($"**{value.OfMedians:F2}x, a loss** ({value.Min:F2}..{value.Max:F2})")
            : Invariant($"{value.OfMedians:F2}x ({value.Min:F2}..{value.Max:F2})");

    /// <summary>Three significant digits.</summary>
    private static string Number(double value) => value.ToString(value >= 100 ? "F0" : value >= 10 ? "F1" : value >= 1 ? "F2" : "F3", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Line(string text) => text + "\n";
}
