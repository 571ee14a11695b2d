using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What the program keeps of parameters between launches, and where: flipped filters, vectors of normalizations, partial gradients.</summary>
public sealed class DerivedPlaces
{
    /// <summary>Those of the devices that defaults are made for; 108 and 114 are those of their kin.</summary>
    private const int Multiprocessors = 132;

    private readonly Network _network;
    private readonly Dictionary<int, int> _flipped = [], _partials = [], _slices = [], _floats = [];
    private readonly Dictionary<string, (int At, int Stored)> _scales = [];
    private readonly Dictionary<int, (int At, int Stored)> _norms = [];
    private readonly List<ConvUpdate.Segment> _segments = [];
    private readonly List<ConvBackwardGroup> _backward;
    private readonly List<OperandCopy> _copies = [];
    private readonly ConvBackwardPlan? _backwards;

    public DerivedPlaces(Network network)
    {
        _network = network;
        _backward = [.. network.Train?.Groups.OfType<ConvBackwardGroup>() ?? []];
        if (network.Train is { } training) WideBackward = HeadWideBackward.Find([.. training.Groups], network.TrainGraph!, network.Spec);
        if (network.Spec.Precision != Precision.Float32)
        {
            Operands = new Operands(network.Spec.Precision);
            if (network.Train is { } schedule) _backwards = new ConvBackwardPlan(schedule, network.TrainGraph!, network.Spec.Inputs, Operands);
            if (network.Train is { } train) PlaceOperands([.. train.Groups], network.TrainGraph!, network.Parameters);
            PlaceOperands([.. network.Predict.Groups], network.PredictGraph, network.PredictParameters);
        }

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

    /// <summary>What tensor cores multiply; null where everything is f32.</summary>
    public Operands? Operands { get; }

    /// <summary>Weights that are stored as operands, too.</summary>
    public IReadOnlyList<OperandCopy> Copies => _copies;

    /// <summary>Places of filters and biases that exist while predicting only.</summary>
    public Dictionary<int, int> Folded { get; } = [];

    /// <summary>Place of the partials of normalizations, which share it: each is merged before the next one's are made.</summary>
    public int NormPartials { get; private set; }

    /// <summary>The operands of a weight for a product; null where that is made by fused multiply-adds.</summary>
    public OperandCopy? Copy(string parameter, OperandUse use) => _copies.Find(c => c.Parameter == parameter && c.Use == use);

    /// <summary>How tensor cores make a filter's gradient; null where fused multiply-adds do: the samples have too few channels.</summary>
    public ConvTensorWgradTile? TensorWgrad(ConvBackwardGroup group) => Operands is null || _network.TrainGraph![group.X].Op is Op.Input ? null : ConvTensorWgradTile.Choose(group.Geometry, Operands);

    /// <summary>Likewise of a first layer's filter; F16 has no bits to spare for a winner.</summary>
    public ConvTensorSamplesWgrad? SamplesWgrad(ConvBackwardGroup group) => Operands is null or { IsHalf: true } || _network.TrainGraph![group.X].Op is not Op.Input ? null : ConvTensorSamplesWgrad.Choose(group.Geometry);

    /// <summary>How one kernel makes all gradients of a convolution; null where each has its own.</summary>
    public (ConvTensorBackwardTile Tile, ConvFirstWgrad? First)? Backward(ConvBackwardGroup group) => _backwards?.Of(group);

    /// <summary>Whether a first layer's gradients are made by the second layer's kernel.</summary>
    public bool IsPartOfSecond(ConvBackwardGroup group) => _backwards?.IsPartOfSecond(group) ?? false;

    /// <summary>What makes all gradients behind a wide head at once; null where each has its own kernel.</summary>
    public HeadWideBackward? WideBackward { get; }

    /// <summary>Place of a convolution's flipped filter.</summary>
    public int Flipped(int weights) => _flipped[weights];

    /// <summary>Most slices of the images in a filter's gradient.</summary>
    public int Slices(int weights) => _slices[weights];

    /// <summary>What may be chosen when the program runs.</summary>
    public Tunables Tunables { get; } = new();

    /// <summary>A grid over slices of the images, whose limit may be chosen if that of the filter's partials may.</summary>
    public CudaGrid Sliced(CudaGrid grid, int weights) => grid with { Tunable = _segments.First(s => s.Name == _network.Parameters[weights].Name).Tunable };

    /// <summary>Place of the partials that one use of a parameter makes.</summary>
    public int Partials(ConvBackwardGroup use, int parameter)
    {
        int index = _backward.Where(b => b.Weights == use.Weights).TakeWhile(b => !ReferenceEquals(b, use)).Count();
        return _partials[parameter] + (index * _slices[use.Weights] * _floats[parameter]);
    }

    /// <summary>Place of a vector of the call of a normalization whose moments have the id.</summary>
    public int Norm(int moments, NormVector vector = 0) => Place(_norms[moments], vector);

    /// <summary>Place of what prediction scales by in the normalization whose gamma has the name.</summary>
    public int RunningScale(string gamma) => Place(_scales[gamma], NormVector.RunningScale);

    private static int Place((int At, int Stored) vectors, NormVector vector) => vectors.At + NormVectors.Offset(vector, vectors.Stored);

    private void PlaceConvolution(ConvUpdateGroup update)
    {
        ConvBackwardGroup[] uses = [.. _backward.Where(b => b.Weights == update.Weights)];
        _slices[update.Weights] = uses.Min(SlicesOf);
        bool flips = uses.Any(b => b.Dx is not null && Backward(b) is null && (Operands is null || ConvTensorDgrad.Tile(b.Geometry, Operands) is null));
        if (flips)
        {
            _flipped[update.Weights] = DerivedFloats;
            DerivedFloats += ConvDgrad.FilterFloats(update.Geometry);
        }

        string? tunable = TunableSlices(uses);
        bool isFixed = uses.Any(use => ReferenceEquals(use, WideBackward?.Conv));
        AddSegment(update.Weights, _slices[update.Weights], uses.Length, flips ? update.Geometry : null, isFixed, tunable);
        if (update.Bias is { } bias) AddSegment(bias, _slices[update.Weights], uses.Length, null, isFixed, tunable);
    }

    private int SlicesOf(ConvBackwardGroup use)
    {
        if (ReferenceEquals(use, WideBackward?.Conv)) return WideBackward!.Slices;
        if (Backward(use) is not null || IsPartOfSecond(use)) return ConvTensorBackwardTile.Slices;
        if (TensorWgrad(use) is { } tensor) return tensor.Slices;
        return SamplesWgrad(use) is null ? WgradTile.Choose(use.Geometry).Slices : ConvTensorSamplesWgrad.Slices(use.Geometry);
    }

    /// <summary>The slices of a filter's gradient as a number that may be chosen; null where several calls share the filter, or a kernel has its own way to cut.</summary>
    private string? TunableSlices(ConvBackwardGroup[] uses)
    {
        if (uses is not [var use] || ReferenceEquals(use, WideBackward?.Conv)) return null;
        if (!IsOfOneKernel(use)) return Tunables.Add(CudaNames.Of(_network.Parameters[use.Weights].Name) + "_slices", _slices[use.Weights], _slices[use.Weights] / 4, _slices[use.Weights] / 2, Multiprocessors);

        // A first layer's gradients are made by the second one's kernel, so that all of these have one number.
        bool alone = _backward.Where(IsOfOneKernel).All(b => _backward.Count(other => other.Weights == b.Weights) == 1);
        return alone ? Tunables.Add("backward_slices", ConvTensorBackwardTile.Slices, Multiprocessors / 2, 108, 114) : null;
    }

    private bool IsOfOneKernel(ConvBackwardGroup group) => Backward(group) is not null || IsPartOfSecond(group);

    private void AddSegment(int parameter, int slices, int uses, ConvGeometry? flipped, bool isFixed, string? tunable)
    {
        PlacedParameter place = _network.Parameters[parameter];
        int floats = Panels.Pad(place.Floats);
        (_partials[parameter], _floats[parameter]) = (PartialFloats, floats);
        _segments.Add(new(place.Name, place.Offset, floats, PartialFloats, slices, uses, flipped, flipped is null ? 0 : _flipped[parameter])
        {
            Copies = [.. _copies.Where(c => c.Parameter == place.Name)],
            IsFixed = isFixed,
            Tunable = tunable,
        });
        PartialFloats += floats * slices * uses;
    }

    /// <summary>Operands for every product that tensor cores make; a weight into which a normalization went has none.</summary>
    private void PlaceOperands(KernelGroup[] groups, Graph graph, ParameterPlanner parameters)
    {
        DenseForwardGroup? last = Pass.FindLast(groups, _network.Spec);
        DenseDgradGroup? lastDgrad = Pass.FindLastDgrad(groups, _network.Spec);
        foreach (KernelGroup group in groups)
        {
            switch (group)
            {
                case ConvForwardGroup g when graph[g.X].Op is not Op.Input && ConvTensorTile.Choose(g.Geometry, Operands!) is not null:
                    AddCopy(g.Weights, OperandUse.ConvForward, g.Geometry.CStored, g.Geometry.KStored, g.Geometry.R * g.Geometry.S);
                    break;
                case ConvForwardGroup g when graph[g.X].Op is Op.Input && ConvTensorSamples.Suits(g.Geometry):
                    AddCopy(g.Weights, OperandUse.ConvSamples, g.Geometry.CStored, g.Geometry.KStored, g.Geometry.R * g.Geometry.S, g.Geometry.R);
                    break;
                case ConvBackwardGroup { Dx: not null } g when Backward(g) is not null || ConvTensorDgrad.Tile(g.Geometry, Operands!) is not null:
                    AddCopy(g.Weights, OperandUse.ConvDgrad, g.Geometry.CStored, g.Geometry.KStored, g.Geometry.R * g.Geometry.S);
                    break;
                case DenseForwardGroup g when !ReferenceEquals(g, last):
                    AddCopy(g.Weights, OperandUse.DenseForward, g.In, Panels.Pad(g.Units), 1);
                    break;
                case DenseDgradGroup g when !ReferenceEquals(g, lastDgrad) && !ReferenceEquals(g, WideBackward?.Dgrad):
                    AddCopy(g.Weights, OperandUse.DenseDgrad, g.In, Panels.Pad(g.Units), 1);
                    break;
            }
        }

        void AddCopy(int weights, OperandUse use, int inputs, int outputs, int taps, int rows = 1)
        {
            if (graph[weights].Op is not Op.Parameter || Copy(parameters[weights].Name, use) is not null) return;
            var copy = new OperandCopy(parameters[weights].Name, use, DerivedFloats, Operands!, inputs, outputs, taps) { FilterRows = rows };
            _copies.Add(copy);
            DerivedFloats += copy.Floats;
        }
    }

    private void PlaceNorms(Schedule schedule, ParameterPlanner parameters)
    {
        int partials = 0;
        foreach (KernelGroup group in schedule.Groups)
        {
            switch (group)
            {
                case BatchMomentsGroup g:
                    _norms[g.Parameters.Moments] = Add(g.Extent.Stored);
                    if (!_scales.ContainsKey(parameters[g.Parameters.Gamma].Name)) _scales[parameters[g.Parameters.Gamma].Name] = _norms[g.Parameters.Moments];
                    partials = Math.Max(partials, new BatchNorm(g.Extent).PartialFloats);
                    break;
                case PointwiseGroup g:
                    foreach (ChannelVector vector in g.Vectors.Where(static v => v.Vector == NormVector.RunningScale))
                        if (!_scales.ContainsKey(parameters[vector.Owner].Name)) _scales[parameters[vector.Owner].Name] = Add(g.Extent.Stored);
                    break;
            }
        }

        if (partials == 0) return;
        NormPartials = PartialFloats;
        PartialFloats += partials;

        (int At, int Stored) Add(int stored)
        {
            DerivedFloats += BatchNorm.VectorFloats(stored);
            return (DerivedFloats - BatchNorm.VectorFloats(stored), stored);
        }
    }
}
