namespace Convoke.Kernels.Models;

/// <summary>Where the windows of a convolution or pooling stand on an image; all in pixels.</summary>
/// <param name="Height">Rows of a window.</param>
/// <param name="Width">Columns of a window.</param>
/// <param name="StrideHeight">Rows from one window to the next.</param>
/// <param name="StrideWidth">Columns from one window to the next.</param>
/// <param name="Top">Rows of padding above the image.</param>
/// <param name="Left">Columns of padding before it.</param>
/// <param name="Bottom">Rows of padding below it.</param>
/// <param name="Right">Columns of padding behind it.</param>
public sealed record Window(int Height, int Width, int StrideHeight, int StrideWidth, int Top, int Left, int Bottom, int Right)
{
    /// <summary>Every place in steps of one pixel, without padding.</summary>
    public static Window Valid(int height, int width) => new(height, width, 1, 1, 0, 0, 0, 0);

    /// <summary>Whether windows move by one pixel over the bare image.</summary>
    public bool IsPlain => StrideHeight == 1 && StrideWidth == 1 && !IsPadded;

    public bool IsPadded => (Top | Left | Bottom | Right) != 0;

    /// <summary>Windows down an image of <paramref name="height"/> rows: floor((height + padding - Height) / stride) + 1, or 0 where not one fits.</summary>
    public int Rows(int height) => Count(height + Top + Bottom - Height, StrideHeight);

    /// <summary>Windows across an image of <paramref name="width"/> columns.</summary>
    public int Columns(int width) => Count(width + Left + Right - Width, StrideWidth);

    private static int Count(int room, int stride) => room < 0 ? 0 : (room / stride) + 1;

    /// <summary>Resolves what the user said for an image.</summary>
    /// <remarks>
    /// "Same" is the rule of Keras and TensorFlow, and of PyTorch for stride 1: ceil(extent / stride) windows; of the padding that they need, the half
    /// that is rounded down stands before the image.
    /// </remarks>
    public static Window Of(int height, int width, int strideHeight, int strideWidth, PaddingSpec padding, int imageHeight, int imageWidth)
    {
        if (padding.Kind != PaddingKind.Same) return new(height, width, strideHeight, strideWidth, padding.Top, padding.Left, padding.Bottom, padding.Right);
        int rows = Missing(imageHeight, height, strideHeight), columns = Missing(imageWidth, width, strideWidth);
        return new(height, width, strideHeight, strideWidth, rows / 2, columns / 2, rows - (rows / 2), columns - (columns / 2));
    }

    private static int Missing(int image, int window, int stride) => Math.Max(0, (((image + stride - 1) / stride) - 1) * stride + window - image);
}

/// <summary>Padding as the user said it; extents count for <see cref="PaddingKind.Explicit"/> only.</summary>
public sealed record PaddingSpec(PaddingKind Kind, int Top = 0, int Left = 0, int Bottom = 0, int Right = 0)
{
    public static PaddingSpec Valid { get; } = new(PaddingKind.Valid);

    public static PaddingSpec Same { get; } = new(PaddingKind.Same);
}

public enum PaddingKind
{
    /// <summary>None.</summary>
    Valid,

    /// <summary>As much as yields ceil(extent / stride) windows.</summary>
    Same,

    /// <summary>As given.</summary>
    Explicit,
}

public enum PoolKind
{
    Max,
    Average,
}
