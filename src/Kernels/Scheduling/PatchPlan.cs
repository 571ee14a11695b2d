namespace Convoke.Kernels.Scheduling;

/// <summary>Which filter gradients 512-bit vectors take by patches: the pixels under a pooled cell are, channel by channel, one vector of 4x4.</summary>
/// <remarks>The images' channels are then apart, in planes. Other widths need the scratch as well, as memory is planned once.</remarks>
public static class PatchPlan
{
    /// <summary>Rows and columns of a patch.</summary>
    public const int Side = 4;

    /// <summary>A first layer's image has few; with more the planes' passes cost more than the unpooled gradient does.</summary>
    private const int MostChannels = 4;

    /// <summary>Accumulators beside a patch, a gradient and a place for each vector of output channels.</summary>
    private const int MostAccumulators = 18;

    /// <summary>Whether the extents are such; <paramref name="g"/> is an input without padding.</summary>
    public static bool Fits(ConvGeometry g) =>
        g is { Pooled: true, CStored: <= MostChannels, PoolWidth: 1 or 2, IsStrided: false, IsPadded: false }
        && g.PoolHeight + g.R - 1 <= Side && g.PoolWidth + g.S - 1 <= Side && ((g.OutColumns - 1) * g.PoolWidth) + Side <= g.W
        && g.R * g.S * (g.Panel / Panels.Line) <= MostAccumulators;

    /// <summary>Floats of the planes; 0 where the image is one already.</summary>
    public static int PlaneFloats(ConvGeometry g) => Fits(g) && g.CStored > 1 ? g.CStored * g.H * g.W : 0;
}
