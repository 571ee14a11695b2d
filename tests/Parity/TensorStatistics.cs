namespace Convoke.Parity;

/// <summary>What a golden file keeps of a whole tensor: sums in double, in row-major order of the PyTorch shape.</summary>
/// <param name="Sum">Sum of the elements.</param>
/// <param name="SumOfSquares">Sum of the elements' squares.</param>
/// <param name="MaxAbs">The largest magnitude.</param>
public readonly record struct TensorStatistics(double Sum, double SumOfSquares, double MaxAbs)
{
    /// <summary>The statistics of a tensor; pass the elements in row-major order of the PyTorch shape.</summary>
    public static TensorStatistics Of(ReadOnlySpan<double> values)
    {
        double sum = 0, squares = 0, maxAbs = 0;
        foreach (var value in values)
        {
            sum += value;
            squares += value * value;
            maxAbs = Math.Max(maxAbs, Math.Abs(value));
        }
        return new(sum, squares, maxAbs);
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{double})"/>
    public static TensorStatistics Of(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return Of(wide);
    }
}
