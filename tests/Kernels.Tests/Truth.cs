using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>What a batch should come to: of each loss, in their order, class indices, or values in the order of the graph (NHWC).</summary>
/// <param name="Spec">The model.</param>
/// <param name="Samples">Samples.</param>
/// <param name="Targets">As the interpreter takes them.</param>
internal sealed record Truth(ModelSpec Spec, int Samples, IReadOnlyList<double[]> Targets)
{
    /// <summary>The target of the loss on an output.</summary>
    public double[] this[int output] => Targets[Spec.Losses.TakeWhile(l => l.Output != output).Count()];

    /// <summary>Class indices for a model's only loss, as that loss takes them.</summary>
    public static Truth Of(ModelSpec spec, int[] labels)
    {
        Shape output = Reference.OutputShapes(spec)[0];
        int classes = output[output.Rank - 1], samples = labels.Length * classes / output.Count;
        if (!spec.Losses[0].Kind.TakesRows()) return new(spec, samples, [[.. labels.Select(static l => (double)l)]]);
        var rows = new double[labels.Length * classes];
        for (int i = 0; i < labels.Length; i++) rows[(i * classes) + labels[i]] = 1;
        return new(spec, samples, [rows]);
    }

    /// <summary>Class indices, or any values, for every loss.</summary>
    public static Truth Random(ModelSpec spec, int seed, int n)
    {
        var random = new Random(seed + 3_000_000);
        IReadOnlyList<Shape> shapes = Reference.OutputShapes(spec);
        return new(spec, n, [.. spec.Losses.Select(loss =>
        {
            Shape shape = shapes[loss.Output];
            int classes = shape[shape.Rank - 1], rows = n * shape.Count / classes;
            if (!loss.Kind.TellsClasses()) return Enumerable.Range(0, n * shape.Count).Select(_ => (double)(float)((3 * random.NextDouble()) - 1)).ToArray();
            int[] labels = [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))];
            return Of(spec with { Losses = [loss with { Output = 0 }], Outputs = [new(null, spec.Results[loss.Output].Call)] }, labels).Targets[0];
        })]);
    }

    /// <summary>Class indices of all losses that take them, sample by sample, as kernels read them.</summary>
    public int[] Labels => [.. Interleaved(rows: false).Select(static x => (int)x)];

    /// <summary>Values of all losses that take them, likewise; an image's in the order in which the model yields it, but for rows of classes.</summary>
    public float[] Rows => [.. Interleaved(rows: true).Select(static x => (float)x)];

    private double[] Interleaved(bool rows)
    {
        IReadOnlyList<Shape> shapes = Reference.OutputShapes(Spec);
        LossSpec[] losses = [.. Spec.Losses.Where(l => l.Kind.TakesRows() == rows)];
        return [.. Enumerable.Range(0, Samples).SelectMany(n => losses.SelectMany(loss =>
        {
            double[] target = this[loss.Output];
            IEnumerable<double> sample = target.Skip(n * target.Length / Samples).Take(target.Length / Samples);
            return loss.Kind.TellsClasses() ? sample : LogicalOrder.Sample(Spec, shapes[loss.Output], [.. sample]);
        }))];
    }
}
