using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;

namespace Convoke.Kernels.Scheduling;

/// <summary>Cuts a graph into kernel groups: forward in order, then the head, then backward in reverse, then the groups over parameters.</summary>
/// <remarks>
/// Two facts let a pooled convolution keep only its pooled map. Bias and ReLU are monotonic, so they may follow the maximum. And the gradient that pooling
/// sends to its winner is masked by the winner's ReLU, which is the pooled value itself: relu_grad(pool_grad(dy, a), y_full) = pool_grad(dy where y &gt; 0, a).
/// </remarks>
public sealed class Fusion
{
    private readonly Graph _forward;
    private readonly Graph? _training;
    private readonly StorageRules _storage;
    private readonly List<KernelGroup> _groups = [];

    private Fusion(Graph forward, Graph? training)
    {
        (_forward, _training) = (forward, training);
        _storage = new StorageRules(forward, LiveRegions.Run(forward));
    }

    /// <param name="spec">The model, for layer names.</param>
    /// <param name="forward">The forward graph; its ids are those of the first values of <paramref name="training"/>.</param>
    /// <param name="training">The forward graph with adjoints and updates, or null to predict.</param>
    public static Fused Run(ModelSpec spec, Graph forward, Graph? training)
    {
        var fusion = new Fusion(forward, training);
        fusion.Forward(spec);
        if (training is not null) fusion.Backward();
        return new(fusion._groups, fusion._storage);
    }

    /// <summary>The groups, and how their values are stored.</summary>
    public sealed record Fused(IReadOnlyList<KernelGroup> Groups, StorageRules Storage);

    private void Forward(ModelSpec spec)
    {
        var absorbed = new HashSet<int>();
        int last = 0;
        foreach (Value value in _forward.Values)
        {
            string name = value.Call >= 0 ? spec.Calls[value.Call].Layer.Name : value.Name;
            if (absorbed.Contains(value.Id)) continue;
            switch (value.Op)
            {
                case Op.Conv2D:
                    Value y = Absorb(value, absorbed, out int? bias, out bool relu, out Op.MaxPool2D? pool, pooling: true);
                    _groups.Add(new ConvForwardGroup(name, value.Call, Geometry(value, y, pool), relu, _storage.Root(value.Inputs[0]), value.Inputs[1], bias, y.Id, Arg(y)));
                    last = y.Id;
                    break;
                case Op.Dense:
                    Value z = Absorb(value, absorbed, out int? denseBias, out bool denseRelu, out _, pooling: false);
                    _groups.Add(new DenseForwardGroup(name, value.Call, _storage.Of(value.Inputs[0]).Count, value.Shape[0], denseRelu, _storage.Root(value.Inputs[0]), value.Inputs[1], denseBias, z.Id));
                    last = z.Id;
                    break;
                case Op.MaxPool2D p:
                    _groups.Add(new PoolForwardGroup(name, value.Call, PoolGeometry(value, p), _storage.Root(value.Inputs[0]), value.Id, Arg(value)));
                    last = value.Id;
                    break;
            }
        }

        LossKind? loss = _forward.Values.Select(static v => v.Op).OfType<Op.Target>().FirstOrDefault()?.Loss;
        Value? softmax = _forward.Values.FirstOrDefault(static v => v.Op is Op.Softmax);
        int? gradient = _training?.Values.FirstOrDefault(static v => v.Op is Op.SoftmaxCrossEntropyGrad)?.Id;
        _groups.Add(new HeadGroup("head", _forward[last].Call, _forward[last].Shape[0], loss, softmax is not null, last, gradient));
    }

