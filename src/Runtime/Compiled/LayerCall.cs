using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>Bodies of a model's layer methods: they record the call.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class LayerCall
{
    /// <summary>A call of the layer with this name.</summary>
    public static Sym Record(string layer, Sym x) => ForwardTrace.Record(layer, x);

    /// <summary>A call of one of several layers that share a method; its name is <paramref name="stem"/> and the index.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative.</exception>
    public static Sym Record(string stem, int index, Sym x)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return ForwardTrace.Record(FormattableString.Invariant($"{stem}{index}"), x);
    }
}
