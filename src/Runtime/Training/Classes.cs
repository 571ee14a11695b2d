namespace Convoke;

/// <summary>From a row of outputs to the class that it speaks for.</summary>
internal static class Classes
{
    /// <summary>First of the largest values; NaN is never largest, and a row of nothing else gives 0.</summary>
    public static int Largest(ReadOnlySpan<float> row)
    {
        int best = 0;
        float largest = float.NegativeInfinity;
        for (int k = 0; k < row.Length; k++)
        {
            if (row[k] > largest) (best, largest) = (k, row[k]);
        }
        return best;
    }
}
