namespace Convoke.PtxEmulator;

/// <summary>Extents of a grid or block, or a place in one.</summary>
public readonly record struct Dim3(uint X, uint Y = 1, uint Z = 1)
{
    /// <summary>Product of the extents.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>The place whose linear index, x fastest, is given.</summary>
    public Dim3 At(long index) => new((uint)(index % X), (uint)(index / X % Y), (uint)(index / X / Y));

    public override string ToString() => $"({X},{Y},{Z})";
}
