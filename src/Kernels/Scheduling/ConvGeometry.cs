namespace Convoke.Kernels.Scheduling;

/// <summary>All extents of one convolution with its pooling, live regions already cut; letters as in <see cref="Graphs.Op"/>.</summary>
/// <param name="H">Stored rows of the input.</param>
/// <param name="W">Stored columns of the input.</param>
/// <param name="C">Input channels.</param>
/// <param name="CStored">Input channels with padding; C for the model's input.</param>
/// <param name="R">Filter rows.</param>
/// <param name="S">Filter columns.</param>
/// <param name="P">Output rows that are computed.</param>
/// <param name="Q">Output columns that are computed.</param>
/// <param name="K">Output channels.</param>
/// <param name="PoolHeight">1 where nothing is pooled.</param>
/// <param name="PoolWidth">1 where nothing is pooled.</param>
public sealed record ConvGeometry(int H, int W, int C, int CStored, int R, int S, int P, int Q, int K, int PoolHeight, int PoolWidth)
{
    /// <summary>Rows from one output row's window to the next.</summary>
    public int StrideHeight { get; init; } = 1;

    /// <summary>Columns from one output column's window to the next.</summary>
    public int StrideWidth { get; init; } = 1;

    /// <summary>Rows of zeros above the input: output row p reads input rows p * StrideHeight - Top + r.</summary>
    public int Top { get; init; }

    /// <summary>Columns of zeros before the input.</summary>
    public int Left { get; init; }

    /// <summary>Rows that windows cover, counted from the first row of padding; those at or beyond Top + H are padding below the input.</summary>
    public int CoveredRows => ((P - 1) * StrideHeight) + R;

    /// <summary>Columns that windows cover, likewise.</summary>
    public int CoveredColumns => ((Q - 1) * StrideWidth) + S;

    /// <summary>Whether some window reaches beyond the stored input.</summary>
    public bool IsPadded => Top > 0 || Left > 0 || CoveredRows > H || CoveredColumns > W;

    public bool IsStrided => StrideHeight > 1 || StrideWidth > 1;

    public int KStored => Panels.Pad(K);

    public bool Pooled => PoolHeight * PoolWidth > 1;

    /// <summary>Rows of the group's output, after pooling.</summary>
    public int OutRows => P / PoolHeight;

    /// <summary>Columns of the group's output, after pooling.</summary>
    public int OutColumns => Q / PoolWidth;

    /// <summary>Length of the reduction of one output element, padding included.</summary>
    public int Reduction => R * S * CStored;

    public int Panel => Panels.Width(KStored);

    public int Macs => P * Q * R * S * C * K;
}
