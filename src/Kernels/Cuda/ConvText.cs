using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What stride and padding add to the text of a convolution: nothing, where there is neither.</summary>
public static class ConvText
{
    /// <summary>Blocks that shall fit on a multiprocessor: guards and strides want registers that two large blocks would not leave.</summary>
    public static int MinBlocks(ConvGeometry g, int threads) => threads > 128 && (g.IsPadded || g.IsStrided) ? 1 : 2;

    /// <summary>Factor of an output row, a window's row or a staged row: " * STRIDE_H".</summary>
    public static string Down(ConvGeometry g) => g.IsStrided ? " * STRIDE_H" : "";

    public static string Across(ConvGeometry g) => g.IsStrided ? " * STRIDE_W" : "";

    /// <summary>From the padded image's rows to the stored ones: " - TOP".</summary>
    public static string Top(ConvGeometry g) => g.Top > 0 ? " - TOP" : "";

    public static string Left(ConvGeometry g) => g.Left > 0 ? " - LEFT" : "";

    /// <summary>Whether (h, w) is a stored pixel.</summary>
    public static string Inside(ConvGeometry g) => $"{(g.Top > 0 ? "0 <= h && " : "")}h < H && {(g.Left > 0 ? "0 <= w && " : "")}w < W";

    /// <summary>Rows that <paramref name="rows"/> output rows read.</summary>
    public static string StagedRows(ConvGeometry g, string rows) => g.IsStrided ? $"({rows} - 1) * STRIDE_H + R" : $"{rows} + R - 1";

    public static string StagedColumns(ConvGeometry g, string columns) => g.IsStrided ? $"({columns} - 1) * STRIDE_W + S" : $"{columns} + S - 1";

    /// <summary>Constants of a layer, to stand behind those that every layer has.</summary>
    public static string Constants(ConvGeometry g) =>
        (g.IsStrided ? $", STRIDE_H = {g.StrideHeight}, STRIDE_W = {g.StrideWidth}" : "") + (g.Top > 0 ? $", TOP = {g.Top}" : "") + (g.Left > 0 ? $", LEFT = {g.Left}" : "");

    /// <summary>The input row that output row p reads at tap r, for comments: "2p+r-1".</summary>
    public static string InputRow(ConvGeometry g) => Index(g.StrideHeight, "p", "r", g.Top);

    public static string InputColumn(ConvGeometry g) => Index(g.StrideWidth, "q", "s", g.Left);

    /// <summary>What comments say of edges.</summary>
    public static string Edges(ConvGeometry g) => g.IsPadded
        ? $"edges are guarded where the input is staged ({g.Top} rows and {g.Left} columns of zeros before it), not in the reduction"
        : "no padding, so no edge guard in the reduction";

    private static string Index(int stride, string place, string tap, int before) => $"{(stride > 1 ? stride : "")}{place}+{tap}{(before > 0 ? $"-{before}" : "")}";
}
