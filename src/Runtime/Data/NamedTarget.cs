namespace Convoke;

/// <summary>Targets of a data set for one output: values, or class indices.</summary>
/// <param name="Output">Name of the output.</param>
/// <param name="PerSample">Values or indices of a sample.</param>
/// <param name="Values">f32[N, PerSample]; empty where there are indices.</param>
/// <param name="Labels">i32[N, PerSample]; empty where there are values.</param>
/// <param name="Classes">Indices lie in [0, Classes); 0 where there are values.</param>
internal sealed record NamedTarget(string Output, int PerSample, ReadOnlyMemory<float> Values, ReadOnlyMemory<int> Labels, int Classes)
{
    /// <summary>Values of a sample.</summary>
    public ReadOnlySpan<float> ValuesOf(int index) => Values.Span.Slice(index * PerSample, PerSample);

    /// <summary>Indices of a sample.</summary>
    public ReadOnlySpan<int> LabelsOf(int index) => Labels.Span.Slice(index * PerSample, PerSample);

    /// <summary>Those of some samples, over the same memory.</summary>
    public NamedTarget Slice(int start, int count) => this with
    {
        Values = Classes == 0 ? Values.Slice(start * PerSample, count * PerSample) : default,
        Labels = Classes == 0 ? default : Labels.Slice(start * PerSample, count * PerSample),
    };

    /// <summary>Copies of those of <paramref name="count"/> samples in any order.</summary>
    public NamedTarget Gather(int count, Func<int, int> index)
    {
        float[] values = new float[Classes == 0 ? count * PerSample : 0];
        int[] labels = new int[Classes == 0 ? 0 : count * PerSample];
        for (int i = 0; i < count; i++)
        {
            if (Classes == 0) ValuesOf(index(i)).CopyTo(values.AsSpan(i * PerSample));
            else LabelsOf(index(i)).CopyTo(labels.AsSpan(i * PerSample));
        }
        return this with { Values = values, Labels = labels };
    }
}
