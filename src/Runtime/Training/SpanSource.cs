using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples from the caller's pinned memory, in the model's layout.</summary>
internal sealed unsafe class SpanSource(NetworkPlan plan) : SampleSource
{
    private readonly int _sampleLength = plan.Height * plan.Width * plan.Channels;
    private readonly bool _transposes = plan.Layout == Layout.ChannelsFirst && plan.Channels > 1;

    /// <summary>Per loss, pinned likewise.</summary>
    private readonly nint[] _targets = new nint[plan.Losses.Length];

    /// <summary>f32[N, sample], pinned for the length of the call.</summary>
    public float* Images { get; private set; }

    /// <summary>Sets what the next step reads.</summary>
    /// <param name="images">f32[N, sample].</param>
    /// <param name="targets">Per loss i32[N, Pixels] or f32[N, Length]; none where none are read.</param>
    public void Point(float* images, ReadOnlySpan<Slot> targets)
    {
        Images = images;
        for (int i = 0; i < targets.Length; i++) _targets[i] = (nint)targets[i].Start;
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
        if (step.Labels != null || step.Targets != null) TargetCopy.Copy(plan, _targets, step.Labels, step.Targets, first, count);
    }
}
