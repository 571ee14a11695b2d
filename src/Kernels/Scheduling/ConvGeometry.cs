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

    /// <summary>Row stride of the backward scratch, in pixels: with a border of S - 1 on both sides where the input's gradient is wanted.</summary>
    public int PaddedQ => Q + (2 * (S - 1));

    public int PaddedP => P + (2 * (R - 1));
}
