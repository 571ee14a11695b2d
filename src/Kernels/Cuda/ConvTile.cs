using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>How a convolution is cut: a block owns a tile of output windows by some channels of one image; a thread a few windows by four channels.</summary>
/// <param name="Quads">Groups of four output channels in a block.</param>
/// <param name="Rows">Output rows (of windows, where pooled) in a tile.</param>
/// <param name="Columns">Output columns in a tile; a multiple of <paramref name="Windows"/>.</param>
/// <param name="Windows">Windows of a thread, side by side.</param>
/// <param name="PieceRows">Rows of a window that are taken at a time: all, or one where a window exceeds the registers.</param>
/// <param name="PieceColumns">Columns of a window that are taken at a time.</param>
/// <param name="Chunk">Input channels in shared memory at a time; divides the stored channels.</param>
/// <param name="Pitch">Floats from one staged pixel to the next: four more than the chunk, so that neighbours start in other banks.</param>
public sealed record ConvTile(int Quads, int Rows, int Columns, int Windows, int PieceRows, int PieceColumns, int Chunk, int Pitch)
{
    private const int MaxThreads = 256, WantedThreads = 96, MaxPositions = 9, MaxSharedFloats = 10 * 1024, MaxColumns = 32;

    public int Threads => Quads * Rows * (Columns / Windows);

    public int StagedRows(ConvGeometry g) => (((Rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R;

    public int StagedColumns(ConvGeometry g) => (((Columns * g.PoolWidth) - 1) * g.StrideWidth) + g.S;

    public int SharedFloats(ConvGeometry g) => StagedRows(g) * StagedColumns(g) * Pitch;

    public int TilesDown(ConvGeometry g) => (g.OutRows + Rows - 1) / Rows;

    public int TilesAcross(ConvGeometry g) => (g.OutColumns + Columns - 1) / Columns;

    public int ChannelTiles(ConvGeometry g) => g.KStored / (4 * Quads);

    /// <summary>Blocks of one image.</summary>
    public int Tiles(ConvGeometry g) => TilesDown(g) * TilesAcross(g) * ChannelTiles(g);

    /// <summary>Whether a window is too large for the registers and is taken in pieces.</summary>
    public bool InPieces(ConvGeometry g) => PieceRows * PieceColumns < g.PoolHeight * g.PoolWidth;

    /// <summary>Whether four input channels are read at a time.</summary>
    public bool Vectorised => Chunk % 4 == 0;

    public static ConvTile Choose(ConvGeometry g) =>
        Find(g, g.CStored % 4 == 0 ? 4 : 1) ?? Find(g, 1)
        ?? throw new InvalidOperationException($"one window of a {g.R}x{g.S} convolution under {g.PoolHeight}x{g.PoolWidth} pooling does not fit into shared memory");

    /// <summary>The tile with the most channels at a time that leaves room for enough threads, else the one with the most threads; null where none fits.</summary>
    /// <remarks>Chunks are multiples of <paramref name="unit"/>. A block of few threads has nothing to hide its loads behind; a smaller chunk costs two barriers more.</remarks>
    private static ConvTile? Find(ConvGeometry g, int unit)
    {
        int channelQuads = g.KStored / 4, quads = new[] { 16, 12, 8, 4 }.First(q => channelQuads % q == 0);
        int window = g.PoolHeight * g.PoolWidth;
        bool whole = window <= MaxPositions;
        int pieceColumns = whole ? g.PoolWidth : Largest(g.PoolWidth, MaxPositions);
        int windows = Math.Max(1, Math.Min(g.OutColumns, MaxPositions / (whole ? window : pieceColumns)));

        // An even cut: 13 columns are 4 threads of 4, not 3 of 4 and one of 1; then whole rows, while threads and memory last.
        int across = Math.Min(g.OutColumns, MaxColumns), strips = (across + windows - 1) / windows;
        windows = (across + strips - 1) / strips;
        int columns = strips * windows;
        ConvTile? best = null;
        for (int chunk = g.CStored; ; chunk = Smaller(g.CStored, chunk, unit))
        {
            int maxRows = Math.Max(1, Math.Min(g.OutRows, MaxThreads / (quads * strips)));
            for (int rows = maxRows; rows >= 1; rows--)
            {
                int even = (g.OutRows + ((g.OutRows + rows - 1) / rows) - 1) / ((g.OutRows + rows - 1) / rows);
                var tile = new ConvTile(quads, even, columns, windows, whole ? g.PoolHeight : 1, pieceColumns, chunk, chunk % 8 == 0 ? chunk + 4 : chunk);
                if (tile.SharedFloats(g) > MaxSharedFloats || tile.Threads > MaxThreads) continue;
                if (tile.Threads >= Math.Min(WantedThreads, quads * strips * maxRows)) return tile;
                if (best is null || tile.Threads > best.Threads) best = tile;
                break;
            }

            // Fewer channels at a time; when there is nothing left to cut, fewer columns.
            if (chunk > 1 && Smaller(g.CStored, chunk, unit) < chunk) continue;
            if (best is not null || strips == 1) return best;
            strips /= 2;
            columns = strips * windows;
            chunk = 2 * g.CStored;
        }
    }

    private static int Largest(int of, int limit) => Enumerable.Range(1, limit).Last(d => of % d == 0);

    /// <summary>The next smaller divisor of the channels that keeps reads whole.</summary>
    private static int Smaller(int channels, int chunk, int unit)
    {
        if (chunk > channels) return channels;
        for (int d = chunk - unit; d >= unit; d -= unit)
            if (channels % d == 0) return d;
        return chunk;
    }
}
