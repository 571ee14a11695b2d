namespace Convoke.Benchmarks.Timing;

/// <summary>Times of one lane, one per round.</summary>
internal sealed class Samples(IReadOnlyList<double> perRound)
{
    /// <summary>In the order of the rounds.</summary>
    public IReadOnlyList<double> PerRound { get; } = perRound;

    public double Median { get; } = MedianOf(perRound);

    public double Min { get; } = perRound.Min();

    public double Max { get; } = perRound.Max();

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>How many times as long another takes: the ratio of medians, and the least and greatest ratio of one round.</summary>
internal readonly record struct Ratio(double OfMedians, double Min, double Max)
{
    /// <summary>The ratio of <paramref name="other"/> to <paramref name="ours"/>: above 1, ours is faster.</summary>
    public static Ratio Of(Samples other, Samples ours)
    {
        double[] rounds = [.. other.PerRound.Zip(ours.PerRound, static (o, u) => o / u)];
        return new(other.Median / ours.Median, rounds.Min(), rounds.Max());
    }
}
