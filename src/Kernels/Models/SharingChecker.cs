using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>The rule for layers that are called several times: the first call gives the weights their shape, and all others must fit them.</summary>
internal sealed class SharingChecker(ModelSpec spec, CheckedValues values, List<SpecProblem> problems)
{
    private readonly Dictionary<string, int> _first = new(StringComparer.Ordinal);

    /// <summary>Judges a call that is in order by itself; calls come in order.</summary>
    public void Check(int call)
    {
        LayerSpec layer = spec.Calls[call].Layer;
        if (!layer.HasWeights) return;
        if (!_first.TryGetValue(layer.Name, out int first))
        {
            _first.Add(layer.Name, call);
            return;
        }

        int here = spec.Calls[call].Inputs[0], before = spec.Calls[first].Inputs[0];
        int expected = Length(before);
        if (Length(here) != expected)
        {
            string weights = CheckedValues.Number(expected) + (layer is DenseSpec || values.ShapeOf(before).IsFlat ? " features" : expected == 1 ? " channel" : " channels");
            problems.Add(new("CVK0108", call, null, [layer.Name, values.WithOrigin(here), weights, values.WithOrigin(before)]));
        }
        else if (layer is DenseSpec && values.FlattenedImageOf(here) != values.FlattenedImageOf(before))
        {
            problems.Add(new("CVK0201", call, null, [layer.Name, "calls of one layer on a flattened image and on what is no flattened image of the same shape"]));
        }
    }

    /// <summary>Input channels or features, of which weights depend.</summary>
    private int Length(int input) => values.ShapeOf(input) is var x ? x[x.Rank - 1] : 0;
}
