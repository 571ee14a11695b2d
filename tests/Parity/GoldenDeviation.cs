namespace Convoke.Parity;

/// <summary>The distance of a tensor from a golden one; every figure is relative, and NaN where the tensor has a NaN.</summary>
/// <param name="Element">Largest |difference| of a kept element, divided by the golden tensor's largest magnitude.</param>
/// <param name="ElementIndex">Row-major index of that element.</param>
/// <param name="Sum">|difference of the sums|, divided by sqrt(count * golden sum of squares).</param>
/// <param name="SumOfSquares">|difference of the sums of squares|, divided by the golden one.</param>
public readonly record struct GoldenDeviation(double Element, int ElementIndex, double Sum, double SumOfSquares)
{
    /// <summary>Whether every figure is at most the tolerance; false for NaN.</summary>
    public bool IsWithin(double tolerance) => Element <= tolerance && Sum <= tolerance && SumOfSquares <= tolerance;
}
