namespace Convoke;

/// <summary>Some samples of a <see cref="Dataset"/>, copied: the batch stays valid for as long as it is held.</summary>
public sealed class Batch
{
    private readonly float[] _images;
    private readonly int[] _labels;

    internal Batch(float[] images, int[] labels, int count) => (_images, _labels, Count) = (images, labels, count);

    /// <summary>f32[Count, sample] in the data set's layout.</summary>
    public ReadOnlySpan<float> Images => _images;

    /// <summary>Class indices i32[Count], or as many a sample as the data set has.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Samples in this batch.</summary>
    public int Count { get; }
}
