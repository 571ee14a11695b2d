namespace Convoke.Kernels.Scheduling;

/// <summary>Whether a convolution is done by Winograd, in which form, and in strips of how many tiles; the same for every vector width.</summary>
/// <param name="Form">The form.</param>
/// <param name="StripTiles">Tiles of a strip; 0 where the direct form is used.</param>
public readonly record struct WinogradPlan(WinogradForm Form, int StripTiles)
{
    /// <summary>Floats of both transformed strips that still leave room in a first-level cache of 48 KiB.</summary>
    private const int StripFloats = 10240;

    private const int LongestStrip = 8;

    /// <summary>Floats of both transformed strips of six points that still leave room in a second-level cache of 1 MiB. Of a strip each product reads one thirty-sixth, which stays in the first level.</summary>
    private const int PatchStripFloats = 128 * 1024;

    /// <summary>Tiles of such a strip at the least: else loads of the filter cost more than the products.</summary>
    private const int ShortestPatchStrip = 12;

    /// <summary>Floats of both transformed maps of the filter gradient that still leave room in a second-level cache of 1 MiB.</summary>
    private const int GradientStripFloats = 160 * 1024;

    /// <summary>Tiles over which a sum of the filter gradient stays in registers, at the least: else loads and stores of the sums cost more than the products.</summary>
    private const int ShortestGradientStrip = 32;

    /// <summary>Floats of the filter gradient's sums that may lie in a form of six points: each task has its own, which should stay in the second-level cache.</summary>
    private const int LargestPartial = 192 * 1024;

    /// <summary>Floats of a filter that is large: its transformed form leaves the second-level cache.</summary>
    private const int LargeFilter = 128 * 1024;

    /// <summary>Tiles of an image that fill no register tile, so that a chunk of images should be taken at once.</summary>
    private const int FewTiles = 8;

    /// <summary>Tiles of the largest register tile over a chunk.</summary>
    public const int LargestRegisterTile = 16;

    public bool IsUsed => StripTiles > 0;

    /// <summary>Products beyond this share of the direct form's, for tiles that stand over the edge of an odd extent, are not worth the transforms.</summary>
    private const double LargestShare = 0.65;

    /// <summary>Share of another form's cost that a form of six points has to stay below.</summary>
    private const double WorthwhileShare = 0.9;

    public static WinogradPlan Of(ConvGeometry g) => Of(g, large: true);

    private static WinogradPlan Of(ConvGeometry g, bool large)
    {
        if (g.IsStrided || g.R != g.S || g.CStored % Panels.Line != 0 || (g.Pooled && g is not { PoolHeight: 2, PoolWidth: 2 })) return default;
        if (g.R == WinogradForm.Wide.Filter) return IsWorthwhile(WinogradForm.Wide, g, DirectCost(g)) ? InRows(WinogradForm.Wide, g) : default;
        if (g.R != WinogradForm.Small.Filter) return default;
        bool small = Share(WinogradForm.Small, g) <= LargestShare;
        return large && IsWorthwhile(WinogradForm.Large, g, small ? Cost(WinogradForm.Small, g) : DirectCost(g)) ? InRows(WinogradForm.Large, g) : small ? InStrips(g) : default;
    }

    private static bool IsWorthwhile(WinogradForm form, ConvGeometry g, double than) => Share(form, g) <= LargestShare && Cost(form, g) <= WorthwhileShare * than;

    /// <summary>Products as a share of the direct form's.</summary>
    private static double Share(WinogradForm form, ConvGeometry g) => form.Matrices * form.Tiles(g) / (double)(g.R * g.S * g.P * g.Q);

    private static double DirectCost(ConvGeometry g) => 2.0 * g.P * g.Q * g.Reduction * g.KStored;

    /// <summary>Operations, and a load or store of each transformed element, which takes the time of a multiply-add or two.</summary>
    private static double Cost(WinogradForm form, ConvGeometry g) => form.Tiles(g)
        * ((g.CStored * (form.InputOperations + (4.0 * form.Matrices))) + (g.KStored * (form.OutputOperations + (2.0 * form.Matrices))) + (2.0 * form.Matrices * g.CStored * g.KStored));

    private static WinogradPlan InStrips(ConvGeometry g)
    {
        int most = Math.Min(LongestStrip, Math.Max(2, StripFloats / (16 * (g.CStored + g.KStored))));
        int columns = WinogradForm.Small.Tiles(g.Q), strips = (columns + most - 1) / most;
        return new(WinogradForm.Small, (columns + strips - 1) / strips);
    }

    private static WinogradPlan InRows(WinogradForm form, ConvGeometry g) => new(form, RowsOfStrip(form, g, ShortestPatchStrip, PatchStripFloats) * form.Tiles(g.Q));

    /// <summary>Rows of tiles whose transformed maps have <paramref name="floats"/> together, and at least <paramref name="tiles"/> tiles; all strips of an image near equal.</summary>
    private static int RowsOfStrip(WinogradForm form, ConvGeometry g, int tiles, int floats)
    {
        int rows = form.Tiles(g.P), columns = form.Tiles(g.Q);
        int most = Math.Max((tiles + columns - 1) / columns, floats / (form.Matrices * columns * (g.CStored + g.KStored)));
        int strips = (rows + most - 1) / most;
        return (rows + strips - 1) / strips;
    }

    /// <summary>Whether a whole chunk of images should pass the filter at once: it is so large against their maps that it would be read from memory for each, or an image has too few tiles.</summary>
    public bool IsChunked(ConvGeometry g)
    {
        if (!IsUsed) return false;
        if (Form.Patch == 4) return g.Reduction * g.KStored is var filter && filter >= LargeFilter && filter >= 4 * ((g.H * g.W * g.CStored) + (g.P * g.Q * g.KStored));
        int tiles = Form.Tiles(g), transformed = Form.FilterFloats(g);
        return tiles <= FewTiles || (transformed >= 2 * LargeFilter && transformed >= 3 * Form.Matrices * tiles * (g.CStored + g.KStored));
    }

    /// <summary>Tiles that matrices of a chunk have room for: those of its images, and what the last register tile may exceed them by.</summary>
    public int ChunkRoom(ConvGeometry g) => (Liveness.ImagesPerChunk * Form.Tiles(g)) + LargestRegisterTile;

    /// <summary>Of the data gradient, which is a convolution with input and output channels exchanged.</summary>
    public static WinogradPlan OfDgrad(ConvGeometry g) => g.IsStrided ? default : Of(Dgrad(g));

    /// <summary>The data gradient's channels and extents; where it reads its input is no matter of this plan.</summary>
    public static ConvGeometry Dgrad(ConvGeometry g) => new(g.H, g.W, g.K, g.KStored, g.R, g.S, g.H, g.W, g.C, 1, 1);

    /// <summary>Of the filter gradient, over the tiles of the forward pass; its strips are <see cref="WgradStripRows"/>.</summary>
    public static WinogradPlan OfWgrad(ConvGeometry g) => Of(g) is var plan && plan.IsUsed && plan.Form == WinogradForm.Large && plan.Form.FilterFloats(g) > LargestPartial ? Of(g, large: false) : Of(g);

    /// <summary>Rows of tiles that the filter gradient takes at a time.</summary>
    /// <remarks>
    /// A strip's sums stay in memory from one strip to the next, so that a strip should be long; but the transformed maps, of which each product reads one
    /// matrix, should not leave the second-level cache.
    /// </remarks>
    public int WgradStripRows(ConvGeometry g) => RowsOfStrip(Form, g, ShortestGradientStrip, GradientStripFloats);

    /// <summary>Floats of the filter gradient's transformed strips.</summary>
    public int WgradScratchFloats(ConvGeometry g) => Form.Matrices * WgradStripRows(g) * Form.Tiles(g.Q) * (g.CStored + g.KStored);

    /// <summary>Floats of the transformed strips.</summary>
    public int ScratchFloats(ConvGeometry g) => Form.Matrices * StripTiles * (g.CStored + g.KStored);
}
