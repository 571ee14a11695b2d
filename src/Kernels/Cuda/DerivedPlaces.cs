using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What the program keeps of parameters between launches, and where: flipped filters, vectors of normalizations, partial gradients.</summary>
public sealed class DerivedPlaces
{
    private readonly Network _network;
    private readonly Dictionary<int, int> _flipped = [], _partials = [], _slices = [], _floats = [];
    private readonly Dictionary<string, (int At, int Stored)> _norms = [];
    private readonly List<ConvUpdate.Segment> _segments = [];
    private readonly List<ConvBackwardGroup> _backward;

    public DerivedPlaces(Network network)
    {
        _network = network;
        _backward = [.. network.Train?.Groups.OfType<ConvBackwardGroup>() ?? []];
        foreach (ConvUpdateGroup update in network.Train?.Parameters.OfType<ConvUpdateGroup>() ?? []) PlaceConvolution(update);
        foreach (Schedule schedule in new[] { network.Train, network.Predict }.OfType<Schedule>()) PlaceNorms(schedule, schedule == network.Train ? network.Parameters : network.PredictParameters);
        foreach (Value value in network.PredictGraph.Values.Where(static v => v.Op is Op.FoldedKernel or Op.FoldedBias))
        {
            Folded[value.Id] = DerivedFloats;
            DerivedFloats += value.Op is Op.FoldedBias ? Panels.Pad(value.Shape.Count) : Panels.Pad(network.PredictParameters[value.Inputs[0]].Floats);
        }
    }

    /// <summary>Floats of the derived area.</summary>
    public int DerivedFloats { get; private set; }

    /// <summary>Floats of the area of partials.</summary>
    public int PartialFloats { get; private set; }

    /// <summary>Parameters with partial gradients, in the order of their update.</summary>
    public IReadOnlyList<ConvUpdate.Segment> Segments => _segments;

    /// <summary>Places of filters and biases that exist while predicting only.</summary>
    public Dictionary<int, int> Folded { get; } = [];

    /// <summary>Place of the partials of normalizations, which share it: each is merged before the next one's are made.</summary>
    public int NormPartials { get; private set; }

    /// <summary>Place of a convolution's flipped filter.</summary>
    public int Flipped(int weights) => _flipped[weights];

    /// <summary>Most slices of the images in a filter's gradient.</summary>
    public int Slices(int weights) => _slices[weights];

    /// <summary>Place of the partials that one use of a parameter makes.</summary>
    public int Partials(ConvBackwardGroup use, int parameter)
    {
        int index = _backward.Where(b => b.Weights == use.Weights).TakeWhile(b => !ReferenceEquals(b, use)).Count();
        return _partials[parameter] + (index * _slices[use.Weights] * _floats[parameter]);
    }

    /// <summary>Place of a vector of the normalization whose gamma has the name.</summary>
    public int Norm(string gamma, NormVector vector = 0) => _norms[gamma].At + ((int)vector * _norms[gamma].Stored);

    private void PlaceConvolution(ConvUpdateGroup update)
    {
        ConvBackwardGroup[] uses = [.. _backward.Where(b => b.Weights == update.Weights)];
        _slices[update.Weights] = uses.Min(static b => WgradTile.Choose(b.Geometry).Slices);
        bool flips = uses.Any(static b => b.Dx is not null);
        if (flips)
        {
            _flipped[update.Weights] = DerivedFloats;
            DerivedFloats += ConvDgrad.FilterFloats(update.Geometry);
        }

        AddSegment(update.Weights, _slices[update.Weights], uses.Length, flips ? update.Geometry : null);
        if (update.Bias is { } bias) AddSegment(bias, _slices[update.Weights], uses.Length, null);
    }

    private void AddSegment(int parameter, int slices, int uses, ConvGeometry? flipped)
    {
        PlacedParameter place = _network.Parameters[parameter];
        int floats = Panels.Pad(place.Floats);
        (_partials[parameter], _floats[parameter]) = (PartialFloats, floats);
        _segments.Add(new(place.Name, place.Offset, floats, PartialFloats, slices, uses, flipped, flipped is null ? 0 : _flipped[parameter]));
        PartialFloats += floats * slices * uses;
    }

    private void PlaceNorms(Schedule schedule, ParameterPlanner parameters)
    {
        int partials = 0;
        foreach (KernelGroup group in schedule.Groups)
        {
            switch (group)
            {
                case BatchMomentsGroup g:
                    Add(g.Parameters.Gamma, g.Extent.Stored);
                    partials = Math.Max(partials, new BatchNorm(g.Extent).PartialFloats);
                    break;
                case PointwiseGroup g:
                    foreach (ChannelVector vector in g.Vectors.Where(static v => v.Vector is not null)) Add(vector.Parameter, g.Extent.Stored);
                    break;
            }
        }

        if (partials == 0) return;
        NormPartials = PartialFloats;
        PartialFloats += partials;

        void Add(int gamma, int stored)
        {
            if (_norms.ContainsKey(parameters[gamma].Name)) return;
            _norms[parameters[gamma].Name] = (DerivedFloats, stored);
            DerivedFloats += BatchNorm.VectorFloats(stored);
        }
    }
}
