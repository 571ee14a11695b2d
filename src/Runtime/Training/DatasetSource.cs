using Convoke.Compiled;

namespace Convoke;

/// <summary>Samples of a data set from a position on, in its own order or shuffled.</summary>
internal sealed unsafe class DatasetSource(NetworkPlan plan, Dataset data) : SampleSource
{
    private readonly DatasetInputs _inputs = new(plan, data);
    private readonly DatasetTargets _targets = new(plan, data);

    /// <summary>The set.</summary>
    public Dataset Data => data;

    /// <summary>Whether a device keeps its samples as bytes.</summary>
    public bool IsBytes => _inputs.IsBytes;

    /// <summary>Position of the batch's first sample.</summary>
    public int Start { get; set; }

    /// <summary>The epoch's order; null for the set's own.</summary>
    public KeyedPermutation? Order { get; set; }

    /// <inheritdoc/>
    public override void Fill(StepContext step, int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            int index = Order is { } order ? order[Start + n] : Start + n;
            _inputs.Copy(index, new Span<float>(step.Images + ((long)n * plan.SampleLength), plan.SampleLength));
            if (step.Labels != null || step.Targets != null)
                _targets.Copy(index, new Span<int>(step.Labels + ((long)n * plan.LabelLength), plan.LabelLength), new Span<float>(step.Targets + ((long)n * plan.TargetLength), plan.TargetLength));
        }
    }
}
