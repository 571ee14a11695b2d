using System.Diagnostics;

namespace Convoke;

/// <summary>The mean of each window, per channel. Unless said otherwise windows lie side by side: the stride is the window's size.</summary>
/// <remarks>
/// In [H, W, C], out [P, Q, C]; P = ⌊H / height⌋ without padding and with the stride left out, otherwise by the rule of <see cref="WindowAttribute"/>.
/// <c>y = Σ x / n</c> over a window; whether n counts padding is <see cref="CountsPadding"/>.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class AveragePool2DAttribute : WindowAttribute
{
    /// <summary>Square windows.</summary>
    /// <param name="size">Rows and columns of a window, 1 to 1024.</param>
    public AveragePool2DAttribute(int size) : this(size, size)
    {
    }

    /// <summary>Rectangular windows.</summary>
    /// <param name="height">Rows of a window, 1 to 1024.</param>
    /// <param name="width">Columns of a window, 1 to 1024.</param>
    public AveragePool2DAttribute(int height, int width)
    {
        Height = height;
        Width = width;
    }

    /// <summary>Rows of a window.</summary>
    public int Height { get; }

    /// <summary>Columns of a window.</summary>
    public int Width { get; }

    /// <summary>Whether padding counts as zeros in the mean (n = height·width) or not at all (n = pixels of the image in the window).</summary>
    /// <remarks>Where left out, the preset's: it counts in PyTorch (<c>count_include_pad=True</c>), and does not in Keras.</remarks>
    public bool CountsPadding { get; set; }
}
