using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Where weights, their derived layouts and their partial gradients lie, and how the user's axis order leads there.</summary>
public sealed class ParameterPlanner
{
    private readonly Dictionary<int, PlacedParameter> _places = [];
    private readonly Dictionary<int, NormPlace> _norms = [];
    private readonly List<ParameterInfo> _infos = [];
    private readonly ILookup<string, WinogradForm> _predicted;
    private bool _addsUntrained;

    /// <summary>Vectors that a normalization's partial sums are: of the moments, then of the gradients.</summary>
    private const int NormPartials = 4;

    private ParameterPlanner(ILookup<string, WinogradForm> predicted) => _predicted = predicted;

    public IReadOnlyList<ParameterInfo> Infos => _infos;

    /// <summary>Floats of the parameter arena.</summary>
    public int Floats { get; private set; }

    /// <summary>Floats of the derived layouts.</summary>
    public int DerivedFloats { get; private set; }

    /// <summary>Floats of one partial gradient.</summary>
    public int PartialFloats { get; private set; }

    /// <summary>The place of the parameter that is value <paramref name="id"/> of the forward graph.</summary>
    public PlacedParameter this[int id] => _places[id];

    /// <summary>Where one call of a normalization has its vectors and its partial sums, by the id of the call's moments.</summary>
    public NormPlace Norm(int moments) => _norms[moments];

    /// <summary>Places for the parameters of <paramref name="groups"/>.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="forward">The forward graph.</param>
    /// <param name="storage">How values are stored.</param>
    /// <param name="groups">The groups of a schedule.</param>
    /// <param name="predicted">Of a training schedule: forms in which prediction reads filters, by their names; its convolutions may have other extents.</param>
    public static ParameterPlanner Plan(ModelSpec spec, Graph forward, StorageRules storage, IReadOnlyList<KernelGroup> groups, ILookup<string, WinogradForm> predicted)
    {
        var planner = new ParameterPlanner(predicted);
        planner.AddGroups(spec, forward, storage, groups);
        return planner;
    }

    /// <summary>Adds what only prediction has: weights of layers that lead to outputs without a loss. They are not trained.</summary>
    public void AddUntrained(ModelSpec spec, Graph predict, StorageRules storage, IReadOnlyList<KernelGroup> groups)
    {
        _addsUntrained = true;
        AddGroups(spec, predict, storage, groups);
    }

    private void AddGroups(ModelSpec spec, Graph forward, StorageRules storage, IReadOnlyList<KernelGroup> groups)
    {
        foreach (KernelGroup group in groups)
        {
            if (group is ConvForwardGroup conv) AddConv(spec, forward, conv with { Weights = Raw(forward, conv.Weights), Bias = RawBias(forward, conv.Weights, conv.Bias) }, groups);
            else if (group is DenseForwardGroup dense) AddDense(spec, forward, storage, dense with { Weights = Raw(forward, dense.Weights), Bias = RawBias(forward, dense.Weights, dense.Bias) }, groups);
            if (group is ConvForwardGroup { Bias: { } convShift }) AddFoldedNorm(forward, convShift);
            else if (group is DenseForwardGroup { Bias: { } denseShift }) AddFoldedNorm(forward, denseShift);
            else if (group is BatchMomentsGroup norm) AddNorm(forward, norm.Parameters);
            else if (group is PointwiseGroup pointwise) AddNorms(forward, pointwise);
        }
    }

    /// <summary>The parameter behind weights into which a normalization went.</summary>
    private static int Raw(Graph graph, int weights) => graph[weights].Op is Op.FoldedKernel ? graph[weights].Inputs[0] : weights;

    private static int? RawBias(Graph graph, int weights, int? bias) =>
        bias is { } b && graph[weights].Op is Op.FoldedKernel ? graph[b].Inputs.Count > 4 ? graph[b].Inputs[4] : null : bias;

