using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How a filter gradient is cut for tensor cores: a block owns some output and input channels of up to nine taps, and a slice of the images; a warp one tap.</summary>
/// <param name="Outputs">Output channels in a block: rows of the product.</param>
/// <param name="Inputs">Input channels in a block: its columns.</param>
/// <param name="Taps">Taps in a block, a warp each.</param>
/// <param name="Rows">Windows down that are staged at a time.</param>
/// <param name="Columns">Windows across that are staged at a time.</param>
/// <param name="Slices">Most slices of the images.</param>
/// <param name="Pack">Values in a word of what is staged: two channels at F16, whose words transposed loads turn into two places.</param>
public sealed record ConvTensorWgradTile(int Outputs, int Inputs, int Taps, int Rows, int Columns, int Slices, int Pack)
{
    private const int MaxTaps = 9, MinTaps = 4, MaxSharedBytes = 48 * 1024, WantedBlocks = 528, MaxSlices = 264;

    public int Threads => 32 * Taps;

    /// <summary>Words from one staged pixel, or one gradient, to the next: eight more than a multiple of 32, or of 16, so that four of them by eight channels lie in all banks; with two values in a word eight of them by four words do.</summary>
    public int InputPitch => Pitch(Inputs);

    public int GradientPitch => Pitch(Outputs);

    /// <summary>Places of a step of the reduction.</summary>
    public int Step => 8 * Pack;

    public int StagedRows(ConvGeometry g) => (((Rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R;

    public int StagedColumns(ConvGeometry g) => (((Columns * g.PoolWidth) - 1) * g.StrideWidth) + g.S;

    /// <summary>Elements of the map that are staged at a time, up to whole steps of the reduction.</summary>
    public int Places(ConvGeometry g) => ((Rows * g.PoolHeight * Columns * g.PoolWidth) + Step - 1) / Step * Step;

    public int InputWords(ConvGeometry g) => StagedRows(g) * StagedColumns(g) * InputPitch;

    public int SharedBytes(ConvGeometry g) => 4 * Math.Max(InputWords(g) + (Places(g) * GradientPitch), 4 * Threads);

    private int Pitch(int channels) => Pack == 1 ? channels + 8 : (channels / 2) + 4;

    public int TapTiles(ConvGeometry g) => ((g.R * g.S) + Taps - 1) / Taps;

    /// <summary>Blocks of one slice.</summary>
    public int Units(ConvGeometry g) => g.KStored / Outputs * (g.CStored / Inputs) * TapTiles(g);

    /// <summary>The cut with the largest bands that fit; null where the layer stays with fused multiply-adds: few taps are few warps.</summary>
    public static ConvTensorWgradTile? Choose(ConvGeometry g, Operands operands)
    {
        if (g.CStored % 16 != 0 || g.R * g.S < MinTaps) return null;
        int tiles = ((g.R * g.S) + MaxTaps - 1) / MaxTaps, taps = ((g.R * g.S) + tiles - 1) / tiles;
        for (int columns = g.OutColumns; ; columns = (columns + 1) / 2)
        {
            for (int rows = g.OutRows; ; rows = (rows + 1) / 2)
            {
                var tile = new ConvTensorWgradTile(g.KStored % 32 == 0 ? 32 : 16, g.CStored % 32 == 0 ? 32 : 16, taps, rows, columns, 1, operands.IsHalf ? 2 : 1);
                if (tile.SharedBytes(g) <= MaxSharedBytes)
                {
                    int units = tile.Units(g);
                    return tile with { Slices = Math.Max(1, Math.Min(MaxSlices, (WantedBlocks + units - 1) / units)) };
                }

                if (rows == 1) break;
            }

            if (columns == 1) return null;
        }
    }
}
