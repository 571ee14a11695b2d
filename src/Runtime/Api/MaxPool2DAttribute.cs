using System.Diagnostics;

namespace Convoke;

/// <summary>The maximum of each window, per channel; windows do not overlap.</summary>
/// <remarks>
/// In [H, W, C], out [⌊H / height⌋, ⌊W / width⌋, C]. Rows and columns at the lower and right edge that fill no window are dropped.
/// The gradient goes to the first maximum of a window in row order.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class MaxPool2DAttribute : LayerAttribute
{
    /// <summary>Square windows.</summary>
    /// <param name="size">Rows and columns of a window, and the step from one to the next; 1 to 1024.</param>
    public MaxPool2DAttribute(int size) : this(size, size)
    {
    }

    /// <summary>Rectangular windows.</summary>
    /// <param name="height">Rows of a window, 1 to 1024.</param>
    /// <param name="width">Columns of a window, 1 to 1024.</param>
    public MaxPool2DAttribute(int height, int width)
    {
        Height = height;
        Width = width;
    }

    /// <summary>Rows of a window.</summary>
    public int Height { get; }

    /// <summary>Columns of a window.</summary>
    public int Width { get; }
}
