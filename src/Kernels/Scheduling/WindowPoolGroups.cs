using Convoke.Kernels.Models;

namespace Convoke.Kernels.Scheduling;

/// <summary>Extents of a pooling of any windows: overlapping, padded, averaging, or over the whole image.</summary>
/// <param name="H">Rows of the input.</param>
/// <param name="W">Columns of the input.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Stored">Channels with padding, of input and output.</param>
/// <param name="P">Rows of the output.</param>
/// <param name="Q">Columns of the output.</param>
/// <param name="Window">Where windows stand.</param>
/// <param name="CountsPadding">Average: whether padding counts as zeros.</param>
public sealed record PoolGeometry(int H, int W, int Channels, int Stored, int P, int Q, Window Window, bool CountsPadding);

/// <summary>Maximum or mean of each window. Winners are i32 places row-major in the window; only maxima have them, and only while training.</summary>
public sealed record WindowPoolGroup(string Name, int Call, PoolKind Kind, PoolGeometry Geometry, int X, int Y, int? Arg) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => Arg is { } arg ? [Y, arg] : [Y];
}

/// <summary>dx: of each pixel, the sum over the windows that it stands in, in their order, of what it passed on: all of dy where it won, or its share.</summary>
public sealed record WindowPoolBackwardGroup(string Name, int Call, PoolKind Kind, PoolGeometry Geometry, int Dy, int? Arg, int Dx) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => Arg is { } arg ? [Dy, arg] : [Dy];

    public override IEnumerable<int> Writes => [Dx];
}
