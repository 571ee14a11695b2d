using System.Globalization;

namespace Convoke;

/// <summary>What an epoch came to.</summary>
/// <param name="Epoch">Epoch of its Fit, from 1.</param>
/// <param name="Loss">Mean loss over the epoch's samples, each measured before the step that it took part in; of several losses the sum of each times its weight.</param>
/// <param name="Accuracy">Share of the samples classified right, 0..1, by the first output with a cross-entropy; null where it is not measured.</param>
/// <param name="ValidationLoss">Mean loss over the validation data after the epoch; null without these.</param>
/// <param name="ValidationAccuracy">Share of the validation data classified right; null without these or where it is not measured.</param>
/// <param name="Duration">Time that the epoch took, validation included.</param>
/// <param name="Steps">Optimizer steps taken.</param>
public sealed record EpochResult(int Epoch, double Loss, double? Accuracy, double? ValidationLoss, double? ValidationAccuracy, TimeSpan Duration, int Steps)
{
    /// <summary>Mean loss of each output that has one, without its weight.</summary>
    public OutputLosses Losses { get; init; }

    /// <summary>"epoch 3: loss 0.1042, accuracy 96.91 %, validation loss 0.0911, validation accuracy 97.20 % (469 steps, 0.84 s)".</summary>
    public override string ToString()
    {
        string validation = ValidationLoss is { } loss ? ", " + ResultText.Metrics(loss, ValidationAccuracy, "validation ") : "";
        return string.Create(CultureInfo.InvariantCulture, $"epoch {Epoch}: {ResultText.Metrics(Loss, Accuracy)}{validation} ({Steps} steps, {Duration.TotalSeconds:0.00} s)");
    }
}
