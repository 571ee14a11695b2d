using Convoke.Kernels.Autodiff;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>What the double-precision interpreter says of a model and a batch.</summary>
/// <param name="Weights">By name, in graph order.</param>
/// <param name="Outputs">Of the model as the user wrote it, not fused, as prediction sees it.</param>
/// <param name="Losses">Of every loss, likewise: one behind the other for each sample.</param>
/// <param name="Correct">Per sample, likewise; empty where nothing tells classes.</param>
/// <param name="Gradients">Of the mean total loss, by parameter name, in graph order.</param>
internal sealed record Reference(Dictionary<string, float[]> Weights, double[][] Outputs, double[] Losses, double[] Correct, Dictionary<string, double[]> Gradients)
{
    /// <summary>The first output.</summary>
    public double[] Output => Outputs[0];

    /// <summary>Losses as training sees them, with dropout and the batch's statistics.</summary>
    public required double[] TrainingLosses { get; init; }

    public required double[] TrainingCorrect { get; init; }

    /// <summary>After the step, by name, what has no gradient: running statistics, and weights on which no loss depends.</summary>
    public required Dictionary<string, double[]> Statistics { get; init; }

    /// <summary>Of a model with one loss, whose labels are class indices, of a map one a pixel.</summary>
    public static Reference Run(ModelSpec spec, int n, float[] images, int[] labels, Func<Graph, Dictionary<string, float[]>> weights, ulong seed = 0, uint draw = 0) =>
        Run(spec, n, images, Truth.Of(spec, labels), weights, seed, draw);

    /// <param name="spec">The model.</param>
    /// <param name="n">Samples.</param>
    /// <param name="images">NHWC.</param>
    /// <param name="truth">What it should come to.</param>
    /// <param name="weights">Weights for a graph's parameters and statistics.</param>
    /// <param name="seed">Of dropout.</param>
    /// <param name="draw">Of dropout.</param>
    /// <param name="operand">What products make of their factors, in a graph; null leaves them as they are.</param>
    public static Reference Run(ModelSpec spec, int n, float[] images, Truth truth, Func<Graph, Dictionary<string, float[]>> weights, ulong seed = 0, uint draw = 0, Func<Graph, Func<Value, int, double, double>>? operand = null)
    {
        Graph forward = GraphBuilder.Build(spec);
        Dictionary<string, float[]> w = weights(forward);
        double[] Weight(string name) => [.. w[name].Select(static x => (double)x)];
        double[] input = [.. images.Select(static x => (double)x)];
        Graph fused = TrainedPart.Run(FuseSoftmaxCrossEntropy.Run(forward));
        Graph training = Differentiator.Run(fused, spec.Optimizer!);
        double[][] values = GraphInterpreter.Run(training, n, input, output => truth[output], Weight, DropoutMask.Of(fused, spec.Input.Layout, seed, draw), operand?.Invoke(training));
        Graph predict = FuseSoftmaxCrossEntropy.Run(GraphBuilder.Build(spec, training: false));
        double[][] plain = GraphInterpreter.Run(predict, n, input, output => truth[output], Weight, operand: operand?.Invoke(predict));
        var gradients = training.Values.Where(static v => v.Op is Op.Update).ToDictionary(v => training[v.Inputs[0]].Name, v => values[v.Inputs[1]]);
        int outputs = spec.Results.Count, losses = spec.Losses.Count;
        double[] Losses(double[][] of, Graph graph, int first) => [.. Enumerable.Range(0, n * losses).Select(i => of[graph.Outputs[first + (i % losses)]][i / losses])];
        double[] Counts(double[][] of, Graph graph, int at) => spec.CountedOutput is null ? [] : of[graph.Outputs[at]];
        Dictionary<string, double[]> kept = w.Keys.Where(name => !gradients.ContainsKey(name)).ToDictionary(static name => name, Weight);
        foreach (Value moved in training.Values.Where(static v => v.Op is Op.RunningMean or Op.RunningVariance)) kept[StateOf(training, moved)] = values[moved.Id];
        return new(w, [.. predict.Outputs.Take(outputs).Select(o => plain[o])], Losses(plain, predict, outputs), Counts(plain, predict, outputs + losses), gradients)
        {
            TrainingLosses = Losses(values, training, 0),
            TrainingCorrect = Counts(values, training, losses),
            Statistics = kept,
        };
    }

    /// <summary>The statistic that was moved, by one call of its layer after the other.</summary>
    private static string StateOf(Graph graph, Value moved) => moved.Op is Op.State ? moved.Name : StateOf(graph, graph[moved.Inputs[0]]);

    /// <summary>Shapes of the model's outputs, NHWC.</summary>
    public static IReadOnlyList<Shape> OutputShapes(ModelSpec spec)
    {
        Graph graph = GraphBuilder.Build(spec with { Losses = [] }, training: false);
        return [.. graph.Outputs.Take(spec.Results.Count).Select(o => graph[o].Shape)];
    }
}
