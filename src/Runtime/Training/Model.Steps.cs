using System.ComponentModel;
using Convoke.Compiled;

namespace Convoke;

public abstract unsafe partial class Model
{
    /// <summary>One optimizer step on images f32[N, sample] in the model's layout and class indices i32[N], for a loss that takes indices.</summary>
    /// <returns>Loss and accuracy of the batch, measured before the update.</returns>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
    /// <exception cref="LabelException">The loss takes target rows, or a label is out of range.</exception>
    /// <exception cref="NonFiniteLossException">The loss is NaN or infinite; no weight was changed.</exception>
    /// <exception cref="InvalidOperationException">The model only predicts, or has several inputs or losses: then it has a TrainStep that takes them all.</exception>
    public StepResult TrainStep(ReadOnlySpan<float> images, ReadOnlySpan<int> labels) => RunStep(images, labels, update: true);

    /// <summary>One optimizer step on images f32[N, sample] in the model's layout and target rows f32[N, classes] for CategoricalCrossentropy, or values f32[N, output] for MeanSquaredError and SmoothL1.</summary>
    /// <returns>Loss and accuracy of the batch, measured before the update.</returns>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
    /// <exception cref="LabelException">The loss takes class indices, or a target is not finite.</exception>
    /// <exception cref="NonFiniteLossException">The loss is NaN or infinite; no weight was changed.</exception>
    /// <exception cref="InvalidOperationException">The model only predicts, or has several inputs or losses: then it has a TrainStep that takes them all.</exception>
    public StepResult TrainStep(ReadOnlySpan<float> images, ReadOnlySpan<float> targets) => RunStep(images, targets, update: true);

    /// <summary>Gradients of the batch's mean loss, for <see cref="Parameter.CopyGradientTo"/>; weights and optimizer stay. Errors as for the step with class indices.</summary>
    public StepResult ComputeGradients(ReadOnlySpan<float> images, ReadOnlySpan<int> labels) => RunStep(images, labels, update: false);

    /// <summary>Gradients of the batch's mean loss, for <see cref="Parameter.CopyGradientTo"/>; weights and optimizer stay. Errors as for the step with target rows.</summary>
    public StepResult ComputeGradients(ReadOnlySpan<float> images, ReadOnlySpan<float> targets) => RunStep(images, targets, update: false);

    /// <summary>Called by generated code: a step, or gradients, of a model with several losses.</summary>
    /// <param name="images">f32[N, sample].</param>
    /// <param name="targets">Pinned, one for each loss in the order of the outputs.</param>
    /// <param name="update">Whether it is a step.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected StepResult RunStep(ReadOnlySpan<float> images, ReadOnlySpan<Slot> targets, bool update)
    {
        fixed (float* pointer = images) return RunStep([new Slot(pointer, images.Length)], targets, update);
    }

    /// <summary>Called by generated code: a step, or gradients, of a model with several inputs.</summary>
    /// <param name="inputs">Pinned, one for each input in their order.</param>
    /// <param name="targets">Pinned, one for each loss in the order of the outputs.</param>
    /// <param name="update">Whether it is a step.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected StepResult RunStep(ReadOnlySpan<Slot> inputs, ReadOnlySpan<Slot> targets, bool update)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        int count = StepCount(inputs, update);
        _checks.Targets(targets, count);
        return Run(inputs, targets, count, update);
    }

    private StepResult RunStep(ReadOnlySpan<float> images, ReadOnlySpan<int> labels, bool update)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        fixed (float* imagePointer = images)
        fixed (int* pointer = labels)
        {
            ReadOnlySpan<Slot> inputs = [new Slot(imagePointer, images.Length)];
            int count = StepCount(inputs, update);
            _checks.HasOneLoss(update ? nameof(TrainStep) : nameof(ComputeGradients));
            _checks.Labels(_plan.Losses[0], labels, count);
            return Run(inputs, [new Slot(pointer, labels.Length)], count, update);
        }
    }

    private StepResult RunStep(ReadOnlySpan<float> images, ReadOnlySpan<float> targets, bool update)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        fixed (float* imagePointer = images)
        fixed (float* pointer = targets)
        {
            ReadOnlySpan<Slot> inputs = [new Slot(imagePointer, images.Length)];
            int count = StepCount(inputs, update);
            _checks.HasOneLoss(update ? nameof(TrainStep) : nameof(ComputeGradients));
            _checks.Targets(_plan.Losses[0], targets, count);
            return Run(inputs, [new Slot(pointer, targets.Length)], count, update);
        }
    }

    /// <summary>Samples of a batch to learn from.</summary>
    private int StepCount(ReadOnlySpan<Slot> inputs, bool update)
    {
        if (update) _checks.Trains();
        else _checks.HasLoss();
        if (inputs.Length == 1) _checks.HasOneInput(update ? nameof(TrainStep) : nameof(ComputeGradients));
        return _checks.TrainingSampleCount(inputs);
    }

    private StepResult Run(ReadOnlySpan<Slot> inputs, ReadOnlySpan<Slot> targets, int count, bool update)
    {
        _spans.Point(inputs, 0, targets);
        _engine.ClearSum();
        if (update) _engine.Train(_spans, count, epoch: null);
        else _engine.Gradients(_spans, count);
        BatchSum sum = _engine.ReadSum();
        return new StepResult(sum.MeanLoss, sum.Accuracy(_plan), count) { Losses = sum.Losses };
    }
}
