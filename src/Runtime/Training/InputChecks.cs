using System.Globalization;
using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Holds what a user hands in against the plan, before any of it is read; every message has both sides.</summary>
internal sealed class InputChecks(NetworkPlan plan)
{
    /// <summary>"28x28x1", or "3x32x32 (channels first)"; of a row "5".</summary>
    private string ShapeOf(InputPlan input) => input.IsFlat ? Text($"{input.Channels}")
        : plan.Layout == Layout.ChannelsFirst ? Text($"{input.Channels}x{input.Height}x{input.Width} (channels first)")
        : Text($"{input.Height}x{input.Width}x{input.Channels}");

    /// <summary>Samples in <paramref name="floats"/> floats of an input.</summary>
    public int SampleCount(InputPlan input, int floats)
    {
        (int count, int rest) = Math.DivRem(floats, input.Length);
        return rest == 0 ? count : throw new ShapeMismatchException(Text($"{NameOf(input)} takes {ShapeOf(input)} = {input.Length} floats a sample, got {floats} floats, which is no whole number of samples."));
    }

    /// <summary>Samples in what stands for each input: equally many of each.</summary>
    public int SampleCount(ReadOnlySpan<Slot> inputs)
    {
        int count = SampleCount(plan.Inputs[0], inputs[0].Length);
        for (int i = 1; i < inputs.Length; i++)
        {
            int other = SampleCount(plan.Inputs[i], inputs[i].Length);
            if (other != count)
                throw new ShapeMismatchException(Text($"{plan.Name}: {plan.Inputs[0].Name} has {count} samples of {plan.Inputs[0].Length} floats, but {plan.Inputs[i].Name} has {other} of {plan.Inputs[i].Length}; pass {count} x {plan.Inputs[i].Length} = {(long)count * plan.Inputs[i].Length} floats of {plan.Inputs[i].Name}."));
        }
        return count;
    }

    /// <summary>Samples of a batch to learn from: at least one.</summary>
    public int TrainingSampleCount(ReadOnlySpan<Slot> inputs)
    {
        int count = SampleCount(inputs);
        return count > 0 ? count : throw new ShapeMismatchException(Text($"{plan.Name} needs at least one sample of {string.Join(" and ", plan.Inputs.Select(ShapeOf))} = {plan.SampleLength} floats, got none."));
    }

    /// <summary>A model of one input, for calls that know one.</summary>
    public void HasOneInput(string call)
    {
        if (plan.Inputs.Length == 1) return;
        throw new InvalidOperationException($"{plan.Name} has the inputs {string.Join(" and ", plan.Inputs.Select(static input => input.Name))}: call the {call} of {plan.Name} that takes them all, {call}({string.Join(", ", plan.Inputs.Select(static input => input.Name))}, ...).");
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
        if (plan.Losses.Length == 0) throw new InvalidOperationException($"{plan.Name} has no loss and only predicts: add a loss and an optimizer to the class, for example [Adam, SparseCategoricalCrossentropy].");
    }

    /// <summary>A model with a loss and an optimizer.</summary>
    public void Trains()
    {
        HasLoss();
        if (plan.Optimizer is null) throw new InvalidOperationException($"{plan.Name} has no optimizer and cannot train: add one to the class, for example [Adam] or [Sgd(0.01)].");
    }

    /// <summary>A model of one output, for calls that know one.</summary>
    public void HasOneOutput()
    {
        if (plan.Outputs.Length == 1) return;
        string names = Words(plan.Outputs);
        throw new InvalidOperationException($"{plan.Name} has the outputs {names}: call Predict(images), which returns them all, or Predict(images, {string.Join(", ", plan.Outputs.Select(static output => Camel(output.Name)))}).");
    }

    /// <summary>A model of one loss, for calls that take one target.</summary>
    public void HasOneLoss(string call)
    {
        HasLoss();
        if (plan.Losses.Length > 1)
            throw new InvalidOperationException($"{plan.Name} has losses on {Words(plan.Losses)}: call {call}(images, {string.Join(", ", plan.LossNames.Select(Camel))}).");
    }

    /// <summary>A model with an output that stands for classes.</summary>
    public OutputPlan HasClasses() => plan.Told ?? throw new InvalidOperationException(
        $"{plan.Name} has no output of which the classes could be told: none has a cross-entropy. Call Predict for its values.");

