namespace Convoke.Kernels.Scheduling;

/// <summary>Whether a convolution is done by Winograd F(2x2, 3x3), and in strips of how many tiles; the same for every vector width.</summary>
/// <param name="StripTiles">Tiles of a strip; 0 where the direct form is used.</param>
public readonly record struct WinogradPlan(int StripTiles)
{
    /// <summary>Floats of both transformed strips that still leave room in a first-level cache of 48 KiB.</summary>
    private const int StripFloats = 10240;

    private const int LongestStrip = 8;

    /// <summary>Floats of both transformed maps of the filter gradient that still leave room in a second-level cache of 1 MiB.</summary>
    private const int GradientStripFloats = 160 * 1024;

    /// <summary>Tiles over which a sum of the filter gradient stays in registers, at the least: else loads and stores of the sums cost more than the products.</summary>
    private const int ShortestGradientStrip = 32;

    /// <summary>Floats of a filter that is large: its transformed form leaves the second-level cache.</summary>
    private const int LargeFilter = 128 * 1024;

    /// <summary>Tiles of the largest register tile over a chunk.</summary>
    public const int LargestRegisterTile = 16;

    public bool IsUsed => StripTiles > 0;

    /// <summary>Products beyond this share of the direct form's, for tiles that stand over the edge of an odd extent, are not worth the transforms.</summary>
    private const double LargestShare = 0.65;

    public static WinogradPlan Of(ConvGeometry g)
    {
        bool fits = g is { R: 3, S: 3, IsStrided: false } && g.CStored % Panels.Line == 0 && (g is { PoolHeight: 2, PoolWidth: 2 } || !g.Pooled);
        if (!fits || 16 * Tiles(g.P) * Tiles(g.Q) > LargestShare * 9 * g.P * g.Q) return default;
        int most = Math.Min(LongestStrip, Math.Max(2, StripFloats / (16 * (g.CStored + g.KStored))));
        int columns = Tiles(g.Q), strips = (columns + most - 1) / most;
        return new((columns + strips - 1) / strips);
    }

    /// <summary>Whether a filter is so large against its maps that a whole chunk of images should pass it at once, lest it be read from memory for each.</summary>
    public static bool IsChunked(ConvGeometry g) => Of(g).IsUsed && g.Reduction * g.KStored is var filter && filter >= LargeFilter && filter >= 4 * ((g.H * g.W * g.CStored) + (g.P * g.Q * g.KStored));

    /// <summary>Tiles that matrices of a chunk have room for: those of its images, and what the last register tile may exceed them by.</summary>
    public static int ChunkRoom(ConvGeometry g) => (Liveness.ImagesPerChunk * Tiles(g.P) * Tiles(g.Q)) + LargestRegisterTile;

    /// <summary>Of the data gradient, which is a convolution with input and output channels exchanged.</summary>
    public static WinogradPlan OfDgrad(ConvGeometry g) => g.IsStrided ? default : Of(Dgrad(g));

    /// <summary>The data gradient's channels and extents; where it reads its input is no matter of this plan.</summary>
    public static ConvGeometry Dgrad(ConvGeometry g) => new(g.H, g.W, g.K, g.KStored, g.R, g.S, g.H, g.W, g.C, 1, 1);

    /// <summary>Rows of tiles that the filter gradient takes at a time; 0 where it is not done by Winograd.</summary>
    /// <remarks>
    /// A strip's sums stay in memory from one strip to the next, so that a strip should be long; but the transformed maps, of which each product reads one
    /// sixteenth, should not leave the second-level cache.
    /// </remarks>
    public static int WgradStripRows(ConvGeometry g)
    {
        if (!Of(g).IsUsed) return 0;
        int rows = Tiles(g.P), columns = Tiles(g.Q);
        int most = Math.Max((ShortestGradientStrip + columns - 1) / columns, GradientStripFloats / (16 * columns * (g.CStored + g.KStored)));
        int strips = (rows + most - 1) / most;
        return (rows + strips - 1) / strips;
    }

    /// <summary>Floats of the filter gradient's transformed strips.</summary>
    public static int WgradScratchFloats(ConvGeometry g) => 16 * WgradStripRows(g) * Tiles(g.Q) * (g.CStored + g.KStored);

    /// <summary>Tiles that cover <paramref name="extent"/> rows or columns of output.</summary>
    public static int Tiles(int extent) => (extent + 1) / 2;

    /// <summary>Rows or columns of input that these tiles read.</summary>
    public static int Read(int extent) => (2 * Tiles(extent)) + 2;

    /// <summary>Floats of the transformed strips.</summary>
    public int ScratchFloats(ConvGeometry g) => 16 * StripTiles * (g.CStored + g.KStored);

    /// <summary>Floats of the transformed filter.</summary>
    public static int FilterFloats(ConvGeometry g) => 16 * g.CStored * g.KStored;
}
