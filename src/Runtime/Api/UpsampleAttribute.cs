using System.Diagnostics;

namespace Convoke;

/// <summary>Makes an image larger: every pixel becomes a block of equal pixels (nearest neighbour).</summary>
/// <remarks>In [H, W, C], out [H·height, W·width, C]: <c>y[p,q,c] = x[⌊p / height⌋, ⌊q / width⌋, c]</c>.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class UpsampleAttribute : LayerAttribute
{
    /// <summary>Square blocks.</summary>
    /// <param name="factor">Rows and columns that a pixel becomes, 1 to 1024.</param>
    public UpsampleAttribute(int factor) : this(factor, factor)
    {
    }

    /// <summary>Rectangular blocks.</summary>
    /// <param name="height">Rows that a pixel becomes, 1 to 1024.</param>
    /// <param name="width">Columns that a pixel becomes, 1 to 1024.</param>
    public UpsampleAttribute(int height, int width)
    {
        Height = height;
        Width = width;
    }

    /// <summary>Rows that a pixel becomes.</summary>
    public int Height { get; }

    /// <summary>Columns that a pixel becomes.</summary>
    public int Width { get; }
}
