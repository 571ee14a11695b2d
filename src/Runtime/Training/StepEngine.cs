using Convoke.Compiled;

namespace Convoke;

/// <summary>A model's parameters and steps on one device. Sizes and labels are checked before they come here.</summary>
/// <remarks>Steps may be queued: what they did shows when a sum or a parameter is read, and so does their failure.</remarks>
internal abstract unsafe class StepEngine : IDisposable
{
    /// <summary>Optimizer steps taken, queued ones included.</summary>
    public long Step { get; protected set; }

    /// <summary>Epochs that any Fit began: the key of the next epoch's order, so that a second Fit goes on rather than repeats.</summary>
    public ulong EpochsBegun { get; set; }

    /// <summary>Whether <see cref="ReadGradients"/> has what <see cref="Gradients"/> computed.</summary>
    public bool HasGradients { get; protected set; }

    /// <summary>The parameters f32[ParameterFloats] as they are now; valid until the next call.</summary>
    public abstract float* ReadParameters();

    /// <summary>Likewise, to be changed before the next call.</summary>
    public abstract float* WriteParameters();

    /// <summary>The gradients f32[ParameterFloats] that <see cref="Gradients"/> left; valid until the next call.</summary>
    public abstract float* ReadGradients();

    /// <summary>Begins a sum over the coming steps.</summary>
    public abstract void ClearSum();

    /// <summary>Losses and right answers since <see cref="ClearSum"/>; waits for queued steps.</summary>
    /// <exception cref="NonFiniteLossException">The loss of a queued step was not finite; the parameters are as they were before it.</exception>
    public abstract BatchSum ReadSum();

    /// <summary>One optimizer step on <paramref name="count"/> samples. A loss that is not finite throws, now or when it is read, and changes no parameter.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="count">Samples, at least 1.</param>
    /// <param name="epoch">Epoch for the error's text; null outside of Fit.</param>
    public abstract void Train(SampleSource source, int count, int? epoch);

    /// <summary>Gradients of the mean loss of <paramref name="count"/> samples; no parameter changes.</summary>
    public abstract void Gradients(SampleSource source, int count);

    /// <summary>Forward of a slice, with losses.</summary>
    public abstract void Evaluate(SampleSource source, int count);

    /// <summary>Forward of a slice into the caller's memory.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="count">Their number.</param>
    /// <param name="outputs">A place for each output; null for nowhere.</param>
    /// <param name="classes">A place for the most probable classes of the output that stands for them; null for nowhere.</param>
    public abstract void Predict(SampleSource source, int count, float** outputs, int* classes);

    /// <summary>Frees the device's memory.</summary>
    public abstract void Dispose();
}

/// <summary>What samples came to.</summary>
/// <param name="Loss">Sum of the total: of each loss times its weight.</param>
/// <param name="Losses">Means of the losses.</param>
/// <param name="Correct">Rows that are right.</param>
/// <param name="Count">Samples.</param>
internal readonly record struct BatchSum(double Loss, OutputLosses Losses, long Correct, long Count)
{
    /// <param name="plan">The model.</param>
    /// <param name="sums">Of each loss over the samples; copied.</param>
    /// <param name="correct">Rows that are right.</param>
    /// <param name="count">Samples.</param>
    public static BatchSum Of(NetworkPlan plan, ReadOnlySpan<double> sums, long correct, long count)
    {
        double total = 0;
        for (int i = 0; i < sums.Length; i++) total += plan.Losses[i].Weight * sums[i];
        return new(total, new OutputLosses(plan.LossNames, sums, count), correct, count);
    }

    /// <summary>Mean of the total.</summary>
    public double MeanLoss => Loss / Count;

    /// <summary>Share of rows that are right; null where it is not measured.</summary>
    public double? Accuracy(NetworkPlan plan) => plan.Accuracy && plan.Counted is { } counted ? (double)Correct / (Count * counted.Pixels) : null;
}
