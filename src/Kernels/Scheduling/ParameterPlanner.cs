using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Where weights, their derived layouts and their partial gradients lie, and how the user's axis order leads there.</summary>
public sealed class ParameterPlanner
{
    private readonly Dictionary<int, PlacedParameter> _places = [];
    private readonly List<ParameterInfo> _infos = [];

    private ParameterPlanner()
    {
    }

    public IReadOnlyList<ParameterInfo> Infos => _infos;

    /// <summary>Floats of the parameter arena.</summary>
    public int Floats { get; private set; }

    /// <summary>Floats of the derived layouts.</summary>
    public int DerivedFloats { get; private set; }

    /// <summary>Floats of one partial gradient.</summary>
    public int PartialFloats { get; private set; }

    /// <summary>The place of the parameter that is value <paramref name="id"/> of the forward graph.</summary>
    public PlacedParameter this[int id] => _places[id];

    public static ParameterPlanner Plan(ModelSpec spec, Graph forward, StorageRules storage, IReadOnlyList<KernelGroup> groups)
    {
        var planner = new ParameterPlanner();
        foreach (KernelGroup group in groups)
        {
            if (group is ConvForwardGroup conv) planner.AddConv(spec, forward, conv, groups);
            else if (group is DenseForwardGroup dense) planner.AddDense(spec, forward, storage, dense, groups);
        }

        return planner;
    }

    /// <summary>The same places under the ids of another graph of the same model.</summary>
    public ParameterPlanner For(Graph graph)
    {
        var planner = new ParameterPlanner { Floats = Floats, DerivedFloats = DerivedFloats, PartialFloats = PartialFloats };
        planner._infos.AddRange(_infos);
        foreach (Value value in graph.Values.Where(static v => v.Op is Op.Parameter)) planner._places[value.Id] = _places.Values.Single(p => p.Name == value.Name);
        return planner;
    }

    private void AddConv(ModelSpec spec, Graph forward, ConvForwardGroup conv, IReadOnlyList<KernelGroup> groups)
    {
        ConvGeometry g = conv.Geometry;
        int b = g.Panel;
        AxisInfo r = Plain(g.R, g.S * g.CStored * b), s = Plain(g.S, g.CStored * b), c = Plain(g.C, b), k = new(g.K, 1, b, g.Reduction * b);
        bool keras = spec.Preset == Preset.Keras;
        int fanIn = g.R * g.S * g.C, fanOut = g.R * g.S * g.K;
        bool hasDgrad = groups.OfType<ConvBackwardGroup>().Any(x => x.Weights == conv.Weights && x.Dx is not null);
        Add(forward[conv.Weights], keras ? [g.R, g.S, g.C, g.K] : [g.K, g.C, g.R, g.S], keras ? "HWIO" : "OIHW", keras ? [r, s, c, k] : [k, c, r, s],
            g.Reduction * g.KStored, Bound(spec.Preset, fanIn, fanOut), derivedFloats: hasDgrad ? g.R * g.S * g.KStored * Panels.Pad(g.CStored) : 0, partial: true,
            winogradFloats: conv.Winograd.IsUsed ? WinogradPlan.FilterFloats(g) : 0);
        if (conv.Bias is { } bias) AddBias(spec, forward[bias], g.K, fanIn, partial: true);
    }

    private void AddDense(ModelSpec spec, Graph forward, StorageRules storage, DenseForwardGroup dense, IReadOnlyList<KernelGroup> groups)
    {
        ValueStorage x = storage.Of(dense.X);
        int stored = Panels.Pad(dense.Units), b = Panels.Width(stored);
        AxisInfo h = Plain(x.Rows, x.Columns * x.Stored * b), w = Plain(x.Columns, x.Stored * b), c = Plain(x.Channels, b), units = new(dense.Units, 1, b, dense.In * b);
        AxisInfo[] rows = spec.Input.Layout == ImageLayout.ChannelsFirst ? [c, h, w] : [h, w, c];
        int features = x.Rows * x.Columns * x.Channels;
        bool keras = spec.Preset == Preset.Keras;
        bool hasDgrad = groups.OfType<DenseDgradGroup>().Any(d => d.Weights == dense.Weights);
        Add(forward[dense.Weights], keras ? [features, dense.Units] : [dense.Units, features], keras ? "IO" : "OI", keras ? [.. rows, units] : [units, .. rows],
            dense.In * stored, Bound(spec.Preset, features, dense.Units), derivedFloats: hasDgrad ? dense.In * dense.Units : 0, partial: false);
        if (dense.Bias is { } bias) AddBias(spec, forward[bias], dense.Units, features, partial: false);
    }

    private void AddBias(ModelSpec spec, Value bias, int count, int fanIn, bool partial) =>
        Add(bias, [count], "O", [Plain(count, 1)], Panels.Pad(count), spec.Preset == Preset.Keras ? 0 : 1 / Math.Sqrt(fanIn), derivedFloats: 0, partial);

    private void Add(Value parameter, int[] shape, string layout, AxisInfo[] axes, int floats, double bound, int derivedFloats, bool partial, int winogradFloats = 0)
    {
        int padded = Panels.Pad(floats);
        _infos.Add(new(parameter.Name, new(shape), layout, Floats, padded, new(axes), bound == 0 ? Initializer.Zeros : Initializer.Uniform, bound));
        _places[parameter.Id] = new(parameter.Name, Floats, floats, DerivedFloats, DerivedFloats + Panels.Pad(derivedFloats), PartialFloats);
        Floats += padded;
        DerivedFloats += Panels.Pad(derivedFloats) + winogradFloats;
        if (partial) PartialFloats += padded;
    }

    private static AxisInfo Plain(int extent, int stride) => new(extent, stride, extent, 0);

    /// <summary>Keras: Glorot uniform, sqrt(6 / (in + out)) (Glorot and Bengio 2010, eq. 16). PyTorch: Kaiming uniform with a = sqrt 5, which is 1 / sqrt(in) (He et al. 2015).</summary>
    private static double Bound(Preset preset, int fanIn, int fanOut) => preset == Preset.Keras ? Math.Sqrt(6.0 / (fanIn + fanOut)) : 1 / Math.Sqrt(fanIn);
}

/// <summary>A parameter's offsets, in floats, in the three arenas.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">In the parameter arena.</param>
/// <param name="Floats">Floats in use there.</param>
/// <param name="Derived">In the arena of derived layouts.</param>
/// <param name="Winograd">Likewise, of the filter transformed for Winograd.</param>
/// <param name="Partial">In a task's partial.</param>
public sealed record PlacedParameter(string Name, int Offset, int Floats, int Derived, int Winograd, int Partial);
