using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples of a data set from a position on, in its own order or shuffled.</summary>
internal sealed unsafe class DatasetSource(NetworkPlan plan, Dataset data) : SampleSource
{
    /// <summary>The set.</summary>
    public Dataset Data => data;

    /// <summary>Position of the batch's first sample.</summary>
    public int Start { get; set; }

    /// <summary>The epoch's order; null for the set's own.</summary>
    public KeyedPermutation? Order { get; set; }

    /// <inheritdoc/>
    public override void Fill(StepContext step, int first, int count)
    {
        int sampleLength = data.SampleLength;
        for (int n = first; n < first + count; n++)
        {
            int index = Order is { } order ? order[Start + n] : Start + n;
            data.CopyChannelsLast(index, new Span<float>(step.Images + ((long)n * sampleLength), sampleLength));
            ReadOnlySpan<int> labels = data.LabelsOf(index);
            if (step.Labels != null) labels.CopyTo(new Span<int>(step.Labels + ((long)n * plan.Pixels), plan.Pixels));
            if (step.Targets != null)
            {
                Span<float> rows = new(step.Targets + ((long)n * plan.OutputLength), plan.OutputLength);
                rows.Clear();
                for (int pixel = 0; pixel < labels.Length; pixel++) rows[(pixel * plan.Classes) + labels[pixel]] = 1f;
            }
        }
    }
}
