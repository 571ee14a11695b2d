using System.Diagnostics;

namespace Convoke;

/// <summary>Base of the layers that move a window over an image: how far it steps, and how far it reaches beyond the image.</summary>
/// <remarks>
/// With a window of R rows, stride s, and T + B rows of padding, H rows become ⌊(H + T + B - R) / s⌋ + 1; columns likewise. Rows at the lower edge that fill no window
/// are dropped. Where neither <see cref="Padding"/> nor one of the explicit amounts is given, there is no padding.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public abstract class WindowAttribute : LayerAttribute
{
    /// <summary>Rows and columns from one window to the next, 1 to 1024; instead of <see cref="StrideHeight"/> and <see cref="StrideWidth"/>.</summary>
    public int Stride { get; set; }

    /// <summary>Rows from one window to the next, 1 to 1024.</summary>
    public int StrideHeight { get; set; }

    /// <summary>Columns from one window to the next, 1 to 1024.</summary>
    public int StrideWidth { get; set; }

    /// <summary>Padding by a rule; instead of explicit amounts.</summary>
    public Padding Padding { get; set; }

    /// <summary>Pixels of padding on every side, 0 to 1024, for a pooling at most half of its window; instead of the four amounts below.</summary>
    public int Pad { get; set; }

    /// <summary>Rows of padding above the image, in the range of <see cref="Pad"/>.</summary>
    public int PadTop { get; set; }

    /// <summary>Columns of padding before it, in the range of <see cref="Pad"/>.</summary>
    public int PadLeft { get; set; }

    /// <summary>Rows of padding below it, in the range of <see cref="Pad"/>.</summary>
    public int PadBottom { get; set; }

    /// <summary>Columns of padding behind it, in the range of <see cref="Pad"/>.</summary>
    public int PadRight { get; set; }
}
