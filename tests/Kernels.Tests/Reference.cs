using Convoke.Kernels.Autodiff;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>What the double-precision interpreter says of a model and a batch.</summary>
/// <param name="Weights">By name, in graph order.</param>
/// <param name="Output">Of the model as the user wrote it, not fused, as prediction sees it.</param>
/// <param name="Loss">Per sample, likewise.</param>
/// <param name="Correct">Per sample, likewise.</param>
/// <param name="Gradients">Of the mean loss, by parameter name, in graph order.</param>
internal sealed record Reference(Dictionary<string, float[]> Weights, double[] Output, double[] Loss, double[] Correct, Dictionary<string, double[]> Gradients)
{
    /// <summary>Loss per sample as training sees it, with dropout and the batch's statistics.</summary>
    public required double[] TrainingLoss { get; init; }

    public required double[] TrainingCorrect { get; init; }

    /// <summary>Running statistics after the step, by name.</summary>
    public required Dictionary<string, double[]> Statistics { get; init; }

    /// <param name="spec">The model.</param>
    /// <param name="n">Samples.</param>
    /// <param name="images">NHWC.</param>
    /// <param name="labels">Class indices, of a map one a pixel.</param>
    /// <param name="weights">Weights for a graph's parameters and statistics.</param>
    /// <param name="seed">Of dropout.</param>
    /// <param name="draw">Of dropout.</param>
    public static Reference Run(ModelSpec spec, int n, float[] images, int[] labels, Func<Graph, Dictionary<string, float[]>> weights, ulong seed = 0, uint draw = 0)
    {
        Graph forward = GraphBuilder.Build(spec);
        Dictionary<string, float[]> w = weights(forward);
        double[] Weight(string name) => [.. w[name].Select(static x => (double)x)];
        double[] input = [.. images.Select(static x => (double)x)], target = Target(spec, labels);
        Graph fused = FuseSoftmaxCrossEntropy.Run(forward);
        Graph training = Differentiator.Run(fused, spec.Optimizer!);
        double[][] values = GraphInterpreter.Run(training, n, input, target, Weight, DropoutMask.Of(fused, spec.Input.Layout, seed, draw));
        Graph predict = FuseSoftmaxCrossEntropy.Run(GraphBuilder.Build(spec, training: false));
        double[][] plain = GraphInterpreter.Run(predict, n, input, target, Weight);
        var gradients = training.Values.Where(static v => v.Op is Op.Update).ToDictionary(v => training[v.Inputs[0]].Name, v => values[v.Inputs[1]]);
        return new(w, plain[predict.Outputs[0]], plain[predict.Outputs[1]], plain[predict.Outputs[2]], gradients)
        {
            TrainingLoss = values[training.Outputs[0]],
            TrainingCorrect = values[training.Outputs[1]],
            Statistics = training.Values.Where(static v => v.Op is Op.RunningMean or Op.RunningVariance).ToDictionary(v => training[v.Inputs[0]].Name, v => values[v.Id]),
        };
    }

    /// <summary>Shape of the model's output, NHWC.</summary>
    public static Shape OutputShape(ModelSpec spec)
    {
        Graph graph = GraphBuilder.Build(spec with { Loss = null }, training: false);
        return graph[graph.Outputs[0]].Shape;
    }

    /// <summary>Labels as the model's loss takes them.</summary>
    public static double[] Target(ModelSpec spec, int[] labels)
    {
        if (spec.Loss != LossKind.CategoricalCrossentropy) return [.. labels.Select(static l => (double)l)];
        Shape output = OutputShape(spec);
        int classes = output[output.Rank - 1];
        var rows = new double[labels.Length * classes];
        for (int i = 0; i < labels.Length; i++) rows[(i * classes) + labels[i]] = 1;
        return rows;
    }
}
