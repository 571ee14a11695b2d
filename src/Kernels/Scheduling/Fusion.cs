using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Cuts a graph into kernel groups: forward in order, the head, backward in reverse, then the groups over parameters.</summary>
/// <remarks>
/// Two facts let a pooled convolution keep only its pooled map. Bias and ReLU are monotonic, so they may follow the maximum. And the gradient that pooling
/// sends to its winner is masked by the winner's ReLU, which is the pooled value itself: relu_grad(pool_grad(dy, a), y_full) = pool_grad(dy where y &gt; 0, a).
/// What is neither a convolution nor a dense layer is a kernel of its own, but for runs of ops that work element by element, which are one
/// (<see cref="PointwiseFusion"/>).
/// </remarks>
public sealed class Fusion
{
    private readonly ModelSpec _spec;
    private readonly Graph _forward;
    private readonly Graph? _training;
    private readonly StorageRules _storage;
    private readonly IReadOnlyList<HeadPlace> _places;
    private readonly List<KernelGroup> _groups = [];
    private readonly HashSet<int> _covered = [];
    private readonly Dictionary<int, ConvForwardGroup> _convolutions = [];
    private readonly Dictionary<int, DenseForwardGroup> _dense = [];
    private PointwiseFusion? _pointwise;

    private Fusion(ModelSpec spec, Graph forward, Graph? training, IReadOnlyList<HeadPlace> places)
    {
        (_spec, _forward, _training, _places) = (spec, forward, training, places);
        _storage = new StorageRules(forward, training, LiveRegions.Run(forward));
    }

    /// <param name="spec">The model, for layer names.</param>
    /// <param name="forward">The forward graph; its ids are those of the first values of <paramref name="training"/>.</param>
    /// <param name="training">The forward graph with adjoints and updates, or null to predict.</param>
    /// <param name="places">Places of the outputs.</param>
    public static Fused Run(ModelSpec spec, Graph forward, Graph? training, IReadOnlyList<HeadPlace> places)
    {
        var fusion = new Fusion(spec, forward, training, places);
        fusion.FuseLinear();
        fusion._pointwise = new PointwiseFusion(training ?? forward, fusion._storage, fusion._covered);
        fusion.Forward();
        if (training is not null)
        {
            fusion.Backward();
            fusion.Updates();
        }

        return new(fusion._groups, fusion._storage);
    }

    /// <summary>The groups, and how their values are stored.</summary>
    public sealed record Fused(IReadOnlyList<KernelGroup> Groups, StorageRules Storage);

    /// <summary>Convolutions and dense layers take up what follows them, and their backward kernels what belongs to that; first of all, so that no other kernel does.</summary>
    private void FuseLinear()
    {
        foreach (Value value in _forward.Values)
        {
            if (value.Op is Op.Conv2D)
            {
                Value y = Absorb(value, out int? bias, out bool relu, out Op.MaxPool2D? pool, pooling: true);
                _convolutions[value.Id] = new(NameOf(value), value.Call, Geometry(value, y, pool), relu, _storage.Root(value.Inputs[0]), value.Inputs[1], bias, y.Id, Arg(y));
                if (_training is null) continue;
                Value wgrad = Wgrad(value);
                _covered.UnionWith(new[] { wgrad.Id }.Concat(_training.Values.Where(v => v.Op is Op.ConvDgrad && v.Call == value.Call).Select(static v => v.Id)));
                Value dz = _training[wgrad.Inputs[1]];
                if (relu)
                {
                    _covered.Add(dz.Id);
                    dz = _training[dz.Inputs[0]];
                }

                if (pool is not null) _covered.Add(dz.Id);
            }
            else if (value.Op is Op.Dense)
            {
                Value y = Absorb(value, out int? bias, out bool relu, out _, pooling: false);
                _dense[value.Id] = new(NameOf(value), value.Call, _storage.Of(value.Inputs[0]).Count, value.Shape[0], relu, _storage.Root(value.Inputs[0]), value.Inputs[1], bias, y.Id);
                if (MaskedDgrad(value) is { } masked) _covered.Add(masked.Id);
            }
        }
    }