    /// <summary>Gives weights into which a normalization went their places: in the derived area, as the weights themselves lie.</summary>
    /// <param name="graph">The prediction graph.</param>
    /// <param name="groups">Its groups.</param>
    public void AddFolded(Graph graph, IEnumerable<KernelGroup> groups)
    {
        groups = [.. groups];
        foreach (KernelGroup group in groups)
        {
            (int weights, int? bias, ConvGeometry? geometry) = group switch
            {
                ConvForwardGroup conv => (conv.Weights, conv.Bias, conv.Geometry),
                DenseForwardGroup dense => (dense.Weights, dense.Bias, (ConvGeometry?)null),
                _ => (-1, null, null),
            };
            if (weights < 0 || graph[weights].Op is not Op.FoldedKernel || _places.ContainsKey(weights)) continue;
            AddFolded(graph[weights], _places[Raw(graph, weights)].Floats, geometry, geometry is null ? [] : Forms(groups, weights));
            AddFolded(graph[bias!.Value], Panels.Pad(graph[bias.Value].Shape[0]), null, []);
        }
    }

    private void AddFolded(Value value, int floats, ConvGeometry? geometry, IEnumerable<WinogradForm> forms)
    {
        int place = DerivedFloats;
        DerivedFloats += Panels.Pad(floats);
        _places[value.Id] = new(value.Name, place, floats, 0, 0) { IsDerived = true, Transformed = Copies(geometry, forms) };
    }

    /// <summary>Gives copies of a filter, transformed to these forms, their places.</summary>
    private FilterPlace[] Copies(ConvGeometry? geometry, IEnumerable<WinogradForm> forms)
    {
        var copies = new List<FilterPlace>();
        foreach (WinogradForm form in forms)
        {
            copies.Add(new(form, DerivedFloats));
            DerivedFloats += form.FilterFloats(geometry!);
        }

        return [.. copies];
    }

    /// <summary>Forms in which calls of a convolution read its filter.</summary>
    private static IEnumerable<WinogradForm> Forms(IEnumerable<KernelGroup> groups, int weights) =>
        groups.OfType<ConvForwardGroup>().Where(c => c.Weights == weights && c.Winograd.IsUsed).Select(static c => c.Winograd.Form).Distinct();

    /// <summary>The same of all convolutions of a schedule, by the filter's name.</summary>
    public static ILookup<string, WinogradForm> Forms(Graph graph, IEnumerable<KernelGroup> groups) =>
        groups.OfType<ConvForwardGroup>().Where(c => c.Winograd.IsUsed && graph[c.Weights].Op is not Op.FoldedKernel).Select(c => (graph[c.Weights].Name, c.Winograd.Form)).Distinct().ToLookup(static f => f.Name, static f => f.Form);

    /// <summary>The same places under the ids of another graph of the same model, whose other parameters have none yet.</summary>
    public ParameterPlanner For(Graph graph)
    {
        var planner = new ParameterPlanner(_predicted) { Floats = Floats, DerivedFloats = DerivedFloats, PartialFloats = PartialFloats };
        planner._infos.AddRange(_infos);
        foreach (Value value in graph.Values.Where(static v => v.Op is Op.Parameter or Op.State))
            if (_places.Values.SingleOrDefault(p => p.Name == value.Name) is { } place) planner._places[value.Id] = place;
        return planner;
    }

    /// <summary>In a model that only predicts, normalizations are known by what scales with their running statistics.</summary>
    private void AddNorms(Graph forward, PointwiseGroup pointwise)
    {
        foreach (Value norm in forward.Values.Where(static v => v.Op is Op.Normalize))
            if (!_places.ContainsKey(norm.Inputs[3]) && pointwise.Vectors.Any(v => v.Vector == NormVector.RunningScale && v.Owner == norm.Inputs[3]))
                AddNorm(forward, norm.Inputs[3], norm.Inputs[4], norm.Inputs[1], norm.Inputs[2]);
    }

