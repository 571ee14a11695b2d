using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>ModelSpec to the forward graph, as the user wrote it: nothing fused, the loss on whatever it is defined on.</summary>
/// <remarks>
/// Outputs, in order: the model's outputs; then each sample's loss, of every loss; then, where one tells classes, how many rows of the sample the first such loss's
/// output classifies right; then, in a graph for training, the running statistics as they stand after the step.
/// </remarks>
public sealed class GraphBuilder
{
    private readonly GraphWriter _graph = new();
    private readonly ModelSpec _spec;
    private readonly bool _training;
    private readonly Value[] _results;
    private readonly Value[] _inputs;
    private readonly Value?[] _imported;
    private readonly HashSet<int> _readsSamples;
    private readonly Dictionary<string, Value> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Value> _states = new(StringComparer.Ordinal);
    private readonly List<string> _moved = [];
    private int _dropouts;

    private GraphBuilder(ModelSpec spec, bool training)
    {
        (_spec, _training) = (spec, training);
        _results = new Value[spec.Calls.Count];
        IReadOnlyList<InputPlace> places = InputPlace.Of(spec);
        _inputs = [.. spec.Inputs.Select((input, i) => _graph.AddShaped(new Op.Input(places[i]), NameOfInput(i), CallSpec.ModelInput, input.Shape, DType.F32))];
        _imported = new Value?[_inputs.Length];
        _readsSamples = SampleReaders.Of(spec);
    }

    /// <summary>The forward graph of a model.</summary>
    /// <param name="spec">A model without faults.</param>
    /// <param name="training">Whether dropout drops, and normalization takes the batch's statistics rather than the running ones.</param>
    public static Graph Build(ModelSpec spec, bool training = true)
    {
        var builder = new GraphBuilder(spec, training);
        for (int call = 0; call < spec.Calls.Count; call++) builder._results[call] = builder.AddCall(call);
        foreach (OutputSpec output in spec.Results) builder._graph.Output(builder._results[output.Call]);
        builder.AddLosses();
        foreach (string statistic in builder._moved) builder._graph.Output(builder._states[statistic]);
        return builder._graph.ToGraph();
    }

