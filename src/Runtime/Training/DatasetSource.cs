using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples of a data set from a position on, in its own order or shuffled.</summary>
internal sealed unsafe class DatasetSource(NetworkPlan plan, Dataset data) : SampleSource
{
    private readonly DatasetTargets _targets = new(plan, data);

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
            if (step.Labels != null || step.Targets != null)
                _targets.Copy(index, new Span<int>(step.Labels + ((long)n * plan.LabelLength), plan.LabelLength), new Span<float>(step.Targets + ((long)n * plan.TargetLength), plan.TargetLength));
        }
    }
}
