using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples from the caller's pinned memory, in the model's layout.</summary>
internal sealed unsafe class SpanSource(NetworkPlan plan) : SampleSource
{
    /// <summary>Per input f32[N, Length], pinned for the length of the call.</summary>
    private readonly nint[] _inputs = new nint[plan.Inputs.Length];

    /// <summary>Per loss, pinned likewise.</summary>
    private readonly nint[] _targets = new nint[plan.Losses.Length];

    /// <summary>Sets what the next step reads.</summary>
    /// <param name="inputs">Per input f32[N, Length].</param>
    /// <param name="first">First sample of these that it reads.</param>
    /// <param name="targets">Per loss i32[N, Pixels] or f32[N, Length]; none where none are read.</param>
    public void Point(ReadOnlySpan<Slot> inputs, int first, ReadOnlySpan<Slot> targets)
    {
        for (int i = 0; i < inputs.Length; i++) _inputs[i] = (nint)((float*)inputs[i].Start + ((long)first * plan.Inputs[i].Length));
        for (int i = 0; i < targets.Length; i++) _targets[i] = (nint)targets[i].Start;
    }

    /// <inheritdoc/>
    public override void Fill(StepContext step, int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            float* to = step.Images + ((long)n * plan.SampleLength);
            for (int i = 0; i < plan.Inputs.Length; i++)
            {
                InputPlan input = plan.Inputs[i];
                ReadOnlySpan<float> source = new((float*)_inputs[i] + ((long)n * input.Length), input.Length);
                Span<float> destination = new(to, input.Length);
                if (plan.Layout == Layout.ChannelsFirst && !input.IsFlat && input.Channels > 1) PixelCopy.ToChannelsLast(source, destination, input.Channels);
                else source.CopyTo(destination);
                to += input.Length;
            }
        }
        if (step.Labels != null || step.Targets != null) TargetCopy.Copy(plan, _targets, step.Labels, step.Targets, first, count);
    }
}
