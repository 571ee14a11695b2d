using Convoke.Kernels.Graphs;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Passes;

/// <summary>
/// Before: the prediction graph. After: a normalization that alone reads a convolution or dense layer has gone into that layer's weights and bias.
/// Only prediction can: its statistics do not depend on the batch.
/// <code>
/// y = Normalize(BiasAdd(Conv2D(x, w), b), mean, variance, gamma, beta)
/// y = BiasAdd(Conv2D(x, FoldedKernel(w, variance, gamma)), FoldedBias(mean, variance, gamma, beta, b))
/// </code>
/// </summary>
public static class FoldBatchNorm
{
    public static Graph Run(Graph graph)
    {
        var folded = new Dictionary<int, Value>();
        foreach (Value norm in graph.Values.Where(static v => v.Op is Op.Normalize))
            if (Linear(graph, norm) is { } linear) folded[linear.Id] = norm;
        if (folded.Count == 0) return graph;

        // Statistics and gamma may stand behind the layer that they go into: sources come first.
        var writer = new GraphWriter();
        var renamed = new Dictionary<int, Value>();
        var made = new Dictionary<(Op, EquatableArray<int>), Value>();
        Value Now(int id) => renamed[id];

        // A layer that is called again with the same normalization behind it has the same weights again.
        Value Once(Op op, string name, int call, params Value[] inputs)
        {
            (Op, EquatableArray<int>) key = (op, [.. inputs.Select(static i => i.Id)]);
            return made.TryGetValue(key, out Value? known) ? known : made[key] = writer.Add(op, name, call, inputs);
        }

        foreach (Value value in graph.Values.OrderBy(static v => v.Inputs.Count > 0))
        {
            Value[] inputs = [.. value.Inputs.Select(Now)];
            if (folded.TryGetValue(value.Id, out Value? norm))
            {
                Value mean = Now(norm.Inputs[1]), variance = Now(norm.Inputs[2]), gamma = Now(norm.Inputs[3]), beta = Now(norm.Inputs[4]);
                double epsilon = ((Op.Normalize)norm.Op).Epsilon;
                Value? bias = graph[norm.Inputs[0]] is { Op: Op.BiasAdd } biased ? Now(biased.Inputs[1]) : null;
                Value kernel = Once(new Op.FoldedKernel(epsilon), inputs[1].Name + ".folded", value.Call, inputs[1], variance, gamma);
                Value shift = Once(new Op.FoldedBias(epsilon), value.Name + ".folded_bias", value.Call, [mean, variance, gamma, beta, .. bias is null ? Array.Empty<Value>() : [bias]]);
                Value product = writer.Add(value.Op, value.Name, value.Call, inputs[0], kernel);
                renamed[value.Id] = renamed[norm.Inputs[0]] = renamed[norm.Id] = writer.Add(new Op.BiasAdd(), value.Name + ".biased", value.Call, product, shift);
            }
            else if (!renamed.ContainsKey(value.Id)) renamed[value.Id] = writer.AddShaped(value.Op, value.Name, value.Call, value.Shape, value.Type, inputs);
        }

        foreach (int output in graph.Outputs) writer.Output(Now(output));
        return writer.ToGraph();
    }

    /// <summary>The linear op that a normalization goes into: it alone reads it, or its biased result.</summary>
    private static Value? Linear(Graph graph, Value norm)
    {
        Value x = graph[norm.Inputs[0]];
        bool biased = x.Op is Op.BiasAdd;
        Value linear = biased ? graph[x.Inputs[0]] : x;
        bool alone = OnlyReader(graph, x.Id) && (!biased || OnlyReader(graph, linear.Id));
        return alone && linear.Op is Op.Conv2D or Op.Dense ? linear : null;
    }

    private static bool OnlyReader(Graph graph, int id) => !graph.Outputs.Contains(id) && graph.Consumers(id).Count() == 1;
}
