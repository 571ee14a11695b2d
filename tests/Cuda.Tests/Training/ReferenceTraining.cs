using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;

namespace Convoke.Cuda.Tests.Training;

/// <summary>Several steps in double: the interpreter's gradients, and Adam as the paper has it.</summary>
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
        var adam = (AdamSpec)spec.Optimizer!;
        Reference reference = Run(images, labels);
        _step++;
        double correction1 = 1 - Math.Pow(adam.Beta1, _step), correction2 = 1 - Math.Pow(adam.Beta2, _step);
        foreach ((string name, double[] w) in _weights)
        {
            double[] g = reference.Gradients[name], m = _m[name], v = _v[name];
            for (int i = 0; i < w.Length; i++)
            {
                m[i] = (adam.Beta1 * m[i]) + ((1 - adam.Beta1) * g[i]);
                v[i] = (adam.Beta2 * v[i]) + ((1 - adam.Beta2) * g[i] * g[i]);
                w[i] -= adam.LearningRate * Math.Sqrt(correction2) / correction1 * m[i] / (Math.Sqrt(v[i]) + adam.Epsilon);
            }
        }

        return reference.Loss.Average();
    }

    /// <summary>Output for a batch with the weights as they are.</summary>
    public double[] Predict(float[] images, int[] labels) => Run(images, labels).Output;

    private Reference Run(float[] images, int[] labels)
    {
        Reference reference = Reference.Run(spec, labels.Length, images, labels, _ => _weights.ToDictionary(static w => w.Key, static w => Array.ConvertAll(w.Value, static x => (float)x)));
        Output = reference.Output;
        return reference;
    }

    private static Dictionary<string, double[]> Zeros(Dictionary<string, float[]> like) => like.ToDictionary(static w => w.Key, static w => new double[w.Value.Length]);
}
