using Convoke.Kernels.Autodiff;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;

namespace Convoke.Kernels.Tests;

/// <summary>What the double-precision interpreter says of a model and a batch.</summary>
/// <param name="Weights">By name, in graph order.</param>
/// <param name="Output">Of the model as the user wrote it, not fused.</param>
/// <param name="Loss">Per sample, likewise.</param>
/// <param name="Correct">Per sample.</param>
/// <param name="Gradients">Of the mean loss, by parameter name, in graph order.</param>
internal sealed record Reference(Dictionary<string, float[]> Weights, double[] Output, double[] Loss, double[] Correct, Dictionary<string, double[]> Gradients)
{
    public static Reference Run(ModelSpec spec, int n, float[] images, int[] labels, Func<Graph, Dictionary<string, float[]>> weights)
    {
        Graph forward = GraphBuilder.Build(spec);
        Dictionary<string, float[]> w = weights(forward);
        double[] Weight(string name) => [.. w[name].Select(static x => (double)x)];
        double[] input = [.. images.Select(static x => (double)x)], target = Target(spec, labels);
        Graph fused = FuseSoftmaxCrossEntropy.Run(forward);
        Graph training = Differentiator.Run(fused, spec.Optimizer!);
        double[][] values = GraphInterpreter.Run(training, n, input, target, Weight);
        double[][] plain = GraphInterpreter.Run(fused, n, input, target, Weight);
        var gradients = training.Values.Where(static v => v.Op is Op.Update).ToDictionary(v => training[v.Inputs[0]].Name, v => values[v.Inputs[1]]);
        return new(w, plain[fused.Outputs[0]], plain[fused.Outputs[1]], plain[fused.Outputs[2]], gradients);
    }

    /// <summary>Labels as the model's loss takes them.</summary>
    public static double[] Target(ModelSpec spec, int[] labels)
    {
        if (spec.Loss != LossKind.CategoricalCrossentropy) return [.. labels.Select(static l => (double)l)];
        int classes = ((DenseSpec)spec.Calls[^1].Layer).Units;
        var rows = new double[labels.Length * classes];
        for (int i = 0; i < labels.Length; i++) rows[(i * classes) + labels[i]] = 1;
        return rows;
    }
}
