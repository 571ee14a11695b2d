using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

/// <summary>Which calls read the user's own memory, where channels have no padding; all others read an imported copy of an input.</summary>
/// <remarks>
/// The weights of a layer lie in one way, so either all of its calls read samples as they are, or none does: two inputs of a net of twins go through one
/// convolution without a copy, an input and a map do not.
/// </remarks>
internal static class SampleReaders
{
    /// <summary>The calls, by their index.</summary>
    public static HashSet<int> Of(ModelSpec spec)
    {
        var readers = new HashSet<int>();
        for (int call = 0; call < spec.Calls.Count; call++)
            if (MayRead(spec, call, readers)) readers.Add(call);

        // One that falls out may take with it what shares its layer, or stands before it.
        bool changed = readers.Count > 0;
        while (changed) changed = readers.RemoveWhere(call => !MayRead(spec, call, readers) || !AllDo(spec, call, readers)) > 0;
        return readers;
    }

    private static bool MayRead(ModelSpec spec, int call, HashSet<int> readers)
    {
        CallSpec at = spec.Calls[call];
        if (at.Inputs.Count != 1) return false;
        int source = at.Inputs[0];
        bool isSample = IsSample(spec, source, readers, out bool isFlat);
        if (at.Layer is DenseSpec && !isSample) return !CallSpec.IsInput(source) && readers.Contains(source) && spec.Calls[source].Layer is FlattenSpec;
        if (!isSample) return false;

        // What leaves the input as it is may not be an output: outputs are read as all other values are stored.
        bool isOutput = spec.Results.Any(output => output.Call == call);
        return at.Layer switch
        {
            Conv2DSpec => true,
            DenseSpec => isFlat,
            MaxPool2DSpec { IsTiling: true } pool => pool.PoolHeight * pool.PoolWidth <= byte.MaxValue && !(isOutput && pool.PoolHeight * pool.PoolWidth == 1),
            DropoutSpec { Rate: 0 } or FlattenSpec => !isOutput,
            _ => false,
        };
    }

    /// <summary>Whether a value is an input itself, perhaps behind layers that do nothing.</summary>
    private static bool IsSample(ModelSpec spec, int source, HashSet<int> readers, out bool isFlat)
    {
        isFlat = false;
        if (CallSpec.IsInput(source))
        {
            isFlat = spec.Inputs[CallSpec.InputIndex(source)].IsFlat;
            return true;
        }
        return readers.Contains(source) && spec.Calls[source].Layer is MaxPool2DSpec { IsTiling: true, PoolHeight: 1, PoolWidth: 1 } or DropoutSpec or FlattenSpec
            && IsSample(spec, spec.Calls[source].Inputs[0], readers, out isFlat) && (isFlat || spec.Calls[source].Layer is not FlattenSpec);
    }

    /// <summary>Whether all calls of its layer are among the readers; of a flattened image, whether all that read it are such dense layers.</summary>
    private static bool AllDo(ModelSpec spec, int call, HashSet<int> readers)
    {
        LayerSpec layer = spec.Calls[call].Layer;
        if (layer.HasWeights) return spec.Calls.Select(static (c, i) => (c.Layer, Index: i)).All(c => !c.Layer.HasWeights || c.Layer.Name != layer.Name || readers.Contains(c.Index));
        if (layer is not FlattenSpec || (IsSample(spec, spec.Calls[call].Inputs[0], readers, out bool isFlat) && isFlat)) return true;
        return spec.Calls.Select(static (c, i) => (c.Layer, c.Inputs, Index: i)).All(c => !c.Inputs.Contains(call) || (c.Layer is DenseSpec && readers.Contains(c.Index)));
    }
}
