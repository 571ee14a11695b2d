namespace Convoke;

public abstract unsafe partial class Model
{
    /// <summary>One optimizer step on images f32[N, sample] in the model's layout and class indices i32[N], for a loss that takes indices.</summary>
    /// <returns>Loss and accuracy of the batch, measured before the update.</returns>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
    /// <exception cref="LabelException">The loss takes target rows, or a label is out of range.</exception>
    /// <exception cref="NonFiniteLossException">The loss is NaN or infinite; no weight was changed.</exception>
    /// <exception cref="InvalidOperationException">The model only predicts.</exception>
    public StepResult TrainStep(ReadOnlySpan<float> images, ReadOnlySpan<int> labels) => RunStep(images, labels, default, rows: false, update: true);

    /// <summary>One optimizer step on images f32[N, sample] in the model's layout and target rows f32[N, classes], for CategoricalCrossentropy.</summary>
    /// <returns>Loss and accuracy of the batch, measured before the update.</returns>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
    /// <exception cref="LabelException">The loss takes class indices, or a target is not finite.</exception>
    /// <exception cref="NonFiniteLossException">The loss is NaN or infinite; no weight was changed.</exception>
    /// <exception cref="InvalidOperationException">The model only predicts.</exception>
    public StepResult TrainStep(ReadOnlySpan<float> images, ReadOnlySpan<float> targets) => RunStep(images, default, targets, rows: true, update: true);

    /// <summary>Gradients of the batch's mean loss, for <see cref="Parameter.CopyGradientTo"/>; weights and optimizer stay. Errors as for the step with class indices.</summary>
    public StepResult ComputeGradients(ReadOnlySpan<float> images, ReadOnlySpan<int> labels) => RunStep(images, labels, default, rows: false, update: false);

    /// <summary>Gradients of the batch's mean loss, for <see cref="Parameter.CopyGradientTo"/>; weights and optimizer stay. Errors as for the step with target rows.</summary>
    public StepResult ComputeGradients(ReadOnlySpan<float> images, ReadOnlySpan<float> targets) => RunStep(images, default, targets, rows: true, update: false);

    private StepResult RunStep(ReadOnlySpan<float> images, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets, bool rows, bool update)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        if (update) _checks.Trains();
        else _checks.HasLoss();
        int count = _checks.TrainingSampleCount(images.Length);
        if (rows) _checks.Targets(targets, count);
        else _checks.Labels(labels, count);
        fixed (float* imagePointer = images, targetPointer = targets)
        fixed (int* labelPointer = labels)
        {
            _spans.Point(imagePointer, labelPointer, targetPointer);
            _engine.ClearSum();
            if (update) _engine.Train(_spans, count, epoch: null);
            else _engine.Gradients(_spans, count);
            BatchSum sum = _engine.ReadSum();
            return new StepResult(sum.Loss / sum.Count, _plan.Accuracy ? (double)sum.Correct / (sum.Count * _plan.Pixels) : null, count);
        }
    }
}
