using Convoke.Kernels.Graphs;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>How a value lies in memory: live rows and columns, padded channels. Flat values that alias an image (by flattening) keep its form.</summary>
/// <param name="Rows">1 for a flat value.</param>
/// <param name="Columns">1 for a flat value.</param>
/// <param name="Channels">Channels, or features of a flat value.</param>
/// <param name="Stored">Channels with padding.</param>
public sealed record ValueStorage(int Rows, int Columns, int Channels, int Stored)
{
    /// <summary>Elements of one sample.</summary>
    public int Count => Rows * Columns * Stored;
}

/// <summary>Finds the storage of forward values; the adjoint of a value is stored as the value itself.</summary>
public sealed class StorageRules(Graph forward, IReadOnlyDictionary<int, LiveRegions.Region> regions)
{
    public ValueStorage Of(int id)
    {
        Value value = forward[id];
        if (value.Op is Op.Flatten) return Of(value.Inputs[0]);
        Shape shape = value.Shape;
        if (value.Op is Op.Input) return new(shape[0], shape[1], shape[2], shape[2]);
        if (!shape.IsImage) return new(1, 1, shape[0], Panels.Pad(shape[0]));
        LiveRegions.Region live = regions[id];
        return new(live.Rows, live.Columns, shape[2], Panels.Pad(shape[2]));
    }

    /// <summary>The value whose memory <paramref name="id"/> shares: flattening moves nothing.</summary>
    public int Root(int id) => forward[id].Op is Op.Flatten ? Root(forward[id].Inputs[0]) : id;
}