    /// <summary>Likewise by the bias into which one went.</summary>
    private void AddFoldedNorm(Graph forward, int shift)
    {
        if (forward[shift].Op is Op.FoldedBias && !_places.ContainsKey(forward[shift].Inputs[2])) AddNorm(forward, forward[shift].Inputs[2], forward[shift].Inputs[3], forward[shift].Inputs[0], forward[shift].Inputs[1]);
    }

    /// <summary>Of the calls that share gamma, the first has the vectors and sums that gamma owns, and any other has its own.</summary>
    private void AddNorm(Graph forward, BatchNormParameters norm)
    {
        if (_places.ContainsKey(norm.Gamma))
        {
            int stored = Panels.Pad(forward[norm.Gamma].Shape[0]);
            _norms[norm.Moments] = new(DerivedFloats, PartialFloats);
            DerivedFloats += NormVectors.Count * stored;
            PartialFloats += NormPartials * stored;
            return;
        }

        AddNorm(forward, norm.Gamma, norm.Beta, norm.RunningMean, norm.RunningVariance);
        _norms[norm.Moments] = new(_places[norm.Gamma].Derived, _places[norm.Gamma].Partial);
    }

    /// <summary>Gamma owns the normalization's vectors in the derived area, and its partial sums: of the moments, then of the gradients.</summary>
    private void AddNorm(Graph forward, int gamma, int beta, int mean, int variance)
    {
        int channels = forward[gamma].Shape[0], stored = Panels.Pad(channels);
        AxisInfo[] axes = [Plain(channels, 1)];
        Add(forward[gamma], [channels], "O", axes, stored, 1, derivedFloats: NormVectors.Count * stored, partial: true, partialFloats: NormPartials * stored, initializer: Initializer.Ones);
        Add(forward[beta], [channels], "O", axes, stored, 0, derivedFloats: 0, partial: false);
        Add(forward[mean], [channels], "O", axes, stored, 0, derivedFloats: 0, partial: false, trained: false);
        Add(forward[variance], [channels], "O", axes, stored, 0, derivedFloats: 0, partial: false, initializer: Initializer.Ones, trained: false);
    }

    private void AddConv(ModelSpec spec, Graph forward, ConvForwardGroup conv, IReadOnlyList<KernelGroup> groups)
    {
        if (_places.ContainsKey(conv.Weights)) return;
        ConvGeometry g = conv.Geometry;
        int b = g.Panel;
        AxisInfo r = Plain(g.R, g.S * g.CStored * b), s = Plain(g.S, g.CStored * b), c = Plain(g.C, b), k = new(g.K, 1, b, g.Reduction * b);
        bool keras = spec.Preset == Preset.Keras;
        int fanIn = g.R * g.S * g.C, fanOut = g.R * g.S * g.K;
        bool hasDgrad = groups.OfType<ConvBackwardGroup>().Any(x => x.Weights == conv.Weights && x.Dx is not null);
        Add(forward[conv.Weights], keras ? [g.R, g.S, g.C, g.K] : [g.K, g.C, g.R, g.S], keras ? "HWIO" : "OIHW", keras ? [r, s, c, k] : [k, c, r, s],
            g.Reduction * g.KStored, Bound(spec.Preset, fanIn, fanOut), derivedFloats: hasDgrad ? g.R * g.S * g.KStored * Panels.Pad(g.CStored) : 0, partial: true,
            partialFloats: groups.OfType<ConvBackwardGroup>().FirstOrDefault(x => x.Weights == conv.Weights && x.Partial == ConvPartial.Winograd)?.WgradWinograd.Form.FilterFloats(g));
        if (_places.TryGetValue(conv.Weights, out PlacedParameter? place))
        {
            _places[conv.Weights] = place with
            {
                Transformed = Copies(g, Forms(groups, conv.Weights).Union(_predicted[forward[conv.Weights].Name])),
                Flipped = Copies(g, groups.OfType<ConvBackwardGroup>().Where(x => x.Weights == conv.Weights && x.Dx is not null && x.DgradWinograd.IsUsed).Select(static x => x.DgradWinograd.Form).Distinct()),
            };
        }

        if (conv.Bias is { } bias) AddBias(spec, forward[bias], g.K, fanIn, partial: true);
    }

