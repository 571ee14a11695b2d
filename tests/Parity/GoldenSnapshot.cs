namespace Convoke.Parity;

/// <summary>A tensor at one moment: sampled elements and statistics of the whole.</summary>
/// <param name="Count">Elements of the whole tensor.</param>
/// <param name="Indices">The kept elements, row-major.</param>
/// <param name="Values">Their values, computed in double and rounded to float.</param>
/// <param name="Statistics">Sums over the whole tensor in double.</param>
/// <param name="Float32Deviation">
/// The framework's own run in single precision against its run in double: max |difference| over all elements, divided by the tensor's largest magnitude.
/// </param>
public sealed record GoldenSnapshot(int Count, IReadOnlyList<int> Indices, IReadOnlyList<float> Values, TensorStatistics Statistics, double Float32Deviation)
{
    /// <summary>How far a whole tensor (row-major in PyTorch's order) is from this one.</summary>
    /// <exception cref="ArgumentException">The span does not have <see cref="Count"/> elements.</exception>
    public GoldenDeviation Compare(ReadOnlySpan<float> actual)
    {
        if (actual.Length != Count)
            throw new ArgumentException($"The golden tensor has {Count} elements, the actual one {actual.Length}.", nameof(actual));
        double largest = 0;
        var at = Indices[0];
        for (var i = 0; i < Indices.Count; i++)
        {
            var difference = Math.Abs((double)actual[Indices[i]] - Values[i]);
            // A NaN is the largest deviation there is, and must not slip through a comparison.
            if (difference > largest || double.IsNaN(difference))
                (largest, at) = (difference, Indices[i]);
            if (double.IsNaN(difference))
                break;
        }
        var statistics = TensorStatistics.Of(actual);
        // sqrt(count * sum of squares) bounds the sum of magnitudes: the scale on which a sum that cancels can be judged.
        var sumScale = Math.Sqrt(Count * Statistics.SumOfSquares);
        return new(
            Relative(largest, Statistics.MaxAbs),
            at,
            Relative(Math.Abs(statistics.Sum - Statistics.Sum), sumScale),
            Relative(Math.Abs(statistics.SumOfSquares - Statistics.SumOfSquares), Statistics.SumOfSquares));
    }

    private static double Relative(double difference, double scale) => difference == 0 ? 0 : difference / scale;
}
