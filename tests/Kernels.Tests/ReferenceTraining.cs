using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>Several steps in double: the interpreter's gradients, and the optimizers as their papers have them.</summary>
internal sealed class ReferenceTraining(ModelSpec spec, Dictionary<string, float[]> start)
{
    private readonly Dictionary<string, double[]> _weights = start.ToDictionary(static w => w.Key, static w => Array.ConvertAll(w.Value, static x => (double)x));
    private readonly Dictionary<string, double[]> _m = Zeros(start), _v = Zeros(start);
    private int _step;

    /// <summary>Weights in graph order, by name.</summary>
    public IReadOnlyDictionary<string, double[]> Weights => _weights;

    /// <summary>Output of the last step's batch, before its update.</summary>
    public double[] Output { get; private set; } = [];

    /// <summary>One step; returns the mean loss.</summary>
    public double Step(float[] images, int[] labels)
    {
        Reference reference = Run(images, labels);
        _step++;
        foreach ((string name, double[] w) in _weights)
        {
            double[] g = reference.Gradients[name], m = _m[name], v = _v[name];
            for (int i = 0; i < w.Length; i++) w[i] = Learn(w[i], g[i], ref m[i], ref v[i]);
        }

        return reference.Losses.Average();
    }

    /// <summary>Output for a batch with the weights as they are.</summary>
    public double[] Predict(float[] images, int[] labels) => Run(images, labels).Output;

    private double Learn(double w, double g, ref double m, ref double v)
    {
        switch (spec.Optimizer)
        {
            case SgdSpec sgd:
                m = (sgd.Momentum * m) + g;
                return w - (sgd.LearningRate * (sgd.Nesterov ? g + (sgd.Momentum * m) : m));
            case AdamSpec adam:
                double correction1 = 1 - Math.Pow(adam.Beta1, _step), correction2 = 1 - Math.Pow(adam.Beta2, _step);
                m = (adam.Beta1 * m) + ((1 - adam.Beta1) * g);
                v = (adam.Beta2 * v) + ((1 - adam.Beta2) * g * g);
                w *= 1 - (adam.LearningRate * adam.WeightDecay);
                return adam.Form == EpsilonForm.BeforeCorrection
                    ? w - (adam.LearningRate * Math.Sqrt(correction2) / correction1 * m / (Math.Sqrt(v) + adam.Epsilon))
                    : w - (adam.LearningRate / correction1 * m / (Math.Sqrt(v / correction2) + adam.Epsilon));
            default:
                throw new NotSupportedException(spec.Optimizer?.GetType().Name);
        }
    }

    private Reference Run(float[] images, int[] labels)
    {
        Reference reference = Reference.Run(spec, labels.Length, images, labels, _ => _weights.ToDictionary(static w => w.Key, static w => Array.ConvertAll(w.Value, static x => (float)x)));
        Output = reference.Output;
        return reference;
    }

    private static Dictionary<string, double[]> Zeros(Dictionary<string, float[]> like) => like.ToDictionary(static w => w.Key, static w => new double[w.Value.Length]);
}
