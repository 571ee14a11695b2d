namespace Convoke;

/// <summary>Some samples of a <see cref="Dataset"/>, copied: the batch stays valid for as long as it is held.</summary>
public sealed class Batch
{
    private readonly float[] _images;
    private readonly int[] _labels;
    private readonly NamedTarget[] _targets;
    private readonly (string Name, float[] Values)[] _inputs;

    internal Batch(float[] images, int[] labels, int count, NamedTarget[] targets, (string Name, float[] Values)[] inputs) => (_images, _labels, Count, _targets, _inputs) = (images, labels, count, targets, inputs);

    /// <summary>f32[Count, sample] in the data set's layout.</summary>
    public ReadOnlySpan<float> Images => _images;

    /// <summary>f32[Count, values of a sample] for the input of a name, images in the layout of the set that they are from.</summary>
    /// <exception cref="KeyNotFoundException">The data set has nothing for that input beside its own samples.</exception>
    public ReadOnlySpan<float> Input(string input) => Array.Find(_inputs, other => other.Name == input).Values
        ?? throw new KeyNotFoundException($"The data set has no samples for the input {input}; it has {(_inputs.Length == 0 ? "none beside its own, which are Images" : string.Join(", ", _inputs.Select(static other => other.Name)))}.");

    /// <summary>Class indices i32[Count], or as many a sample as the data set has.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Target values f32[Count, values of a sample] for the output of a name.</summary>
    /// <exception cref="KeyNotFoundException">The data set has no target values of that name.</exception>
    public ReadOnlySpan<float> Targets(string output) => Find(output, labels: false).Values.Span;

    /// <summary>Class indices i32[Count, labels of a sample] for the output of a name.</summary>
    /// <exception cref="KeyNotFoundException">The data set has no labels of that name.</exception>
    public ReadOnlySpan<int> LabelsOf(string output) => Find(output, labels: true).Labels.Span;

    private NamedTarget Find(string output, bool labels) => Array.Find(_targets, target => target.Output == output && target.Classes > 0 == labels)
        ?? throw new KeyNotFoundException($"The data set has no {(labels ? "labels" : "targets")} for {output}; it has {(_targets.Length == 0 ? "none beside its own labels" : string.Join(", ", _targets.Select(static target => target.Output)))}.");

    /// <summary>Samples in this batch.</summary>
    public int Count { get; }
}
