using Convoke.Kernels.Graphs;

namespace Convoke.Kernels.Passes;

/// <summary>
/// Before: any forward graph. After: no <see cref="Op.CrossEntropy"/> is left, so that every loss has a gradient that cannot overflow.
/// Stands before differentiation, because the gradient of the pair is simpler than that of its parts.
/// <code>
/// p = Softmax(z); loss = CrossEntropy(p, t); ok = Correct(p, t)
/// p = Softmax(z); loss = SoftmaxCrossEntropy(z, t); ok = Correct(z, t)      (argmax p = argmax z)
/// </code>
/// </summary>
public static class FuseSoftmaxCrossEntropy
{
    public static Graph Run(Graph graph)
    {
        var values = new List<Value>();
        foreach (Value value in graph.Values)
        {
            // The logarithm of a softmax is its own: log softmax(log softmax(z)) = log softmax(z).
            Value? softmax = (value.Op is Op.CrossEntropy or Op.Correct && graph[value.Inputs[0]] is { Op: Op.Softmax })
                || (value.Op is Op.SoftmaxCrossEntropy or Op.Correct && graph[value.Inputs[0]] is { Op: Op.LogSoftmax }) ? graph[value.Inputs[0]] : null;
            values.Add(softmax is null ? value : value with
            {
                Op = value.Op is Op.CrossEntropy loss ? new Op.SoftmaxCrossEntropy(loss.Weight) : value.Op,
                Inputs = [softmax.Inputs[0], value.Inputs[1]],
            });
            if (values[values.Count - 1].Op is Op.CrossEntropy) throw new InvalidOperationException($"{value.Name} takes probabilities that no softmax yields");
        }

        return graph with { Values = new([.. values]) };
    }
}
