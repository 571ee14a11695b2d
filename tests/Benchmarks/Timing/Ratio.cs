namespace Convoke.Benchmarks.Timing;

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
