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

    public int Pixels => Rows * Columns;
}

/// <summary>Finds how values are stored. A forward value by its shape and live region; the adjoint of a value as the value itself.</summary>
/// <param name="forward">The forward graph.</param>
/// <param name="training">The same with adjoints behind it, under the same ids; null to predict.</param>
/// <param name="regions">Live regions of the forward graph.</param>
public sealed class StorageRules(Graph forward, Graph? training, IReadOnlyDictionary<int, LiveRegions.Region> regions)
{
    /// <summary>The form of value <paramref name="id"/>.</summary>
    public ValueStorage Of(int id) => id < forward.Values.Count ? OfForward(id) : OfAdjoint(training![id]);

    /// <summary>The value whose memory <paramref name="id"/> shares: flattening and its inverse move nothing.</summary>
    public int Root(int id) => (training ?? forward)[id] is { Op: Op.Flatten or Op.Unflatten } alias ? Root(alias.Inputs[0]) : id;

    private ValueStorage OfForward(int id)
    {
        Value value = forward[id];
        if (value.Op is Op.Flatten) return Of(value.Inputs[0]);
        Shape shape = value.Shape;
        if (value.Op is Op.Input) return shape.IsFlat ? new(1, 1, shape[0], shape[0]) : new(shape[0], shape[1], shape[2], shape[2]);
        if (shape.IsImage) return new(regions[id].Rows, regions[id].Columns, shape[2], Panels.Pad(shape[2]));

        // A flat value that is a flattened image's, element by element, is stored as that image.
        return value.Op is Op.Relu or Op.Activation or Op.Dropout or Op.Add or Op.Multiply ? Of(value.Inputs[0]) : new(1, 1, shape[0], Panels.Pad(shape[0]));
    }

    private ValueStorage OfAdjoint(Value value) => value.Op switch
    {
        Op.MaxPoolArg or Op.Pool2DArg => Of(Primal(value, static op => op is Op.MaxPool2D or Op.Pool2D).Id),
        Op.ConvDgrad => Of(Primal(value, static op => op is Op.Conv2D).Inputs[0]),
        Op.DenseDgrad => Of(Primal(value, static op => op is Op.Dense).Inputs[0]),
        Op.MaxPoolGrad or Op.Pool2DGrad => Of(Primal(value, static op => op is Op.MaxPool2D or Op.Pool2D).Inputs[0]),
        Op.UpsampleGrad => Of(Primal(value, static op => op is Op.Upsample).Inputs[0]),
        Op.Slice slice => Of(Primal(value, static op => op is Op.Concat).Inputs[slice.Part]),
        _ => Of(value.Inputs[0]),
    };

    /// <summary>The forward value whose adjoint this is: the only one of its kind that its layer call made.</summary>
    private Value Primal(Value adjoint, Func<Op, bool> kind) => forward.Values.Single(v => v.Call == adjoint.Call && kind(v.Op));
}