    private Value AddCall(int call)
    {
        LayerSpec layer = _spec.Calls[call].Layer;
        Value[] inputs = [.. _spec.Calls[call].Inputs.Select(source => Source(call, source))];
        Value x = inputs[0];
        switch (layer)
        {
            case Conv2DSpec conv:
                Value filter = Parameter(call, "kernel", Shape.Weights(conv.KernelHeight, conv.KernelWidth, x.Shape[2], conv.Filters));
                Value convolved = _graph.Add(new Op.Conv2D(conv.WindowOn(x.Shape[0], x.Shape[1])), layer.Name, call, x, filter);
                return Activate(conv.Activation, layer.Name, call, Bias(call, conv.UseBias, convolved));
            case DenseSpec dense:
                Value weights = Parameter(call, "kernel", Shape.Weights(x.Shape[0], dense.Units));
                Value product = _graph.Add(new Op.Dense(), layer.Name, call, x, weights);
                return Activate(dense.Activation, layer.Name, call, Bias(call, dense.UseBias, product));
            case BatchNormSpec norm:
                return AddNorm(norm, call, x);
            case MaxPool2DSpec { PoolHeight: 1, PoolWidth: 1, IsTiling: true }:
                return x;
            case MaxPool2DSpec { IsTiling: true } pool when pool.PoolHeight * pool.PoolWidth <= byte.MaxValue:
                return _graph.Add(new Op.MaxPool2D(pool.PoolHeight, pool.PoolWidth), layer.Name, call, x);
            case MaxPool2DSpec pool:
                return _graph.Add(new Op.Pool2D(PoolKind.Max, pool.WindowOn(x.Shape[0], x.Shape[1]), false), layer.Name, call, x);
            case AveragePool2DSpec pool:
                return _graph.Add(new Op.Pool2D(PoolKind.Average, pool.WindowOn(x.Shape[0], x.Shape[1]), pool.CountsPadding), layer.Name, call, x);
            case GlobalPool2DSpec pool:
                Value pooled = _graph.Add(new Op.Pool2D(pool.Kind, Window.Valid(x.Shape[0], x.Shape[1]), false), layer.Name, call, x);
                return _graph.Add(new Op.Flatten(_spec.Input.Layout), layer.Name + ".flat", call, pooled);
            case FlattenSpec:
                return x.Shape.IsFlat ? x : _graph.Add(new Op.Flatten(_spec.Input.Layout), layer.Name, call, x);
            case UpsampleSpec up:
                return _graph.Add(new Op.Upsample(up.Height, up.Width), layer.Name, call, x);
            case DropoutSpec drop:
                return _training && drop.Rate > 0 ? _graph.Add(new Op.Dropout(drop.Rate, _dropouts++), layer.Name, call, x) : x;
            case ReluSpec:
                return Activate(ActivationKind.Relu, SourceName(call), call, x);
            case SoftmaxSpec:
                return Activate(ActivationKind.Softmax, SourceName(call), call, x);
            case ActivationSpec { Kind: ActivationKind.LogSoftmax }:
                return _graph.Add(new Op.LogSoftmax(), SourceName(call) + ".log_softmax", call, x);
            case ActivationSpec activation:
                return _graph.Add(new Op.Activation(activation.Kind, activation.Slope), SourceName(call) + "." + layer.Name, call, x);
            case AddSpec:
                return _graph.Add(new Op.Add(), layer.Name, call, inputs);
            case MultiplySpec:
                return _graph.Add(new Op.Multiply(), layer.Name, call, inputs);
            case ConcatSpec:
                return inputs.Length == 1 ? x : _graph.Add(new Op.Concat(), layer.Name, call, inputs);
            default:
                throw new ArgumentException($"layer {layer.Name} of kind {layer.GetType().Name} has no graph", nameof(call));
        }
    }

    /// <summary>What a call reads. Layers whose kernels take the user's own memory read an input as it is, all others an imported copy.</summary>
    private Value Source(int call, int source)
    {
        Value x = CallSpec.IsInput(source) ? _inputs[CallSpec.InputIndex(source)] : _results[source];
        if (x.Op is not Op.Input input || _readsSamples.Contains(call)) return x;
        int index = input.Place.Index;
        return _imported[index] ??= _graph.Add(new Op.Import(), _inputs.Length == 1 ? "imported" : x.Name + ".imported", CallSpec.ModelInput, x);
    }

    private string NameOfInput(int index) => _spec.FurtherInputs.Count == 0 ? "input" : _spec.Inputs[index].Name!;

    /// <summary>An activation that is called is named as one that its layer was given: the graphs of both front ends are then the same.</summary>
    private string SourceName(int call) =>
        _spec.Calls[call].Inputs[0] is var source && CallSpec.IsInput(source) ? NameOfInput(CallSpec.InputIndex(source)) : _spec.Calls[source].Layer.Name;

    private Value Bias(int call, bool useBias, Value x)
    {
        if (!useBias) return x;
        Value bias = Parameter(call, "bias", Shape.Weights(x.Shape[x.Shape.Rank - 1]));
        return _graph.Add(new Op.BiasAdd(), x.Name + ".biased", call, x, bias);
    }

