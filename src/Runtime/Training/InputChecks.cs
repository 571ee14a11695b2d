using System.Globalization;
using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Holds what a user hands in against the plan, before any of it is read; every message has both sides.</summary>
internal sealed class InputChecks(NetworkPlan plan)
{
    private readonly int _sampleLength = plan.Height * plan.Width * plan.Channels;

    /// <summary>"28x28x1", or "3x32x32 (channels first)".</summary>
    private string SampleShape => plan.Layout == Layout.ChannelsFirst
        ? Text($"{plan.Channels}x{plan.Height}x{plan.Width} (channels first)")
        : Text($"{plan.Height}x{plan.Width}x{plan.Channels}");

    /// <summary>Samples in <paramref name="floats"/> floats of images.</summary>
    public int SampleCount(int floats)
    {
        (int count, int rest) = Math.DivRem(floats, _sampleLength);
        return rest == 0 ? count : throw new ShapeMismatchException(Text($"{plan.Name} takes {SampleShape} = {_sampleLength} floats a sample, got {floats} floats, which is no whole number of samples."));
    }

    /// <summary>Samples of a batch to learn from: at least one.</summary>
    public int TrainingSampleCount(int floats)
    {
        int count = SampleCount(floats);
        return count > 0 ? count : throw new ShapeMismatchException(Text($"{plan.Name} needs at least one sample of {SampleShape} = {_sampleLength} floats, got none."));
    }

    /// <summary>The room for one value per sample or row.</summary>
    public void Destination(int length, int samples, int perSample, string what)
    {
        if (length != (long)samples * perSample)
            throw new ShapeMismatchException(Text($"{plan.Name}: {samples} samples give {samples} x {perSample} = {(long)samples * perSample} {what}, the destination has room for {length}."));
    }

    /// <summary>A model with a loss.</summary>
    public void HasLoss()
    {
        if (plan.Loss is null) throw new InvalidOperationException($"{plan.Name} has no loss and only predicts: add a loss and an optimizer to the class, for example [Adam, SparseCategoricalCrossentropy].");
    }

    /// <summary>A model with a loss and an optimizer.</summary>
    public void Trains()
    {
        HasLoss();
        if (plan.Optimizer is null) throw new InvalidOperationException($"{plan.Name} has no optimizer and cannot train: add one to the class, for example [Adam] or [Sgd(0.01)].");
    }