    private void AddDense(ModelSpec spec, Graph forward, StorageRules storage, DenseForwardGroup dense, IReadOnlyList<KernelGroup> groups)
    {
        if (_places.ContainsKey(dense.Weights)) return;
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

    private void Add(
        Value parameter, int[] shape, string layout, AxisInfo[] axes, int floats, double bound, int derivedFloats, bool partial,
        int? partialFloats = null, Initializer? initializer = null, bool trained = true)
    {
        if (_addsUntrained)
        {
            if (_infos.Any(info => info.Name == parameter.Name)) return;
            trained = false;
        }

        int padded = Panels.Pad(floats);
        _infos.Add(new(parameter.Name, new(shape), layout, Floats, padded, new(axes), initializer ?? (bound == 0 ? Initializer.Zeros : Initializer.Uniform), bound) { IsTrained = trained });
        _places[parameter.Id] = new(parameter.Name, Floats, floats, DerivedFloats, PartialFloats);
        Floats += padded;
        DerivedFloats += Panels.Pad(derivedFloats);
        if (partial) PartialFloats += partialFloats ?? padded;
    }

    private static AxisInfo Plain(int extent, int stride) => new(extent, stride, extent, 0);

    /// <summary>Keras: Glorot uniform, sqrt(6 / (in + out)) (Glorot and Bengio 2010, eq. 16). PyTorch: Kaiming uniform with a = sqrt 5, which is 1 / sqrt(in) (He et al. 2015).</summary>
    private static double Bound(Preset preset, int fanIn, int fanOut) => preset == Preset.Keras ? Math.Sqrt(6.0 / (fanIn + fanOut)) : 1 / Math.Sqrt(fanIn);
}

/// <summary>Offsets, in floats, of what one call of a normalization keeps.</summary>
/// <param name="Derived">Of its vectors (<see cref="NormVector"/>) in the arena of derived layouts.</param>
/// <param name="Partial">Of its sums in a task's partial: two vectors of the moments, two of the gradients.</param>
public readonly record struct NormPlace(int Derived, int Partial);

/// <summary>A parameter's offsets, in floats, in the three arenas.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">In the parameter arena.</param>
/// <param name="Floats">Floats in use there.</param>
/// <param name="Derived">In the arena of derived layouts.</param>
/// <param name="Partial">In a task's partial.</param>
public sealed record PlacedParameter(string Name, int Offset, int Floats, int Derived, int Partial)
{
    /// <summary>Copies of a filter that are transformed for Winograd.</summary>
    public IReadOnlyList<FilterPlace> Transformed { get; init; } = [];

    /// <summary>Copies of the flipped filter that are transformed, for the data gradient.</summary>
    public IReadOnlyList<FilterPlace> Flipped { get; init; } = [];

    /// <summary>Whether it is no parameter, but derived of some: <see cref="Offset"/> counts in the arena of derived layouts.</summary>
    public bool IsDerived { get; init; }

    /// <summary>Where the filter in this form begins in the arena of derived layouts.</summary>
    public int TransformedIn(WinogradForm form) => Transformed.Single(copy => copy.Form == form).Offset;

    /// <summary>Where the flipped filter in this form begins there.</summary>
    public int FlippedIn(WinogradForm form) => Flipped.Single(copy => copy.Form == form).Offset;
}

/// <summary>A transformed filter's place in the arena of derived layouts.</summary>
/// <param name="Form">What it is transformed for.</param>
/// <param name="Offset">Its first float.</param>
public readonly record struct FilterPlace(WinogradForm Form, int Offset);
