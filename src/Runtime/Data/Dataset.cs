namespace Convoke;

/// <summary>Labelled images in memory, bytes or floats, read by index: what <c>Fit</c> and <c>Evaluate</c> take.</summary>
/// <remarks>Byte pixels are scaled to [0, 1] (x / 255) when they are read, so that a data set stays a quarter of its float size.</remarks>
public sealed class Dataset
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ReadOnlyMemory<float> _floats;
    private readonly ReadOnlyMemory<int> _labels;

    private Dataset(string name, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<float> floats, ReadOnlyMemory<int> labels, int height, int width, int channels, int classes, Layout layout)
    {
        (Name, Height, Width, Channels, Classes, Layout) = (name, height, width, channels, classes, layout);
        (_bytes, _floats, _labels) = (bytes, floats, labels);
    }

    /// <summary>What the data are, for people: "MNIST train".</summary>
    public string Name { get; }

    /// <summary>Number of samples.</summary>
    public int Count => _labels.Length;

    /// <summary>Pixels from top to bottom.</summary>
    public int Height { get; }

    /// <summary>Pixels from left to right.</summary>
    public int Width { get; }

    /// <summary>Values per pixel.</summary>
    public int Channels { get; }

    /// <summary>Number of classes; labels lie in [0, Classes).</summary>
    public int Classes { get; }

    /// <summary>Order of an image's axes in memory.</summary>
    public Layout Layout { get; }

    /// <summary>Elements of one sample.</summary>
    public int SampleLength => Height * Width * Channels;

    /// <summary>A data set over byte pixels: <paramref name="images"/> u8[N, sample], <paramref name="labels"/> i32[N].</summary>
    public static Dataset FromBytes(string name, ReadOnlyMemory<byte> images, ReadOnlyMemory<int> labels, int height, int width, int channels, int classes, Layout layout = Layout.ChannelsLast) =>
        new(name, images, default, labels, height, width, channels, classes, layout);

    /// <summary>A data set over float pixels, taken as they are: <paramref name="images"/> f32[N, sample], <paramref name="labels"/> i32[N].</summary>
    public static Dataset FromFloats(string name, ReadOnlyMemory<float> images, ReadOnlyMemory<int> labels, int height, int width, int channels, int classes, Layout layout = Layout.ChannelsLast) =>
        new(name, default, images, labels, height, width, channels, classes, layout);

    /// <summary>Class of sample <paramref name="index"/>.</summary>
    public int Label(int index) => _labels.Span[index];

    /// <summary>Copies sample <paramref name="index"/>, in this set's layout, as floats.</summary>
    public void CopyImage(int index, Span<float> destination)
    {
        if (_floats.IsEmpty)
        {
            ReadOnlySpan<byte> source = _bytes.Span.Slice(index * SampleLength, SampleLength);
            for (int i = 0; i < source.Length; i++) destination[i] = source[i] * (1f / 255f);
        }
        else
        {
            _floats.Span.Slice(index * SampleLength, SampleLength).CopyTo(destination);
        }
    }
}