    private void Backward()
    {
        KernelGroup[] forward = [.. _groups];
        for (int i = forward.Length - 1; i >= 0; i--)
        {
            switch (forward[i])
            {
                case DenseForwardGroup dense when Dgrad<Op.DenseDgrad>(dense.Weights) is { } dx:
                    Value? masked = _training!.Consumers(dx.Id).FirstOrDefault(static v => v.Op is Op.ReluGrad);
                    _groups.Add(new DenseDgradGroup(dense.Name, dense.Call, dense.In, dense.Units, Dy(dense.Weights), dense.Weights, masked is null ? null : dense.X, (masked ?? dx).Id));
                    break;
                case ConvForwardGroup conv:
                    Value dz = _training![_training[Gradient(conv.Weights)].Inputs[1]];
                    if (conv.Relu) dz = _training[dz.Inputs[0]];
                    int dy = conv.Geometry.Pooled ? dz.Inputs[0] : dz.Id;
                    _groups.Add(new ConvBackwardGroup(conv.Name, conv.Call, conv.Geometry, conv.Relu, conv.X, conv.Weights, conv.Bias, conv.Y, conv.Arg, Root(dy), Dgrad<Op.ConvDgrad>(conv.Weights)?.Id));
                    break;
                case PoolForwardGroup { Arg: { } arg } pool when _training!.Consumers(arg).FirstOrDefault() is { } gradient:
                    _groups.Add(new PoolBackwardGroup(pool.Name, pool.Call, pool.Geometry, Root(gradient.Inputs[0]), arg, gradient.Id));
                    break;
            }
        }

        foreach (KernelGroup group in forward)
        {
            if (group is DenseForwardGroup dense) _groups.Add(new DenseUpdateGroup(dense.Name, dense.Call, dense.In, dense.Units, dense.X, Dy(dense.Weights), dense.Weights, dense.Bias));
            else if (group is ConvForwardGroup conv) _groups.Add(new ConvUpdateGroup(conv.Name, conv.Call, conv.Geometry, conv.Weights, conv.Bias));
        }
    }

    /// <summary>Follows bias, ReLU and, where asked, pooling after a linear op as long as each is the only reader of the one before.</summary>
    private Value Absorb(Value linear, HashSet<int> absorbed, out int? bias, out bool relu, out Op.MaxPool2D? pool, bool pooling)
    {
        (bias, relu, pool) = (null, false, null);
        Value y = linear;
        while (_forward.Consumers(y.Id).ToArray() is [var next])
        {
            if (next.Op is Op.BiasAdd && bias is null && !relu) bias = next.Inputs[1];
            else if (next.Op is Op.Relu && !relu) relu = true;
            else if (next.Op is Op.MaxPool2D found && pooling) pool = found;
            else break;
            absorbed.Add(next.Id);
            y = next;
            if (pool is not null) break;
        }

        return y;
    }

    private ConvGeometry Geometry(Value conv, Value y, Op.MaxPool2D? pool)
    {
        ValueStorage x = _storage.Of(conv.Inputs[0]), output = _storage.Of(y.Id);
        Types.Shape filter = _forward[conv.Inputs[1]].Shape;
        int ph = pool?.PoolHeight ?? 1, pw = pool?.PoolWidth ?? 1;
        return new(x.Rows, x.Columns, filter[2], x.Stored, filter[0], filter[1], output.Rows * ph, output.Columns * pw, filter[3], ph, pw);
    }

    private ConvGeometry PoolGeometry(Value pool, Op.MaxPool2D window)
    {
        ValueStorage x = _storage.Of(pool.Inputs[0]), y = _storage.Of(pool.Id);
        return new(x.Rows, x.Columns, x.Channels, x.Stored, 1, 1, y.Rows * window.PoolHeight, y.Columns * window.PoolWidth, x.Channels, window.PoolHeight, window.PoolWidth);
    }

    /// <summary>The winners that backward reads of a pooling, if it does.</summary>
    private int? Arg(Value pooled) => pooled.Op is Op.MaxPool2D
        ? _training?.Values.FirstOrDefault(v => v.Op is Op.MaxPoolArg && v.Inputs[0] == pooled.Inputs[0])?.Id
        : null;

    private int Gradient(int parameter) => _training!.Values.Single(v => v.Op is Op.Update && v.Inputs[0] == parameter).Inputs[1];

    private int Dy(int weights) => Root(_training![Gradient(weights)].Inputs[1]);

    private Value? Dgrad<TOp>(int weights) where TOp : Op => _training!.Values.FirstOrDefault(v => v.Op is TOp && v.Inputs[1] == weights);

    private int Root(int id) => _training![id].Op is Op.Unflatten ? Root(_training[id].Inputs[0]) : id;
}
