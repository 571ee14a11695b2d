using System.ComponentModel;
using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke;

public abstract unsafe partial class Model
{
    /// <summary>The model's output for each image.</summary>
    /// <param name="images">f32[N, sample] in the model's layout; N follows from the length and may be 0.</param>
    /// <param name="probabilities">f32[N, classes], of a map f32[N, height, width, classes] in the model's order of axes, filled: what the model's last layer yields.</param>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other.</exception>
    /// <exception cref="InvalidOperationException">The model has several inputs or outputs: then it has a Predict that takes them all, and one that returns them.</exception>
    public void Predict(ReadOnlySpan<float> images, Span<float> probabilities)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        _checks.HasOneInput(nameof(Predict));
        _checks.HasOneOutput();
        int count = _checks.SampleCount(_plan.Inputs[0], images.Length);
        _checks.Destination(probabilities.Length, count, _plan.OutputLength, "floats");
        RunPredict(images, count, probabilities, default);
    }

    /// <summary>Called by generated code: predictions of a model with several outputs.</summary>
    /// <param name="images">f32[N, sample].</param>
    /// <param name="outputs">Pinned, one for each output in their order.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected void RunPredict(ReadOnlySpan<float> images, ReadOnlySpan<Slot> outputs)
    {
        fixed (float* pointer = images) RunPredict([new Slot(pointer, images.Length)], outputs);
    }

    /// <summary>Called by generated code: predictions of a model with several inputs.</summary>
    /// <param name="inputs">Pinned, one for each input in their order.</param>
    /// <param name="outputs">Pinned, one for each output in their order.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected void RunPredict(ReadOnlySpan<Slot> inputs, ReadOnlySpan<Slot> outputs)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        int count = _checks.SampleCount(inputs);
        for (int i = 0; i < outputs.Length; i++) _checks.Destination(outputs[i].Length, count, _plan.Outputs[i].Length, _plan.Outputs.Length == 1 ? "floats" : $"floats of {_plan.Outputs[i].Name}");
        RunPredict(inputs, count, outputs, null);
    }

    /// <summary>Called by generated code: the classes that a model with several inputs predicts.</summary>
    /// <param name="inputs">Pinned, one for each input in their order.</param>
    /// <param name="classes">i32[N, pixels], filled.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected void RunPredictClasses(ReadOnlySpan<Slot> inputs, Span<int> classes)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        OutputPlan told = _checks.HasClasses();
        int count = _checks.SampleCount(inputs);
        _checks.Destination(classes.Length, count, told.Pixels, "classes");
        fixed (int* pointer = classes) RunPredict(inputs, count, [], pointer);
    }

    /// <summary>Called by generated code: samples in so many floats of images.</summary>
    /// <exception cref="ShapeMismatchException">It is no whole number of samples.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected int SampleCount(int floats) => _checks.SampleCount(_plan.Inputs[0], floats);

    /// <summary>The model's output for each image, from and to tensors; those that are not dense are copied on the way.</summary>
    /// <param name="images">f32[N, sample], or f32[N, height, width, channels] in the model's order of axes.</param>
    /// <param name="probabilities">f32[N, classes], filled.</param>
    /// <exception cref="ShapeMismatchException">The lengths disagree with the model or with each other.</exception>
    public void Predict(in ReadOnlyTensorSpan<float> images, in TensorSpan<float> probabilities)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        _checks.HasOneInput(nameof(Predict));
        _checks.HasOneOutput();
        int count = _checks.ImageTensor(images.Lengths);
        _checks.OutputTensor(probabilities.Lengths, count);
        if (count == 0) return;
        ReadOnlySpan<nint> origin = [0, 0, 0, 0];
        ReadOnlySpan<float> source = images.IsDense ? images.GetSpan(origin[..images.Rank], (int)images.FlattenedLength) : Flatten(images);
        if (probabilities.IsDense)
        {
            RunPredict(source, count, probabilities.GetSpan(origin[..2], (int)probabilities.FlattenedLength), default);
            return;
        }
        float[] rows = new float[count * _plan.OutputLength];
        RunPredict(source, count, rows, default);
        new ReadOnlyTensorSpan<float>(rows, probabilities.Lengths).CopyTo(probabilities);

        static float[] Flatten(in ReadOnlyTensorSpan<float> tensor)
        {
            float[] values = new float[checked((int)tensor.FlattenedLength)];
            tensor.FlattenTo(values);
            return values;
        }
    }

    /// <summary>The most probable class of one image f32[sample] in the model's layout; the lower one of equals.</summary>
    /// <exception cref="ShapeMismatchException"><paramref name="image"/> is not exactly one sample.</exception>
    /// <exception cref="InvalidOperationException">The model yields a class per pixel, or nothing that stands for classes; or it has several inputs: then it has a PredictClass that takes them all.</exception>
    public int PredictClass(ReadOnlySpan<float> image)
    {
        _checks.HasOneInput(nameof(PredictClass));
        int pixels = _checks.HasClasses().Pixels;
        if (pixels > 1) throw new InvalidOperationException($"{_plan.Name} yields a class for each of {pixels} pixels: call PredictClasses.");
        int result = 0;
        PredictClasses(image, new Span<int>(ref result));
        return result;
    }

    /// <summary>The most probable class of each image, or of each pixel of a map; the lower one of equals. Of several outputs the first with a cross-entropy tells them.</summary>
    /// <param name="images">f32[N, sample] in the model's layout; N follows from the length and may be 0.</param>
    /// <param name="classes">i32[N], of a map i32[N, height, width], filled.</param>
    /// <exception cref="ShapeMismatchException">The sizes disagree with the model or with each other.</exception>
    /// <exception cref="InvalidOperationException">The model yields nothing that stands for classes; or it has several inputs: then it has a PredictClasses that takes them all.</exception>
    public void PredictClasses(ReadOnlySpan<float> images, Span<int> classes)
    {
        using ModelGuard.Lease lease = _guard.Enter();
        _checks.HasOneInput(nameof(PredictClasses));
        OutputPlan told = _checks.HasClasses();
        int count = _checks.SampleCount(_plan.Inputs[0], images.Length);
        _checks.Destination(classes.Length, count, told.Pixels, "classes");
        RunPredict(images, count, default, classes);
    }

    /// <summary>Mean loss and accuracy over a data set.</summary>
    /// <param name="data">At least one sample, of the model's sizes.</param>
    /// <param name="batchSize">Samples that go through the network at a time; the result hardly depends on it (sums are in double).</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ShapeMismatchException">The sizes disagree, or there is no sample.</exception>
    /// <exception cref="LabelException">The class counts disagree, or a loss finds no targets.</exception>
    /// <exception cref="InvalidOperationException">The model has no loss.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Evaluation Evaluate(Dataset data, int batchSize = SliceSamples, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using ModelGuard.Lease lease = _guard.Enter();
        _checks.HasLoss();
        _checks.Data(data);
        return EvaluationLoop.Run(_plan, _engine, data, batchSize, cancellationToken) ?? throw new OperationCanceledException(cancellationToken);
    }

    private void RunPredict(ReadOnlySpan<float> images, int count, Span<float> probabilities, Span<int> classes)
    {
        fixed (float* imagePointer = images)
        fixed (float* probabilityPointer = probabilities)
        fixed (int* classPointer = classes)
            RunPredict([new Slot(imagePointer, images.Length)], count, probabilityPointer == null ? [] : [new Slot(probabilityPointer, probabilities.Length)], classPointer);
    }

    private void RunPredict(ReadOnlySpan<Slot> inputs, int count, ReadOnlySpan<Slot> outputs, int* classes)
    {
        int pixels = classes == null ? 0 : _plan.Told!.Pixels;
        float** places = stackalloc float*[_plan.Outputs.Length];
        for (int start = 0; start < count; start += SliceSamples)
        {
            _spans.Point(inputs, start, []);
            for (int i = 0; i < _plan.Outputs.Length; i++) places[i] = outputs.IsEmpty ? null : (float*)outputs[i].Start + ((long)start * _plan.Outputs[i].Length);
            _engine.Predict(_spans, Math.Min(SliceSamples, count - start), places, classes == null ? null : classes + ((long)start * pixels));
        }
    }
}
