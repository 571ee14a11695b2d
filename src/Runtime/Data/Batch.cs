namespace Convoke;

/// <summary>Some samples of a <see cref="Dataset"/>, copied: the batch stays valid for as long as it is held.</summary>
public sealed class Batch
{
    private readonly float[] _images;
    private readonly int[] _labels;

    internal Batch(float[] images, int[] labels) => (_images, _labels) = (images, labels);

    /// <summary>f32[Count, sample] in the data set's layout.</summary>
    public ReadOnlySpan<float> Images => _images;

    /// <summary>Class indices i32[Count].</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Samples in this batch.</summary>
    public int Count => _labels.Length;
}