    /// <summary>Targets for every loss, in their order.</summary>
    public unsafe void Targets(ReadOnlySpan<Slot> targets, int samples)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            if (plan.Losses[i].TakesRows) Targets(plan.Losses[i], new ReadOnlySpan<float>(targets[i].Start, targets[i].Length), samples);
            else Labels(plan.Losses[i], new ReadOnlySpan<int>(targets[i].Start, targets[i].Length), samples);
        }
    }

    /// <summary>Class indices, one per sample or pixel, for a loss that takes them.</summary>
    public void Labels(OutputPlan output, ReadOnlySpan<int> labels, int samples)
    {
        string name = NameOf(output);
        if (output.TakesRows)
            throw new LabelException(output.TellsClasses
                ? Text($"{name}: the loss CategoricalCrossentropy takes target rows f32[N, {output.Classes}], got class indices; pass one-hot rows, or write [SparseCategoricalCrossentropy] on the class.")
                : Text($"{name}: the loss {output.Loss} takes values f32[N, {output.Length}], got class indices; pass floats."));
        if (labels.Length != (long)samples * output.Pixels)
            throw new ShapeMismatchException(output.Pixels == 1
                ? Text($"{name}: {samples} samples need {samples} labels, got {labels.Length}.")
                : Text($"{name}: {samples} samples of {output.Pixels} pixels need {samples} x {output.Pixels} = {(long)samples * output.Pixels} labels, got {labels.Length}."));
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)output.Classes)
                throw new LabelException(Text($"{name}: the label of {(output.Pixels == 1 ? "" : Text($"pixel {i % output.Pixels} of "))}sample {i / output.Pixels} is {labels[i]}, but with {output.Classes} classes labels lie in 0..{output.Classes - 1}."));
        }
    }

    /// <summary>Target rows, one per sample, for a loss that takes them.</summary>
    public void Targets(OutputPlan output, ReadOnlySpan<float> targets, int samples)
    {
        string name = NameOf(output);
        if (!output.TakesRows)
            throw new LabelException(Text($"{name}: the loss {output.Loss} takes class indices i32[N], got floats; pass indices, or write [CategoricalCrossentropy] behind a softmax on the class."));
        if (targets.Length != (long)samples * output.Length)
            throw new ShapeMismatchException(Text($"{name}: {samples} samples need target {(output.TellsClasses ? "rows" : "values")} of {samples} x {(output.Pixels == 1 ? "" : Text($"{output.Pixels} x "))}{output.Classes} = {(long)samples * output.Length} floats, got {targets.Length}."));
        if (TensorPrimitives.IsFiniteAll(targets)) return;
        for (int i = 0; i < targets.Length; i++)
        {
            if (float.IsFinite(targets[i])) continue;
            string what = output.TellsClasses ? Text($"class {i % output.Classes} of {(output.Pixels == 1 ? "" : Text($"pixel {i / output.Classes % output.Pixels} of "))}") : Text($"value {i % output.Length} of ");
            throw new LabelException(Text($"{name}: targets must be finite, but {what}sample {i / output.Length} is {targets[i]}."));
        }
    }

    /// <summary>A data set to learn from or to measure on.</summary>
    public void Data(Dataset data)
    {
        for (int i = 0; i < plan.Inputs.Length; i++) SamplesOf(plan.Inputs[i], isFirst: i == 0, data);
        foreach (OutputPlan output in plan.Losses)
        {
            if (output.TellsClasses) ClassesOf(output, data);
            else ValuesOf(output, data);
        }
        if (data.Count == 0)
            throw new ShapeMismatchException(Text($"{plan.Name} needs at least one sample, the data set \"{data.Name}\" has none."));
    }

    private void SamplesOf(InputPlan input, bool isFirst, Dataset data)
    {
        if (data.FindInput(input.Name, isFirst) is not { } samples)
        {
            string values = input.IsFlat ? "values" : Text($"Dataset.FromFloats(\"{input.Name}\", values, {input.Height}, {input.Width}, {input.Channels}{(plan.Layout == Layout.ChannelsFirst ? ", Layout.ChannelsFirst" : "")})");
            throw new ShapeMismatchException(Text($"{NameOf(input)} takes {ShapeOf(input)} = {input.Length} values a sample, the data set \"{data.Name}\" has {(data.InputNames.Count == 0 ? "no input beside its own samples" : "only " + string.Join(", ", data.InputNames))}: write data.WithInput(\"{input.Name}\", {values})."));
        }
        if (samples.Height != input.Height || samples.Width != input.Width || samples.Channels != input.Channels)
            throw new ShapeMismatchException(Text($"{NameOf(input)} takes samples of height x width x channels = {input.Height}x{input.Width}x{input.Channels}, the data set \"{samples.Name}\" has {samples.Height}x{samples.Width}x{samples.Channels}."));
    }

    private void ClassesOf(OutputPlan output, Dataset data)
    {
        string name = NameOf(output);
        if (data.FindLabels(output.Name, isFirst: ReferenceEquals(output, plan.Counted)) is not { } labels)
        {
            if (output.TakesRows && data.FindTargets(output.Name) is { } rows)
            {
                if (rows.PerSample == output.Length) return;
                throw new ShapeMismatchException(Text($"{name} takes {output.Length} values a sample, the data set \"{data.Name}\" has {rows.PerSample} of that name."));
            }
            throw new LabelException(Text($"{name} needs labels for the loss {output.Loss}, the data set \"{data.Name}\" has none for it: write data.WithLabels(\"{output.Name}\", labels, {output.Classes})."));
        }
        if (labels.Classes != output.Classes)
            throw new LabelException(Text($"{name} tells {output.Classes} classes apart, the data set \"{data.Name}\" has {labels.Classes}; the last layer's size and the data must agree."));
        if (labels.PerSample != output.Pixels)
            throw new ShapeMismatchException(output.Pixels == 1
                ? Text($"{name} takes one label a sample, the data set \"{data.Name}\" has {labels.PerSample}.")
                : Text($"{name} takes a label for each of {output.Pixels} pixels, the data set \"{data.Name}\" has {labels.PerSample} a sample."));
    }

    private void ValuesOf(OutputPlan output, Dataset data)
    {
        string name = NameOf(output), write = Text($"write data.WithTargets({(plan.Outputs.Length == 1 ? "" : $"\"{output.Name}\", ")}values) with {output.Length} floats a sample");
        if (data.FindTargets(output.Name) is not { } values)
            throw new LabelException(Text($"{name} needs targets for the loss {output.Loss}, the data set \"{data.Name}\" has {(data.TargetNames.Count == 0 ? "none" : "only " + string.Join(", ", data.TargetNames))}: {write}."));
        if (values.PerSample != output.Length)
            throw new ShapeMismatchException(Text($"{name} takes {output.Length} values a sample, the data set \"{data.Name}\" has {values.PerSample} of that name."));
    }

    /// <summary>The model, and of several outputs the one that is meant.</summary>
    private string NameOf(OutputPlan output) => plan.Outputs.Length == 1 ? plan.Name : $"{plan.Name}.{output.Name}";

    /// <summary>The model, and of several inputs the one that is meant.</summary>
    private string NameOf(InputPlan input) => plan.Inputs.Length == 1 ? plan.Name : $"{plan.Name}.{input.Name}";

    private static string Words(OutputPlan[] outputs) => string.Join(" and ", outputs.Select(static output => output.Name));

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    /// <summary>The lengths of a tensor of images: [N, sample], or N and the sample's axes in the model's layout.</summary>
    public int ImageTensor(ReadOnlySpan<nint> lengths)
    {
        InputPlan input = plan.Inputs[0];
        bool matches = lengths.Length switch
        {
            2 => lengths[1] == input.Length,
            4 when plan.Layout == Layout.ChannelsFirst => lengths[1] == input.Channels && lengths[2] == input.Height && lengths[3] == input.Width,
            4 => lengths[1] == input.Height && lengths[2] == input.Width && lengths[3] == input.Channels,
            _ => false,
        };
        string axes = plan.Layout == Layout.ChannelsFirst ? Text($"[N, {input.Channels}, {input.Height}, {input.Width}]") : Text($"[N, {input.Height}, {input.Width}, {input.Channels}]");
        return matches ? checked((int)lengths[0]) : throw new ShapeMismatchException(Text($"{plan.Name} takes images {axes} or [N, {input.Length}], got {Axes(lengths)}."));
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
