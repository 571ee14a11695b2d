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