    private Value AddNorm(BatchNormSpec norm, int call, Value x)
    {
        Shape perChannel = Shape.Weights(x.Shape[x.Shape.Rank - 1]);
        Value gamma = Parameter(call, "gamma", perChannel), beta = Parameter(call, "beta", perChannel);
        Value mean = State(call, "moving_mean", "running_mean", perChannel), variance = State(call, "moving_variance", "running_var", perChannel);
        if (!_training) return _graph.Add(new Op.Normalize(norm.Epsilon), norm.Name, call, x, mean, variance, gamma, beta);
        int pixels = x.Shape.Count / perChannel.Count;
        Value moments = _graph.Add(new Op.BatchMoments(), norm.Name + ".moments", call, x);
        Value y = _graph.Add(new Op.BatchNorm(norm.Epsilon), norm.Name, call, x, moments, gamma, beta);
        Move(new Op.RunningMean(norm.Gain), call, mean, moments);
        Move(new Op.RunningVariance(norm.Gain, norm.UnbiasedRunning, pixels), call, variance, moments);
        return y;
    }

    /// <summary>Moves a statistic; a later call of the layer moves it on from there.</summary>
    private void Move(Op op, int call, Value statistic, Value moments)
    {
        string name = _states.First(s => s.Value.Id == statistic.Id).Key;
        if (!_moved.Contains(name)) _moved.Add(name);
        _states[name] = _graph.Add(op, statistic.Name + "'", call, statistic, moments);
    }

    private Value Activate(ActivationKind activation, string name, int call, Value x) => activation switch
    {
        ActivationKind.Relu => _graph.Add(new Op.Relu(), name + ".relu", call, x),
        ActivationKind.Softmax => _graph.Add(new Op.Softmax(), name + ".softmax", call, x),
        _ => x,
    };

    /// <summary>A parameter of the layer: the same value for all of its calls.</summary>
    private Value Parameter(int call, string role, Shape shape)
    {
        string name = _spec.Calls[call].Layer.Name + "." + RoleName(role);
        if (_parameters.TryGetValue(name, out Value? known)) return known;
        return _parameters[name] = _graph.AddShaped(new Op.Parameter(name), name, call, shape, DType.F32);
    }

    private string RoleName(string role) => (_spec.Preset, role) switch
    {
        (Preset.PyTorch, "kernel" or "gamma") => "weight",
        (Preset.PyTorch, "beta") => "bias",
        _ => role,
    };

    /// <summary>A running statistic as the calls before left it.</summary>
    private Value State(int call, string keras, string pytorch, Shape shape)
    {
        string name = _spec.Calls[call].Layer.Name + "." + (_spec.Preset == Preset.PyTorch ? pytorch : keras);
        if (_states.TryGetValue(name, out Value? known)) return known;
        return _states[name] = _graph.AddShaped(new Op.State(name), name, call, shape, DType.F32);
    }

    private void AddLosses()
    {
        Value? correct = null;
        foreach (LossSpec loss in _spec.Losses)
        {
            OutputSpec result = _spec.Results[loss.Output];
            Value output = _results[result.Call];
            string suffix = _spec.Outputs.Count > 1 ? "." + result.Name : "";
            bool rows = loss.Kind.TakesRows();
            Shape perRow = output.Shape.IsImage ? new Shape([output.Shape[0], output.Shape[1]], PerSample: true) : Shape.Scalar;
            Value target = _graph.AddShaped(new Op.Target(loss.Kind, loss.Output), "target" + suffix, CallSpec.ModelInput, rows ? output.Shape : perRow, rows ? DType.F32 : DType.I32);
            Op op = loss.Kind switch
            {
                LossKind.CrossEntropy => new Op.SoftmaxCrossEntropy(loss.Weight),
                LossKind.MeanSquaredError or LossKind.SmoothL1 => new Op.ElementLoss(loss.Kind, loss.Beta, loss.Weight),
                _ => new Op.CrossEntropy(loss.Weight),
            };
            _graph.Output(_graph.Add(op, "loss" + suffix, CallSpec.ModelInput, output, target));
            if (loss.Output == _spec.CountedOutput) correct = _graph.Add(new Op.Correct(), "correct", CallSpec.ModelInput, output, target);
        }

        if (correct is not null) _graph.Output(correct);
    }
}