    private void Forward()
    {
        foreach (Value value in _forward.Values)
        {
            string name = NameOf(value);
            int X(int operand = 0) => _storage.Root(value.Inputs[operand]);
            ValueStorage extent = value.Shape.PerSample && value.Shape.Rank is 1 or 3 ? _storage.Of(value.Id) : new(0, 0, 0, 0);
            switch (value.Op)
            {
                case Op.Conv2D:
                    _groups.Add(_convolutions[value.Id]);
                    break;
                case Op.Dense:
                    _groups.Add(_dense[value.Id]);
                    break;
                case Op.MaxPool2D pool when !_covered.Contains(value.Id):
                    _groups.Add(new PoolForwardGroup(name, value.Call, PoolGeometry(value, pool), X(), value.Id, Arg(value)));
                    break;
                case Op.Pool2D pool:
                    _groups.Add(new WindowPoolGroup(name, value.Call, pool.Kind, PoolGeometry(value, pool.Window, pool.CountsPadding), X(), value.Id, Arg(value)));
                    break;
                case Op.Import:
                    _groups.Add(new ImportGroup(name, value.Call, extent, X(), value.Id) { Input = _spec.FurtherInputs.Count > 0 ? _forward[X()].Name : null });
                    break;
                case Op.Concat:
                    _groups.Add(new ConcatGroup(name, value.Call, extent, [.. value.Inputs.Select(_storage.Root)], [.. value.Inputs.Select(i => _storage.Of(i).Channels)], value.Id));
                    break;
                case Op.Upsample up:
                    _groups.Add(new UpsampleGroup(name, value.Call, _storage.Of(value.Inputs[0]), up.Height, up.Width, X(), value.Id));
                    break;
                case Op.Dropout drop:
                    _groups.Add(new DropoutGroup(name, value.Call, extent, drop.Site, drop.Rate, Backward: false, X(), value.Id));
                    break;
                case Op.BatchMoments:
                    _groups.Add(new BatchMomentsGroup(name, value.Call, _storage.Of(value.Inputs[0]), X(), Norm(value.Call)));
                    break;
                default:
                    AddPointwise(value, name);
                    break;
            }
        }

        // While training only what has a loss has an end.
        for (int output = 0; output < _places.Count; output++)
            if (_training is null || _spec.LossOf(output) is not null) AddHead(output);
    }

    private void AddPointwise(Value value, string name)
    {
        if (_pointwise!.IsResult(value)) _groups.Add(_pointwise.Group(value, name));
    }

    private void AddHead(int index)
    {
        LossSpec? loss = _spec.LossOf(index);
        Value? judged = loss is null ? null : _forward.Values.Single(v => v.Op.IsLoss && _forward[v.Inputs[1]].Op is Op.Target target && target.Output == index);
        Value output = _training is null ? _forward[_forward.Outputs[index]] : _forward[judged!.Inputs[0]];
        ActivationKind kind = output.Op switch { Op.Softmax => ActivationKind.Softmax, Op.LogSoftmax => ActivationKind.LogSoftmax, _ => ActivationKind.None };
        Value logits = judged is not null ? _forward[judged.Inputs[0]] : kind == ActivationKind.None ? output : _forward[output.Inputs[0]];

        // A flattened map that the model yields is the map, in the order of the user's layout.
        int root = _storage.Root(logits.Id);
        ValueStorage rows = _storage.Of(root);
        int? gradient = _training?.Values.FirstOrDefault(v => v.Op is Op.SoftmaxCrossEntropyGrad or Op.ElementLossGrad && v.Inputs[1] == judged!.Inputs[1])?.Id;
        int call = _forward[root].Call >= 0 ? _forward[root].Call : 0;
        string name = _spec.Outputs.Count > 1 ? "head_" + _spec.Outputs[index].Name : "head";
        _groups.Add(new HeadGroup(name, call, rows.Channels, loss, kind, root, gradient, _places[index]) { Pixels = rows.Pixels, ChannelsFirst = rows.Pixels > 1 && _spec.Input.Layout == ImageLayout.ChannelsFirst });
    }

