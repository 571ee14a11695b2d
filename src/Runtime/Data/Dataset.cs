using System.Globalization;

namespace Convoke;

/// <summary>Labelled images in memory, bytes or floats, read by index: what <c>Fit</c> and <c>Evaluate</c> take.</summary>
/// <remarks>Byte pixels are scaled to [0, 1] (x / 255) when they are read, so that a data set stays a quarter of its float size. The memory
/// handed in is kept and must not change: a GPU copies it once.</remarks>
public sealed partial class Dataset
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ReadOnlyMemory<float> _floats;
    private readonly ReadOnlyMemory<int> _labels;
    private readonly bool _isBytes;
    private readonly NamedTarget[] _targets;

    private Dataset(string name, bool isBytes, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<float> floats, ReadOnlyMemory<int> labels, int count, int height, int width, int channels, int classes, Layout layout, int labelsPerSample, NamedTarget[] targets, NamedInput[] inputs)
    {
        (Count, LabelsPerSample, _targets, _inputs) = (count, labelsPerSample, targets, inputs);
        (Name, Height, Width, Channels, Classes, Layout) = (name, height, width, channels, classes, layout);
        (_isBytes, _bytes, _floats, _labels) = (isBytes, bytes, floats, labels);
    }

    /// <summary>What the data are, for people: "MNIST train".</summary>
    public string Name { get; }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Labels of one sample: 1, or for segmentation one a pixel, row by row; 0 where there are none.</summary>
    public int LabelsPerSample { get; }

    /// <summary>Pixels from top to bottom.</summary>
    public int Height { get; }

    /// <summary>Pixels from left to right.</summary>
    public int Width { get; }

    /// <summary>Values per pixel.</summary>
    public int Channels { get; }

    /// <summary>Number of classes; labels lie in [0, Classes). 0 where there are no labels.</summary>
    public int Classes { get; }

    /// <summary>Order of an image's axes in memory.</summary>
    public Layout Layout { get; }

    /// <summary>Elements of one sample.</summary>
    public int SampleLength => Height * Width * Channels;

    /// <summary>A data set over byte pixels: <paramref name="images"/> u8[N, sample], <paramref name="labels"/> i32[N, labelsPerSample]; the memory is kept, not copied.</summary>
    /// <exception cref="ShapeMismatchException">The lengths disagree.</exception>
    /// <exception cref="LabelException">A label is outside of [0, <paramref name="classes"/>).</exception>
    public static Dataset FromBytes(string name, ReadOnlyMemory<byte> images, ReadOnlyMemory<int> labels, int height, int width, int channels, int classes, Layout layout = Layout.ChannelsLast, int labelsPerSample = 1)
    {
        Validate(name, images.Length, labels.Span, height, width, channels, classes, layout, labelsPerSample);
        return new Dataset(name, true, images, default, labels, labels.Length / labelsPerSample, height, width, channels, classes, layout, labelsPerSample, [], []);
    }

    /// <summary>A data set over float pixels, taken as they are: <paramref name="images"/> f32[N, sample], <paramref name="labels"/> i32[N, labelsPerSample]; the memory is kept, not copied.</summary>
    /// <exception cref="ShapeMismatchException">The lengths disagree.</exception>
    /// <exception cref="LabelException">A label is outside of [0, <paramref name="classes"/>).</exception>
    public static Dataset FromFloats(string name, ReadOnlyMemory<float> images, ReadOnlyMemory<int> labels, int height, int width, int channels, int classes, Layout layout = Layout.ChannelsLast, int labelsPerSample = 1)
    {
        Validate(name, images.Length, labels.Span, height, width, channels, classes, layout, labelsPerSample);
        return new Dataset(name, false, default, images, labels, labels.Length / labelsPerSample, height, width, channels, classes, layout, labelsPerSample, [], []);
    }

    /// <summary>Byte pixels without labels, u8[N, sample], for <see cref="WithTargets(ReadOnlyMemory{float})"/>; the memory is kept, not copied.</summary>
    /// <exception cref="ShapeMismatchException">It is no whole number of samples.</exception>
    public static Dataset FromBytes(string name, ReadOnlyMemory<byte> images, int height, int width, int channels, Layout layout = Layout.ChannelsLast) =>
        new(name, true, images, default, default, CountOf(name, images.Length, height, width, channels, layout), height, width, channels, 0, layout, 0, [], []);

    /// <summary>Float pixels without labels, f32[N, sample], for <see cref="WithTargets(ReadOnlyMemory{float})"/>; the memory is kept, not copied.</summary>
    /// <exception cref="ShapeMismatchException">It is no whole number of samples.</exception>
    public static Dataset FromFloats(string name, ReadOnlyMemory<float> images, int height, int width, int channels, Layout layout = Layout.ChannelsLast) =>
        new(name, false, default, images, default, CountOf(name, images.Length, height, width, channels, layout), height, width, channels, 0, layout, 0, [], []);

    /// <summary>The same samples with target values for the output of a name: what <c>MeanSquaredError</c> and <c>SmoothL1</c> learn.</summary>
    /// <param name="output">The output, as the tuple that <c>Forward</c> returns names it; what stood under the name before is replaced.</param>
    /// <param name="values">f32[Count, values of a sample], as many a sample as the output has and in its order; kept, not copied.</param>
    /// <exception cref="ShapeMismatchException">It is not the same number for every sample.</exception>
    /// <exception cref="LabelException">A value is not finite.</exception>
    public Dataset WithTargets(string output, ReadOnlyMemory<float> values)
    {
        int perSample = PerSample(output, values.Length);
        int wrong = values.Span.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0) throw new LabelException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{Name}\": the targets of {output} must be finite, but value {wrong % perSample} of sample {wrong / perSample} is {values.Span[wrong]}."));
        return With(new NamedTarget(output, perSample, values, default, 0));
    }

    /// <summary>The same samples with target values for the only output of a model.</summary>
    /// <param name="values">f32[Count, values of a sample]; kept, not copied.</param>
    /// <exception cref="ShapeMismatchException">It is not the same number for every sample.</exception>
    /// <exception cref="LabelException">A value is not finite.</exception>
    public Dataset WithTargets(ReadOnlyMemory<float> values) => WithTargets(OnlyOutput, values);

    /// <summary>The same samples with class indices for the output of a name; the first output with a cross-entropy has the set's own labels where it is given none.</summary>
    /// <param name="output">The output, as the tuple that <c>Forward</c> returns names it; what stood under the name before is replaced.</param>
    /// <param name="labels">i32[Count, labels of a sample]; kept, not copied.</param>
    /// <param name="classes">Labels lie in [0, classes).</param>
    /// <exception cref="ShapeMismatchException">It is not the same number for every sample.</exception>
    /// <exception cref="LabelException">A label is outside of [0, <paramref name="classes"/>).</exception>
    public Dataset WithLabels(string output, ReadOnlyMemory<int> labels, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        int perSample = PerSample(output, labels.Length);
        CheckLabels(Name, labels.Span, classes, perSample);
        return With(new NamedTarget(output, perSample, default, labels, classes));
    }

    /// <summary>Names under which it has targets or labels beside its own.</summary>
    public IReadOnlyList<string> TargetNames => [.. _targets.Select(static target => target.Output)];

    /// <summary>Target values of sample <paramref name="index"/> for the output of a name.</summary>
    /// <exception cref="KeyNotFoundException">There are no target values of that name.</exception>
    public ReadOnlySpan<float> TargetsOf(string output, int index) =>
        (FindTargets(output) ?? throw new KeyNotFoundException($"Data set \"{Name}\" has no targets for {output}.")).ValuesOf(index);

    /// <summary>Class of sample <paramref name="index"/>; of several labels the first.</summary>
    public int Label(int index) => _labels.Span[index * LabelsPerSample];

    /// <summary>Labels i32[LabelsPerSample] of sample <paramref name="index"/>.</summary>
    public ReadOnlySpan<int> LabelsOf(int index) => _labels.Span.Slice(index * LabelsPerSample, LabelsPerSample);

    /// <summary>Copies sample <paramref name="index"/>, in this set's layout, as floats into the first <see cref="SampleLength"/> of <paramref name="destination"/>.</summary>
    public void CopyImage(int index, Span<float> destination)
    {
        if (_isBytes) PixelCopy.Scale(_bytes.Span.Slice(index * SampleLength, SampleLength), destination);
        else _floats.Span.Slice(index * SampleLength, SampleLength).CopyTo(destination);
    }

    /// <summary>The first <paramref name="count"/> samples (all, where there are fewer), over the same memory.</summary>
    public Dataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Slice(0, Math.Min(count, Count));
    }

    /// <summary>Samples [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>), over the same memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside of the set.</exception>
    public Dataset Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Count, nameof(count));
        int first = start * SampleLength, length = count * SampleLength;
        return new Dataset(Name, _isBytes, _isBytes ? _bytes.Slice(first, length) : default, _isBytes ? default : _floats.Slice(first, length), _labels.Slice(start * LabelsPerSample, count * LabelsPerSample), count, Height, Width, Channels, Classes, Layout, LabelsPerSample, [.. _targets.Select(target => target.Slice(start, count))], [.. _inputs.Select(input => input with { Samples = input.Samples.Slice(start, count) })]);
    }

    /// <summary>The samples in batches of <paramref name="batchSize"/>, the last one smaller where they do not divide; each batch has memory of its own.</summary>
    /// <param name="batchSize">Samples per batch, at least 1.</param>
    /// <param name="shuffleSeed">Seed of the order; null keeps the set's own. Another seed per epoch gives another order per epoch.</param>
    public IEnumerable<Batch> Batches(int batchSize, ulong? shuffleSeed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Enumerate(batchSize, shuffleSeed);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Count} samples of {Height}x{Width}x{Channels}, {Classes} classes");

    /// <summary>Copies sample <paramref name="index"/> as f32[H, W, C] NHWC, whatever this set's layout.</summary>
    internal void CopyChannelsLast(int index, Span<float> destination)
    {
        if (Layout == Layout.ChannelsLast || Channels == 1) CopyImage(index, destination);
        else if (_isBytes) PixelCopy.ScaleToChannelsLast(_bytes.Span.Slice(index * SampleLength, SampleLength), destination, Channels);
        else PixelCopy.ToChannelsLast(_floats.Span.Slice(index * SampleLength, SampleLength), destination, Channels);
    }

    /// <summary>Whether pixels are bytes.</summary>
    internal bool IsBytes => _isBytes;

    /// <summary>Class indices i32[Count, LabelsPerSample].</summary>
    internal ReadOnlySpan<int> Labels => _labels.Span;

    /// <summary>Bytes of one sample as it is stored.</summary>
    internal int SampleBytes => SampleLength * (_isBytes ? 1 : sizeof(float));

    /// <summary>Copies samples [<paramref name="first"/>, first + count) as they are stored, bytes or floats, but NHWC whatever this set's layout.</summary>
    internal void CopyStored(int first, int count, Span<byte> destination)
    {
        ReadOnlySpan<byte> stored = _isBytes ? _bytes.Span : System.Runtime.InteropServices.MemoryMarshal.AsBytes(_floats.Span);
        if (Layout == Layout.ChannelsLast || Channels == 1)
        {
            stored.Slice(checked(first * SampleBytes), checked(count * SampleBytes)).CopyTo(destination);
            return;
        }
        for (int n = 0; n < count; n++)
        {
            ReadOnlySpan<byte> sample = stored.Slice(checked((first + n) * SampleBytes), SampleBytes);
            Span<byte> to = destination.Slice(n * SampleBytes, SampleBytes);
            if (_isBytes) PixelCopy.ToChannelsLast(sample, to, Channels);
            else PixelCopy.ToChannelsLast(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(sample), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(to), Channels);
        }
    }

    private IEnumerable<Batch> Enumerate(int batchSize, ulong? shuffleSeed)
    {
        KeyedPermutation order = new(Count, shuffleSeed ?? 0, 0);
        for (int start = 0; start < Count; start += Math.Min(batchSize, Count - start))
        {
            int count = Math.Min(batchSize, Count - start), first = start;
            int[] labels = new int[count * LabelsPerSample];
            for (int i = 0; i < count; i++) LabelsOf(Index(i)).CopyTo(labels.AsSpan(i * LabelsPerSample));
            yield return new Batch(Gather(count, Index), labels, count, [.. _targets.Select(target => target.Gather(count, Index))], [.. _inputs.Select(input => (input.Input, input.Samples.Gather(count, Index)))]);

            int Index(int i) => shuffleSeed is null ? first + i : order[first + i];
        }
    }

    /// <summary>Name of a model's only output that has none.</summary>
    internal const string OnlyOutput = "Output";

    /// <summary>Target values under a name; null where there are none.</summary>
    internal NamedTarget? FindTargets(string output) => Array.Find(_targets, target => target.Output == output && target.Classes == 0);

    /// <summary>Labels under a name, or for the first output with a cross-entropy the set's own; null where there are none.</summary>
    internal NamedTarget? FindLabels(string output, bool isFirst) => Array.Find(_targets, target => target.Output == output && target.Classes > 0)
        ?? (isFirst && Classes > 0 && FindTargets(output) is null ? new NamedTarget(output, LabelsPerSample, default, _labels, Classes) : null);

    private Dataset With(NamedTarget added) =>
        new(Name, _isBytes, _bytes, _floats, _labels, Count, Height, Width, Channels, Classes, Layout, LabelsPerSample, [.. _targets.Where(target => target.Output != added.Output), added], _inputs);

    private int PerSample(string output, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        (int perSample, int rest) = Math.DivRem(length, Math.Max(Count, 1));
        return rest == 0 && (perSample > 0 || Count == 0) ? perSample : throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{Name}\": {Count} samples need the same number of targets of {output} each, got {length}."));
    }

    private static int CountOf(string name, int elements, int height, int width, int channels, Layout layout)
    {
        CheckShape(name, height, width, channels, layout);
        (long count, long rest) = Math.DivRem(elements, checked((long)height * width * channels));
        return rest == 0 ? (int)count : throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{name}\": {elements} values are no whole number of samples of {height}x{width}x{channels}."));
    }

    private static void CheckShape(string name, int height, int width, int channels, Layout layout)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (layout is not (Layout.ChannelsLast or Layout.ChannelsFirst)) throw new ArgumentOutOfRangeException(nameof(layout), layout, "There are ChannelsLast and ChannelsFirst.");
    }

    private static void Validate(string name, int elements, ReadOnlySpan<int> labels, int height, int width, int channels, int classes, Layout layout, int labelsPerSample)
    {
        CheckShape(name, height, width, channels, layout);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labelsPerSample, 1);
        if (labels.Length % labelsPerSample != 0)
            throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{name}\": {labels.Length} labels are no whole number of samples of {labelsPerSample} labels."));
        int samples = labels.Length / labelsPerSample;
        long sample = checked((long)height * width * channels);
        if (elements != samples * sample)
            throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{name}\": {labels.Length} labels and samples of {height}x{width}x{channels} = {sample} values need {samples * sample} values, but there are {elements}."));
        CheckLabels(name, labels, classes, labelsPerSample);
    }

    private static void CheckLabels(string name, ReadOnlySpan<int> labels, int classes, int labelsPerSample)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new LabelException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{name}\": the label of sample {i / labelsPerSample} is {labels[i]}, but with {classes} classes labels lie in 0..{classes - 1}."));
        }
    }
}
