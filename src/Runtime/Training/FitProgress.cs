using System.Globalization;

namespace Convoke;

/// <summary>Where a running <see cref="Model.Fit"/> stands; reported some 15 times a second, and at the end of each epoch.</summary>
/// <param name="Epoch">Epoch of this Fit, from 1.</param>
/// <param name="Epochs">Epochs of this Fit.</param>
/// <param name="Step">Steps done in this epoch.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="SamplesDone">Samples done in this epoch.</param>
/// <param name="Loss">Mean loss of this epoch's samples so far, each measured before the step that it took part in.</param>
/// <param name="Accuracy">Share of this epoch's samples so far that were classified right, 0..1; null where it is not measured.</param>
/// <param name="Elapsed">Time since Fit began.</param>
/// <param name="EpochElapsed">Time since the epoch began.</param>
/// <param name="Completed">The finished epoch, on its last report; otherwise null.</param>
public sealed record FitProgress(int Epoch, int Epochs, int Step, int Steps, long SamplesDone, double Loss, double? Accuracy, TimeSpan Elapsed, TimeSpan EpochElapsed, EpochResult? Completed)
{
    /// <summary>"epoch 2/10, step 100/469: loss 0.2210, accuracy 93.52 %".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"epoch {Epoch}/{Epochs}, step {Step}/{Steps}: {ResultText.Metrics(Loss, Accuracy)}");
}
