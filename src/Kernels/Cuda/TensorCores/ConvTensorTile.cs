using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How a convolution is cut for tensor cores: a block owns a tile of output windows by some channels of one image; a warp 32 rows by up to 32 channels of it.</summary>
/// <param name="Rows">Output rows (of windows, where pooled) in a tile.</param>
/// <param name="Columns">Output columns in a tile.</param>
/// <param name="Channels">Output channels in a block, a multiple of 16.</param>
/// <param name="Chunk">Words of a pixel in shared memory at a time, a multiple of 8.</param>
/// <param name="RowTiles">16-row tiles of a warp.</param>
/// <param name="WarpsDown">Warps over rows.</param>
/// <param name="Pack">Values in a word.</param>
public sealed record ConvTensorTile(int Rows, int Columns, int Channels, int Chunk, int RowTiles, int WarpsDown, int Pack)
{
    private const int MaxSharedBytes = 48 * 1024, MaxWarpsDown = 8;

    /// <summary>8-column tiles of a warp.</summary>
    public int ColumnTiles => Channels % 32 == 0 ? 4 : 2;

    public int WarpsAcross => Channels / (8 * ColumnTiles);

    public int Threads => 32 * WarpsDown * WarpsAcross;

    /// <summary>Blocks that shall fit on a multiprocessor at once.</summary>
    public int MinBlocks => Threads > 256 ? 1 : Threads > 128 ? 2 : 4;

    /// <summary>Words from one staged pixel to the next: rows of neighbours start in other banks.</summary>
    public int Pitch => Chunk + 4;

    public int StagedRows(ConvGeometry g) => (((Rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R;

    public int StagedColumns(ConvGeometry g) => (((Columns * g.PoolWidth) - 1) * g.StrideWidth) + g.S;

    public int TileBytes(ConvGeometry g) => 4 * StagedRows(g) * StagedColumns(g) * Pitch;

    public int FilterBytes(ConvGeometry g) => 4 * Channels * g.R * g.S * Chunk;

    public int SharedBytes(ConvGeometry g) => TileBytes(g) + FilterBytes(g);

    public int TilesDown(ConvGeometry g) => (g.OutRows + Rows - 1) / Rows;

    public int TilesAcross(ConvGeometry g) => (g.OutColumns + Columns - 1) / Columns;

    public int ChannelTiles(ConvGeometry g) => g.KStored / Channels;

    /// <summary>Blocks of one image.</summary>
    public int Tiles(ConvGeometry g) => TilesDown(g) * TilesAcross(g) * ChannelTiles(g);

    /// <summary>The cheapest cut, or null where none fits: the layer then stays with fused multiply-adds.</summary>
    public static ConvTensorTile? Choose(ConvGeometry g, Operands operands)
    {
        int pack = operands.Pack, window = g.PoolHeight * g.PoolWidth, step = operands.StepValues;
        if (g.CStored % step != 0 || g.KStored % 16 != 0 || !(window == 1 || (g.PoolHeight == 2 && g.PoolWidth == 2))) return null;
        ConvTensorTile? best = null;
        double least = double.MaxValue;
        foreach (int channels in new[] { 64, 32, 16 }.Where(c => g.KStored % c == 0))
        {
            for (int rows = 1; rows <= g.OutRows; rows++)
            {
                for (int columns = 1; columns <= g.OutColumns; columns++)
                {
                    int tiles = RowTilesOf(rows * columns, window);
                    if (tiles > 2 * MaxWarpsDown) break;
                    foreach (int rowTiles in window == 4 ? [2] : tiles <= MaxWarpsDown ? new[] { 1, 2 } : [2])
                    {
                        foreach (int chunk in new[] { 32, 16, 8 }.Where(c => g.CStored % (c * pack) == 0))
                        {
                            var tile = new ConvTensorTile(rows, columns, channels, chunk, Math.Min(rowTiles, tiles), (tiles + rowTiles - 1) / rowTiles, pack);
                            if (tile.SharedBytes(g) > MaxSharedBytes) continue;
                            double cost = tile.Clocks(g, operands.Products);
                            if (cost < least) (best, least) = (tile, cost);
                        }
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Clocks of a multiprocessor for one image, by the unit that is busiest: multiplications, or reads of shared memory; and what staging costs a thread, of which two blocks hide half. A small batch has one block a multiprocessor, whose warps then take as long as their chain of steps: that counts once more.</summary>
    /// <remarks>Leads, from one H100: 1.5 clocks a multiplication, 128 bytes of shared memory a clock, three instructions for a word that is split, four of them a clock, 60 clocks for four loads under way at once, 12 for a copy past the registers.</remarks>
    private double Clocks(ConvGeometry g, Products products)
    {
        int steps = g.R * g.S * g.CStored / (8 * Pack), warps = WarpsDown * WarpsAcross;
        double multiplications = warps * RowTiles * ColumnTiles * steps * products.Terms, splits = products.IsSplit ? warps * steps * ((RowTiles * 4) + (ColumnTiles * 2)) * 0.75 : 0, reads = warps * steps * ((RowTiles * 4) + (ColumnTiles * 2)) * 1.2;
        double staged = StagedRows(g) * StagedColumns(g) * g.CStored / 4.0, filter = Channels * g.R * g.S * g.CStored / (4.0 * Pack), barriers = 400.0 * g.CStored / (Chunk * Pack);
        double bytes = (staged + filter) * 16 / 48;
        double copies = ((staged * 60) + (filter * 12)) / Threads, chain = (steps * ((RowTiles * ColumnTiles * 2 * products.Terms) + 30)) + copies + barriers;
        return (Tiles(g) * (Math.Max(1.5 * multiplications, Math.Max(reads, splits)) + Math.Max(bytes, copies / 2) + barriers)) + chain;
    }

    /// <summary>16-row tiles: a window of four is four rows, and eight windows are two tiles.</summary>
    private static int RowTilesOf(int windows, int window) => window == 4 ? 2 * ((windows + 7) / 8) : (windows + 15) / 16;
}
