using System.Globalization;

namespace Convoke;

/// <summary>What a <see cref="Model.Fit"/> came to, epoch by epoch.</summary>
public sealed class History
{
    internal History(IReadOnlyList<EpochResult> epochs, EpochResult? partial, long steps, bool cancelled, TimeSpan duration)
    {
        (Epochs, Partial, Steps, Cancelled, Duration) = (epochs, partial, steps, cancelled, duration);
    }

    /// <summary>Finished epochs, in order.</summary>
    public IReadOnlyList<EpochResult> Epochs { get; }

    /// <summary>The epoch that a cancellation broke off, over the samples that it had seen; null where none was broken off.</summary>
    public EpochResult? Partial { get; }

    /// <summary>Optimizer steps taken by this Fit, those of <see cref="Partial"/> included.</summary>
    public long Steps { get; }

    /// <summary>Whether the cancellation token ended it before its time.</summary>
    public bool Cancelled { get; }

    /// <summary>Time that it took.</summary>
    public TimeSpan Duration { get; }

    /// <summary>"10 epochs, 4690 steps in 8.41 s: loss 0.0312, accuracy 99.10 %, …", with "cancelled after" in front where it was.</summary>
    public override string ToString()
    {
        EpochResult? last = Partial ?? (Epochs.Count > 0 ? Epochs[^1] : null);
        string result = last is null ? "" : ": " + ResultText.Metrics(last.Loss, last.Accuracy);
        if (last?.ValidationLoss is { } loss) result += ", " + ResultText.Metrics(loss, last.ValidationAccuracy, "validation ");
        return string.Create(CultureInfo.InvariantCulture, $"{(Cancelled ? "cancelled after " : "")}{Epochs.Count} {(Epochs.Count == 1 ? "epoch" : "epochs")}, {Steps} steps in {Duration.TotalSeconds:0.00} s{result}");
    }
}
