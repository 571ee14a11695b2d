using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>How a filter gradient is cut: a block owns some filter elements and a slice of the images; a thread one output channel and a few elements.</summary>
/// <param name="Channels">Output channels in a block; lanes run over them.</param>
/// <param name="Chunk">Input channels in a block.</param>
/// <param name="Whole">Whether a thread has the whole filter of its output channel, rather than one tap of it.</param>
/// <param name="Taps">Taps in a block; 1 where a thread has the whole filter.</param>
/// <param name="Splits">Threads that share the windows of one element.</param>
/// <param name="Rows">Windows down that are staged at a time.</param>
/// <param name="Columns">Windows across that are staged at a time.</param>
/// <param name="Pitch">Floats from one staged pixel to the next.</param>
/// <param name="Slices">Most slices of the images.</param>
public sealed record WgradTile(int Channels, int Chunk, bool Whole, int Taps, int Splits, int Rows, int Columns, int Pitch, int Slices)
{
    private const int MaxElements = 36, MaxThreads = 288, MaxSharedFloats = 10 * 1024, WantedBlocks = 264, MaxSlices = 128, MaxSmallSlices = 528, SmallFilter = 4096;

    public int Threads => Channels * Taps * Splits;

    /// <summary>Elements of a thread.</summary>
    public int Elements(ConvGeometry g) => Whole ? g.R * g.S * Chunk : Chunk;

    public int StagedRows(ConvGeometry g) => (((Rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R;

    public int StagedColumns(ConvGeometry g) => (((Columns * g.PoolWidth) - 1) * g.StrideWidth) + g.S;

    /// <summary>The stage, and at the end all sums of all threads where several share an element.</summary>
    public int SharedFloats(ConvGeometry g) => Math.Max(Pad4(StagedRows(g) * StagedColumns(g) * Pitch) + (Rows * Columns * Channels * (g.Pooled ? 2 : 1)), Splits > 1 ? Threads * (Elements(g) + 1) : 0);

    public int ChannelTiles(ConvGeometry g) => g.KStored / Channels;

    public int Chunks(ConvGeometry g) => (g.CStored + Chunk - 1) / Chunk;

    public int TapTiles(ConvGeometry g) => Whole ? 1 : ((g.R * g.S) + Taps - 1) / Taps;

    /// <summary>Blocks of one slice.</summary>
    public int Units(ConvGeometry g) => ChannelTiles(g) * Chunks(g) * TapTiles(g);

    public static int Pad4(int floats) => (floats + 3) / 4 * 4;

    public static WgradTile Choose(ConvGeometry g)
    {
        bool whole = g.R * g.S * g.CStored <= MaxElements;
        for (int chunk = g.CStored % 32 == 0 ? 32 : g.CStored % 16 == 0 ? 16 : Math.Min(g.CStored, 32); ; chunk /= 2)
        {
            if ((whole ? Find(g, whole, g.CStored) : Find(g, whole, chunk)) is { } tile) return tile;
            if (!whole && chunk == 1) throw new InvalidOperationException($"one window of a {g.R}x{g.S} convolution under {g.PoolHeight}x{g.PoolWidth} pooling does not fit into shared memory");
            if (whole) (whole, chunk) = (false, 2 * chunk);
        }
    }

    /// <summary>The largest bands that fit; null where not even one window does.</summary>
    private static WgradTile? Find(ConvGeometry g, bool whole, int chunk)
    {
        int channels = g.KStored % 32 == 0 ? 32 : 16, taps = 1;
        if (!whole)
        {
            int tiles = ((g.R * g.S * channels) + MaxThreads - 1) / MaxThreads;
            taps = ((g.R * g.S) + tiles - 1) / tiles;
        }

        int splits = Math.Max(1, Math.Min(g.OutRows * g.OutColumns, 256 / (channels * taps)));
        int pitch = chunk % 8 == 0 ? chunk + 4 : chunk;
        for (int columns = g.OutColumns; ; columns = Fewer(g.OutColumns, columns))
        {
            for (int rows = g.OutRows; rows >= 1; rows = rows == 1 ? 0 : Fewer(g.OutRows, rows))
            {
                var tile = new WgradTile(channels, chunk, whole, taps, splits, rows, columns, pitch, 1);
                if (tile.SharedFloats(g) > MaxSharedFloats) continue;
                int units = tile.Units(g);
                // Partials of a small filter are few bytes: four blocks a multiprocessor hide each other's loads.
                bool small = g.R * g.S * g.CStored * g.KStored <= SmallFilter;
                return tile with { Slices = small ? Math.Max(1, MaxSmallSlices / units) : Math.Max(1, Math.Min(MaxSlices, (WantedBlocks + units - 1) / units)) };
            }

            if (columns == 1) return null;
        }
    }

    /// <summary>The next smaller even cut.</summary>
    private static int Fewer(int of, int now)
    {
        int parts = ((of + now - 1) / now) + 1;
        return Math.Min(now - 1, (of + parts - 1) / parts);
    }
}