    private void Backward()
    {
        foreach (Value value in _training!.Values.Skip(_forward.Values.Count))
        {
            string name = NameOf(value);
            int X(int operand = 0) => _storage.Root(value.Inputs[operand]);
            switch (value.Op)
            {
                case Op.DenseDgrad:
                    DenseForwardGroup dense = _dense.Values.Single(d => d.Call == value.Call);
                    Value? masked = MaskedDgrad(_forward.Values.Single(v => v.Op is Op.Dense && v.Call == value.Call));
                    _groups.Add(new DenseDgradGroup(dense.Name, dense.Call, dense.In, dense.Units, X(), dense.Weights, masked is null ? null : dense.X, (masked ?? value).Id));
                    break;
                case Op.ConvWgrad:
                    AddConvBackward(_convolutions.Values.Single(c => c.Call == value.Call), value);
                    break;
                case Op.MaxPoolGrad when !_covered.Contains(value.Id):
                    PoolForwardGroup pool = _groups.OfType<PoolForwardGroup>().Single(p => p.Call == value.Call);
                    _groups.Add(new PoolBackwardGroup(name, value.Call, pool.Geometry, X(), value.Inputs[1], value.Id));
                    break;
                case Op.Pool2DGrad grad:
                    WindowPoolGroup window = _groups.OfType<WindowPoolGroup>().Single(p => p.Call == value.Call);
                    _groups.Add(new WindowPoolBackwardGroup(name, value.Call, grad.Kind, window.Geometry, X(), value.Inputs.Count > 1 ? value.Inputs[1] : null, value.Id));
                    break;
                case Op.Slice slice:
                    _groups.Add(new SliceGroup(name, value.Call, _storage.Of(value.Id), slice.From, _storage.Of(value.Inputs[0]).Stored, X(), value.Id, slice.Part));
                    break;
                case Op.UpsampleGrad up:
                    _groups.Add(new UpsampleBackwardGroup(name, value.Call, _storage.Of(value.Id), up.Height, up.Width, X(), value.Id));
                    break;
                case Op.Dropout drop:
                    _groups.Add(new DropoutGroup(name, value.Call, _storage.Of(value.Id), drop.Site, drop.Rate, Backward: true, X(), value.Id));
                    break;
                case Op.BatchNormSums:
                    _groups.Add(new BatchNormSumsGroup(name, value.Call, _storage.Of(value.Inputs[1]), X(), X(1), Norm(value.Call)));
                    break;
                default:
                    AddPointwise(value, name);
                    break;
            }
        }
    }

    private void AddConvBackward(ConvForwardGroup conv, Value wgrad)
    {
        Value dz = _training![wgrad.Inputs[1]];
        if (conv.Relu) dz = _training[dz.Inputs[0]];
        int dy = conv.Geometry.Pooled ? dz.Inputs[0] : dz.Id;
        int? dx = _training.Values.FirstOrDefault(v => v.Op is Op.ConvDgrad && v.Call == conv.Call)?.Id;
        bool shared = _convolutions.Values.Count(c => c.Weights == conv.Weights) > 1;
        _groups.Add(new ConvBackwardGroup(conv.Name, conv.Call, conv.Geometry, conv.Relu, conv.X, conv.Weights, conv.Bias, conv.Y, conv.Arg, _storage.Root(dy), dx) { IsShared = shared });
    }

    /// <summary>One update of each parameter, where its layer is called first, out of the gradients of all its calls.</summary>
    private void Updates()
    {
        KernelGroup[] groups = [.. _groups];
        var updated = new HashSet<int>();
        foreach (KernelGroup group in groups)
        {
            switch (group)
            {
                case DenseForwardGroup dense when updated.Add(dense.Weights):
                    DenseUse[] uses = [.. groups.OfType<DenseForwardGroup>().Where(d => d.Weights == dense.Weights).Select(d => new DenseUse(d.X, DyOf(d)))];
                    _groups.Add(new DenseUpdateGroup(dense.Name, dense.Call, dense.In, dense.Units, new(uses), dense.Weights, dense.Bias));
                    break;
                case ConvForwardGroup conv when updated.Add(conv.Weights):
                    _groups.Add(new ConvUpdateGroup(conv.Name, conv.Call, conv.Geometry, conv.Weights, conv.Bias));
                    break;
                case BatchMomentsGroup norm when updated.Add(norm.Parameters.Gamma):
                    BatchNormUse[] calls = [.. groups.OfType<BatchMomentsGroup>().Where(m => m.Parameters.Gamma == norm.Parameters.Gamma).Select(static m => new BatchNormUse(m.Parameters.Moments, m.Extent.Pixels))];
                    _groups.Add(new BatchNormUpdateGroup(norm.Name, norm.Call, norm.Extent.Channels, norm.Parameters, new(calls)));
                    break;
            }
        }

        int DyOf(DenseForwardGroup dense) => _storage.Root(_training!.Values.Single(v => v.Op is Op.DenseWgrad && v.Call == dense.Call).Inputs[1]);
    }

    private string NameOf(Value value) => value.Call >= 0 ? _spec.Calls[value.Call].Layer.Name : value.Name;

