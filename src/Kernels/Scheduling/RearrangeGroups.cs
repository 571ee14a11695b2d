using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Copies an input of the model into stored form: channels padded by zeros, each sample on a line of its own.</summary>
public sealed record ImportGroup(string Name, int Call, ValueStorage Extent, int X, int Y) : KernelGroup(Name, Call)
{
    /// <summary>Which input it is, where there are several.</summary>
    public string? Input { get; init; }

    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>Channels of several maps one behind the other.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call.</param>
/// <param name="Extent">Form of the result.</param>
/// <param name="Parts">Maps of the same rows and columns.</param>
/// <param name="Channels">Channels of each.</param>
/// <param name="Y">The result.</param>
public sealed record ConcatGroup(string Name, int Call, ValueStorage Extent, EquatableArray<int> Parts, EquatableArray<int> Channels, int Y) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => Parts;

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>Channels [From, From + Extent.Channels) of a map: what a joined value's gradient means to one of its parts.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call.</param>
/// <param name="Extent">Form of the result.</param>
/// <param name="From">First channel.</param>
/// <param name="XStored">Stored channels of the map.</param>
/// <param name="X">The map.</param>
/// <param name="Y">The result.</param>
/// <param name="Part">Which part, for names.</param>
public sealed record SliceGroup(string Name, int Call, ValueStorage Extent, int From, int XStored, int X, int Y, int Part) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>Nearest neighbour: y[p,q,c] = x[p / Height, q / Width, c]. <paramref name="Extent"/> is the form of x.</summary>
public sealed record UpsampleGroup(string Name, int Call, ValueStorage Extent, int Height, int Width, int X, int Y) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>dx[h,w,c] = the sum of dy over the block that the pixel became. <paramref name="Extent"/> is the form of dx.</summary>
public sealed record UpsampleBackwardGroup(string Name, int Call, ValueStorage Extent, int Height, int Width, int Dy, int Dx) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [Dy];

    public override IEnumerable<int> Writes => [Dx];
}
