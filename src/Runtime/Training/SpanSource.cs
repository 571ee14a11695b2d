using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples from the caller's pinned memory, in the model's layout.</summary>
internal sealed unsafe class SpanSource(NetworkPlan plan) : SampleSource
{
    private readonly int _sampleLength = plan.Height * plan.Width * plan.Channels;
    private readonly bool _transposes = plan.Layout == Layout.ChannelsFirst && plan.Channels > 1;

    /// <summary>f32[N, sample], pinned for the length of the call.</summary>
    public float* Images { get; private set; }

    /// <summary>i32[N, Pixels] or null.</summary>
    public int* Labels { get; private set; }

    /// <summary>f32[N, Pixels, Classes] or null.</summary>
    public float* Targets { get; private set; }

    /// <summary>Sets what the next step reads; <paramref name="labels"/> and <paramref name="targets"/> may be null.</summary>
    public void Point(float* images, int* labels, float* targets)
    {
        Images = images;
        Labels = labels;
        Targets = targets;
    }

    /// <inheritdoc/>
    public override void Fill(StepContext step, int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            ReadOnlySpan<float> source = new(Images + ((long)n * _sampleLength), _sampleLength);
            Span<float> destination = new(step.Images + ((long)n * _sampleLength), _sampleLength);
            if (_transposes) PixelCopy.ToChannelsLast(source, destination, plan.Channels);
            else source.CopyTo(destination);
        }
        if (step.Labels != null) new ReadOnlySpan<int>(Labels + ((long)first * plan.Pixels), count * plan.Pixels).CopyTo(new Span<int>(step.Labels + ((long)first * plan.Pixels), count * plan.Pixels));
        if (step.Targets != null)
        {
            long offset = (long)first * plan.OutputLength;
            int length = count * plan.OutputLength;
            new ReadOnlySpan<float>(Targets + offset, length).CopyTo(new Span<float>(step.Targets + offset, length));
        }
    }
}