    /// <summary>Parameters and statistics of the normalization that a call is.</summary>
    private BatchNormParameters Norm(int call)
    {
        Value norm = _forward.Values.Single(v => v.Op is Op.BatchNorm && v.Call == call);
        Value mean = _forward.Values.Single(v => v.Op is Op.RunningMean && v.Call == call), variance = _forward.Values.Single(v => v.Op is Op.RunningVariance && v.Call == call);
        var moved = (Op.RunningVariance)variance.Op;
        return new(norm.Inputs[2], norm.Inputs[3], Statistic(mean), Statistic(variance), norm.Inputs[1], ((Op.BatchNorm)norm.Op).Epsilon, moved.Gain, moved.Unbiased);
    }

    /// <summary>The statistic that a call moves, perhaps on from where calls before it left it.</summary>
    private int Statistic(Value moved) => _forward[moved.Inputs[0]] is { Op: not Op.State } before ? Statistic(before) : moved.Inputs[0];

    /// <summary>Follows bias, ReLU and, where asked, pooling after a linear op as long as each is the only reader of the one before.</summary>
    private Value Absorb(Value linear, out int? bias, out bool relu, out Op.MaxPool2D? pool, bool pooling)
    {
        (bias, relu, pool) = (null, false, null);
        Value y = linear;
        while (!_forward.Outputs.Contains(y.Id) && _forward.Consumers(y.Id).ToArray() is [var next])
        {
            if (next.Op is Op.BiasAdd && bias is null && !relu) bias = next.Inputs[1];
            else if (next.Op is Op.Relu && !relu) relu = true;
            else if (next.Op is Op.MaxPool2D found && pooling) pool = found;
            else break;
            _covered.Add(next.Id);
            y = next;
            if (pool is not null) break;
        }

        return y;
    }

    /// <summary>The ReLU's gradient that a dense layer's data gradient passes through at once: where the layer's input is that ReLU's result and nothing else wants the sum.</summary>
    private Value? MaskedDgrad(Value dense) =>
        _training?.Values.FirstOrDefault(v => v.Op is Op.DenseDgrad && v.Call == dense.Call) is { } dx
        && _training.Consumers(dx.Id).ToArray() is [{ Op: Op.ReluGrad } masked] && masked.Inputs[0] == dx.Id && masked.Inputs[1] == dense.Inputs[0] ? masked : null;

    private Value Wgrad(Value conv) => _training!.Values.Single(v => v.Op is Op.ConvWgrad && v.Call == conv.Call);

    private ConvGeometry Geometry(Value conv, Value y, Op.MaxPool2D? pool)
    {
        ValueStorage x = _storage.Of(conv.Inputs[0]), output = _storage.Of(y.Id);
        Shape filter = _forward[conv.Inputs[1]].Shape;
        Window window = ((Op.Conv2D)conv.Op).Window;
        int ph = pool?.PoolHeight ?? 1, pw = pool?.PoolWidth ?? 1;
        return new(x.Rows, x.Columns, filter[2], x.Stored, filter[0], filter[1], output.Rows * ph, output.Columns * pw, filter[3], ph, pw)
        {
            StrideHeight = window.StrideHeight,
            StrideWidth = window.StrideWidth,
            Top = window.Top,
            Left = window.Left,
        };
    }

    private ConvGeometry PoolGeometry(Value pool, Op.MaxPool2D window)
    {
        ValueStorage x = _storage.Of(pool.Inputs[0]), y = _storage.Of(pool.Id);
        return new(x.Rows, x.Columns, x.Channels, x.Stored, 1, 1, y.Rows * window.PoolHeight, y.Columns * window.PoolWidth, x.Channels, window.PoolHeight, window.PoolWidth);
    }

    private PoolGeometry PoolGeometry(Value pool, Window window, bool countsPadding)
    {
        ValueStorage x = _storage.Of(pool.Inputs[0]), y = _storage.Of(pool.Id);
        return new(x.Rows, x.Columns, x.Channels, x.Stored, y.Rows, y.Columns, window, countsPadding);
    }

    /// <summary>The winners that backward reads of a pooling, if it does.</summary>
    private int? Arg(Value pooled) => pooled.Op is Op.MaxPool2D or Op.Pool2D
        ? _training?.Values.FirstOrDefault(v => v.Op is Op.MaxPoolArg or Op.Pool2DArg && v.Call == pooled.Call)?.Id
        : null;
}
