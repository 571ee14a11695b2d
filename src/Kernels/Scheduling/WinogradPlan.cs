namespace Convoke.Kernels.Scheduling;

/// <summary>Whether a convolution is done by Winograd F(2x2, 3x3), and in strips of how many tiles; the same for every vector width.</summary>
/// <param name="StripTiles">Tiles of a strip; 0 where the direct form is used.</param>
public readonly record struct WinogradPlan(int StripTiles)
{
    /// <summary>Floats of both transformed strips that still leave room in a first-level cache of 48 KiB.</summary>
    private const int StripFloats = 10240;

    private const int LongestStrip = 8;

    public bool IsUsed => StripTiles > 0;

    public static WinogradPlan Of(ConvGeometry g)
    {
        bool fits = g is { R: 3, S: 3 } && g.CStored % Panels.Line == 0 && (g is { PoolHeight: 2, PoolWidth: 2 } || !g.Pooled && g.P % 2 == 0 && g.Q % 2 == 0);
        if (!fits) return default;
        int most = Math.Min(LongestStrip, Math.Max(2, StripFloats / (16 * (g.CStored + g.KStored))));
        int columns = g.Q / 2, strips = (columns + most - 1) / most;
        return new((columns + strips - 1) / strips);
    }

    /// <summary>Floats of the transformed strips.</summary>
    public int ScratchFloats(ConvGeometry g) => 16 * StripTiles * (g.CStored + g.KStored);

    /// <summary>Floats of the transformed filter.</summary>
    public static int FilterFloats(ConvGeometry g) => 16 * g.CStored * g.KStored;
}
