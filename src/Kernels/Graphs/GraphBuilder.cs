using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>ModelSpec to the forward graph, as the user wrote it: nothing fused, the loss on whatever it is defined on.</summary>
/// <remarks>Outputs, in order: the model's output; then, if there is a loss, each sample's loss and whether it was classified right.</remarks>
public static class GraphBuilder
{
    public static Graph Build(ModelSpec spec)
    {
        var graph = new GraphWriter();
        Value input = graph.AddShaped(new Op.Input(), "input", CallSpec.ModelInput, Shape.Image(spec.Input.Height, spec.Input.Width, spec.Input.Channels), DType.F32);
        var results = new Value[spec.Calls.Count];
        for (int call = 0; call < results.Length; call++)
        {
            int source = spec.Calls[call].Inputs[0];
            results[call] = AddCall(graph, spec, call, source == CallSpec.ModelInput ? input : results[source]);
        }

        Value output = results[results.Length - 1];
        graph.Output(output);
        if (spec.Loss is { } loss) AddLoss(graph, loss, output);
        return graph.ToGraph();
    }

    private static Value AddCall(GraphWriter graph, ModelSpec spec, int call, Value x)
    {
        LayerSpec layer = spec.Calls[call].Layer;
        switch (layer)
        {
            case Conv2DSpec conv:
                Value filter = Parameter(graph, spec, call, "kernel", Shape.Weights(conv.KernelHeight, conv.KernelWidth, x.Shape[2], conv.Filters));
                Value convolved = graph.Add(new Op.Conv2D(), layer.Name, call, x, filter);
                return Activate(graph, conv.Activation, layer.Name, call, Bias(graph, spec, call, conv.UseBias, convolved));
            case DenseSpec dense:
                Value weights = Parameter(graph, spec, call, "kernel", Shape.Weights(x.Shape[0], dense.Units));
                Value product = graph.Add(new Op.Dense(), layer.Name, call, x, weights);
                return Activate(graph, dense.Activation, layer.Name, call, Bias(graph, spec, call, dense.UseBias, product));
            case MaxPool2DSpec { PoolHeight: 1, PoolWidth: 1 }:
                return x;
            case MaxPool2DSpec pool:
                return graph.Add(new Op.MaxPool2D(pool.PoolHeight, pool.PoolWidth), layer.Name, call, x);
            case FlattenSpec:
                return x.Shape.IsFlat ? x : graph.Add(new Op.Flatten(spec.Input.Layout), layer.Name, call, x);
            case ReluSpec:
                return Activate(graph, ActivationKind.Relu, SourceName(spec, call), call, x);
            case SoftmaxSpec:
                return Activate(graph, ActivationKind.Softmax, SourceName(spec, call), call, x);
            default:
                throw new ArgumentException($"layer {layer.Name} of kind {layer.GetType().Name} has no graph", nameof(spec));
        }
    }

    /// <summary>An activation that is called is named as one that its layer was given: the graphs of both front ends are then the same.</summary>
    private static string SourceName(ModelSpec spec, int call) =>
        spec.Calls[call].Inputs[0] is var source && source == CallSpec.ModelInput ? "input" : spec.Calls[source].Layer.Name;

    private static Value Bias(GraphWriter graph, ModelSpec spec, int call, bool useBias, Value x)
    {
        if (!useBias) return x;
        Value bias = Parameter(graph, spec, call, "bias", Shape.Weights(x.Shape[x.Shape.Rank - 1]));
        return graph.Add(new Op.BiasAdd(), x.Name + ".biased", call, x, bias);
    }

    private static Value Activate(GraphWriter graph, ActivationKind activation, string name, int call, Value x) => activation switch
    {
        ActivationKind.Relu => graph.Add(new Op.Relu(), name + ".relu", call, x),
        ActivationKind.Softmax => graph.Add(new Op.Softmax(), name + ".softmax", call, x),
        _ => x,
    };

    private static Value Parameter(GraphWriter graph, ModelSpec spec, int call, string role, Shape shape)
    {
        string name = spec.Calls[call].Layer.Name + "." + (role == "kernel" && spec.Preset == Preset.PyTorch ? "weight" : role);
        return graph.AddShaped(new Op.Parameter(name), name, call, shape, DType.F32);
    }

    private static void AddLoss(GraphWriter graph, LossKind loss, Value output)
    {
        bool rows = loss == LossKind.CategoricalCrossentropy;
        Value target = graph.AddShaped(new Op.Target(loss), "target", CallSpec.ModelInput, rows ? output.Shape : Shape.Scalar, rows ? DType.F32 : DType.I32);
        Op op = loss == LossKind.CrossEntropy ? new Op.SoftmaxCrossEntropy() : new Op.CrossEntropy();
        graph.Output(graph.Add(op, "loss", CallSpec.ModelInput, output, target));
        graph.Output(graph.Add(new Op.Correct(), "correct", CallSpec.ModelInput, output, target));
    }
}
