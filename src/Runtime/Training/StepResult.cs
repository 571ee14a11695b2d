using System.Globalization;

namespace Convoke;

/// <summary>What one step measured, before its update.</summary>
/// <param name="Loss">Mean loss of the batch; of several losses the sum of each times its weight.</param>
/// <param name="Accuracy">Share of the batch classified right, 0..1, by the first output with a cross-entropy; null where it is not measured.</param>
/// <param name="Count">Samples of the batch.</param>
public readonly record struct StepResult(double Loss, double? Accuracy, int Count)
{
    /// <summary>Mean loss of each output that has one, without its weight.</summary>
    public OutputLosses Losses { get; init; }

    /// <summary>"loss 0.0412, accuracy 98.44 % over 128 samples".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ResultText.Metrics(Loss, Accuracy)} over {Count} samples");
}
