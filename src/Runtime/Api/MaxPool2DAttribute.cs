using System.Diagnostics;

namespace Convoke;

/// <summary>The maximum of each window, per channel. Unless said otherwise windows lie side by side: the stride is the window's size.</summary>
/// <remarks>
/// In [H, W, C], out [P, Q, C]; P = ⌊H / height⌋ without padding and with the stride left out, otherwise by the rule of <see cref="WindowAttribute"/>. Padding never wins: it
/// is -∞, as in Keras and PyTorch. The gradient goes to the first maximum of a window in row order.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class MaxPool2DAttribute : WindowAttribute
{
    /// <summary>Square windows.</summary>
    /// <param name="size">Rows and columns of a window, 1 to 1024.</param>
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
