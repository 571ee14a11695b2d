using Convoke.Benchmarks.Programs;

namespace Convoke.Benchmarks.Contenders;

/// <summary>One implementation of a program, on a number of threads.</summary>
internal abstract class Contender(string name) : IDisposable
{
    /// <summary>Name in tables.</summary>
    public string Name { get; } = name;

    /// <summary>Whether it can train; one that cannot throws <see cref="NotSupportedException"/> from the training calls.</summary>
    public virtual bool Trains => true;

    /// <summary>Makes the next calls run on this contender's number of threads, where that is process-wide.</summary>
    public virtual void Select()
    {
    }

    /// <summary>Sets all weights, in the order of <see cref="ParameterValues"/>; the optimizer's state stays.</summary>
    public abstract void Load(float[][] weights);

    /// <summary>All weights and running statistics, in the order of <see cref="ParameterValues"/>.</summary>
    public virtual float[][] Weights() => throw new NotSupportedException($"{Name} does not train.");

    /// <summary>Optimizer steps over the batches in turn.</summary>
    public virtual void Train(int steps) => throw new NotSupportedException($"{Name} does not train.");

    /// <summary>Gradients without an update, over the batches in turn.</summary>
    public virtual void Gradients(int steps) => throw new NotSupportedException($"{Name} does not train.");

    /// <summary>Predictions of the batches in turn.</summary>
    public abstract void Predict(int steps);

    /// <summary>Probabilities, or logits, f32[N, pixels, classes] of a batch.</summary>
    public abstract float[] Outputs(int batch);

    /// <summary>Loss and gradients of a batch.</summary>
    public virtual (double Loss, float[][] Gradients) LossAndGradients(int batch) => throw new NotSupportedException($"{Name} does not train.");

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