    /// <summary>Class indices, one per sample, for a loss that takes them.</summary>
    public void Labels(ReadOnlySpan<int> labels, int samples)
    {
        HasLoss();
        if (plan.Loss == LossPlan.CategoricalCrossentropy)
            throw new LabelException(Text($"{plan.Name}: the loss CategoricalCrossentropy takes target rows f32[N, {plan.Classes}], got class indices; pass one-hot rows, or write [SparseCategoricalCrossentropy] on the class."));
        if (labels.Length != (long)samples * plan.Pixels)
            throw new ShapeMismatchException(plan.Pixels == 1
                ? Text($"{plan.Name}: {samples} samples need {samples} labels, got {labels.Length}.")
                : Text($"{plan.Name}: {samples} samples of {plan.Pixels} pixels need {samples} x {plan.Pixels} = {(long)samples * plan.Pixels} labels, got {labels.Length}."));
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)plan.Classes)
                throw new LabelException(Text($"{plan.Name}: the label of {(plan.Pixels == 1 ? "" : Text($"pixel {i % plan.Pixels} of "))}sample {i / plan.Pixels} is {labels[i]}, but with {plan.Classes} classes labels lie in 0..{plan.Classes - 1}."));
        }
    }

    /// <summary>Target rows, one per sample, for a loss that takes them.</summary>
    public void Targets(ReadOnlySpan<float> targets, int samples)
    {
        HasLoss();
        if (plan.Loss != LossPlan.CategoricalCrossentropy)
            throw new LabelException(Text($"{plan.Name}: the loss {plan.Loss} takes class indices i32[N], got floats; pass indices, or write [CategoricalCrossentropy] behind a softmax on the class."));
        if (targets.Length != (long)samples * plan.OutputLength)
            throw new ShapeMismatchException(Text($"{plan.Name}: {samples} samples need target rows of {samples} x {(plan.Pixels == 1 ? "" : Text($"{plan.Pixels} x "))}{plan.Classes} = {(long)samples * plan.OutputLength} floats, got {targets.Length}."));
        if (TensorPrimitives.IsFiniteAll(targets)) return;
        for (int i = 0; i < targets.Length; i++)
        {
            if (!float.IsFinite(targets[i])) throw new LabelException(Text($"{plan.Name}: targets must be finite, but class {i % plan.Classes} of {(plan.Pixels == 1 ? "" : Text($"pixel {i / plan.Classes % plan.Pixels} of "))}sample {i / plan.OutputLength} is {targets[i]}."));
        }
    }

    /// <summary>A data set to learn from or to measure on.</summary>
    public void Data(Dataset data)
    {
        if (data.Height != plan.Height || data.Width != plan.Width || data.Channels != plan.Channels)
            throw new ShapeMismatchException(Text($"{plan.Name} takes samples of height x width x channels = {plan.Height}x{plan.Width}x{plan.Channels}, the data set \"{data.Name}\" has {data.Height}x{data.Width}x{data.Channels}."));
        if (data.Classes != plan.Classes)
            throw new LabelException(Text($"{plan.Name} tells {plan.Classes} classes apart, the data set \"{data.Name}\" has {data.Classes}; the last layer's size and the data must agree."));
        if (data.LabelsPerSample != plan.Pixels)
            throw new ShapeMismatchException(plan.Pixels == 1
                ? Text($"{plan.Name} takes one label a sample, the data set \"{data.Name}\" has {data.LabelsPerSample}.")
                : Text($"{plan.Name} takes a label for each of {plan.Pixels} pixels, the data set \"{data.Name}\" has {data.LabelsPerSample} a sample."));
        if (data.Count == 0)
            throw new ShapeMismatchException(Text($"{plan.Name} needs at least one sample, the data set \"{data.Name}\" has none."));
    }

    /// <summary>The lengths of a tensor of images: [N, sample], or N and the sample's axes in the model's layout.</summary>
    public int ImageTensor(ReadOnlySpan<nint> lengths)
    {
        bool matches = lengths.Length switch
        {
            2 => lengths[1] == _sampleLength,
            4 when plan.Layout == Layout.ChannelsFirst => lengths[1] == plan.Channels && lengths[2] == plan.Height && lengths[3] == plan.Width,
            4 => lengths[1] == plan.Height && lengths[2] == plan.Width && lengths[3] == plan.Channels,
            _ => false,
        };
        string axes = plan.Layout == Layout.ChannelsFirst ? Text($"[N, {plan.Channels}, {plan.Height}, {plan.Width}]") : Text($"[N, {plan.Height}, {plan.Width}, {plan.Channels}]");
        return matches ? checked((int)lengths[0]) : throw new ShapeMismatchException(Text($"{plan.Name} takes images {axes} or [N, {_sampleLength}], got {Axes(lengths)}."));
    }

    /// <summary>The lengths of a tensor of outputs: [N, OutputLength].</summary>
    public void OutputTensor(ReadOnlySpan<nint> lengths, int samples)
    {
        if (lengths.Length != 2 || lengths[0] != samples || lengths[1] != plan.OutputLength)
            throw new ShapeMismatchException(Text($"{plan.Name}: {samples} samples give probabilities [{samples}, {plan.OutputLength}], the destination is {Axes(lengths)}."));
    }

    private static string Axes(ReadOnlySpan<nint> lengths)
    {
        string[] texts = new string[lengths.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = lengths[i].ToString(CultureInfo.InvariantCulture);
        return $"[{string.Join(", ", texts)}]";
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
