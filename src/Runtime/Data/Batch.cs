namespace Convoke;

/// <summary>Some samples of a <see cref="Dataset"/>, copied: the batch stays valid for as long as it is held.</summary>
public sealed class Batch
{
    private readonly float[] _images;
    private readonly int[] _labels;
    private readonly NamedTarget[] _targets;

    internal Batch(float[] images, int[] labels, int count, NamedTarget[] targets) => (_images, _labels, Count, _targets) = (images, labels, count, targets);

    /// <summary>f32[Count, sample] in the data set's layout.</summary>
    public ReadOnlySpan<float> Images => _images;

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
