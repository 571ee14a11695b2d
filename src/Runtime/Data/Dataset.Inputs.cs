using System.Globalization;

namespace Convoke;

public sealed partial class Dataset
{
    private readonly NamedInput[] _inputs;

    /// <summary>The same samples with images for the input of a name, in bytes or floats and in their own layout. A model's first input has this set's own samples where it is given none.</summary>
    /// <param name="input">The input, as the parameter of <c>Forward</c> is called; what stood under the name before is replaced.</param>
    /// <param name="samples">As many samples, in the same order; of its labels and targets nothing is taken.</param>
    /// <exception cref="ShapeMismatchException">The numbers of samples disagree.</exception>
    /// <remarks>On a GPU all inputs of a sample stand together: in bytes where all are bytes, otherwise in floats.</remarks>
    public Dataset WithInput(string input, Dataset samples)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count != Count)
            throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{Name}\" has {Count} samples, but \"{samples.Name}\", given for the input {input}, has {samples.Count}; every sample needs one."));
        return new Dataset(Name, _isBytes, _bytes, _floats, _labels, Count, Height, Width, Channels, Classes, Layout, LabelsPerSample, _targets, [.. _inputs.Where(other => other.Input != input), new NamedInput(input, samples)]);
    }

    /// <summary>The same samples with a row of values each for the input of a name, one of <c>[Shape(length)]</c>.</summary>
    /// <param name="input">The input, as the parameter of <c>Forward</c> is called; what stood under the name before is replaced.</param>
    /// <param name="values">f32[Count, length]; kept, not copied.</param>
    /// <exception cref="ShapeMismatchException">It is not the same number for every sample.</exception>
    public Dataset WithInput(string input, ReadOnlyMemory<float> values)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        (int length, int rest) = Math.DivRem(values.Length, Math.Max(Count, 1));
        if (rest != 0 || (length == 0 && Count > 0))
            throw new ShapeMismatchException(string.Create(CultureInfo.InvariantCulture, $"Data set \"{Name}\": {Count} samples need the same number of values for the input {input} each, got {values.Length}."));
        return WithInput(input, FromFloats(input, values, 1, 1, Math.Max(length, 1)));
    }

    /// <summary>Names of the inputs that it has samples for, beside its own.</summary>
    public IReadOnlyList<string> InputNames => [.. _inputs.Select(static input => input.Input)];

    /// <summary>The samples for the input of a name; for a model's first input its own, where it has none of that name. Null where there are none.</summary>
    internal Dataset? FindInput(string input, bool isFirst) => Array.Find(_inputs, other => other.Input == input)?.Samples ?? (isFirst ? this : null);

    /// <summary>Copies <paramref name="count"/> samples in any order, in this set's layout.</summary>
    private float[] Gather(int count, Func<int, int> index)
    {
        float[] samples = GC.AllocateUninitializedArray<float>(checked(count * SampleLength));
        for (int i = 0; i < count; i++) CopyImage(index(i), samples.AsSpan(i * SampleLength, SampleLength));
        return samples;
    }
}
