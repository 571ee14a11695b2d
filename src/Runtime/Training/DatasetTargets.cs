using Convoke.Compiled;

namespace Convoke;

/// <summary>Where each loss of a model finds its targets in a data set that has been checked, and how kernels get them.</summary>
internal sealed class DatasetTargets
{
    private readonly NetworkPlan _plan;
    private readonly (NamedTarget? Labels, NamedTarget? Values)[] _sources;

    public DatasetTargets(NetworkPlan plan, Dataset data)
    {
        _plan = plan;
        _sources = [.. plan.Losses.Select(output => (output.TellsClasses ? data.FindLabels(output.Name, ReferenceEquals(output, plan.Counted)) : null, data.FindTargets(output.Name)))];

        // Of one loss that takes rows of classes, labels stay what they are on a device: its kernels make the rows.
        bool staysLabels = _sources is [({ }, _)] && plan.Losses[0].TakesRows;
        (DeviceLabels, DeviceTargets) = staysLabels ? (plan.Losses[0].Pixels, 0) : (plan.LabelLength, plan.TargetLength);
    }

    /// <summary>Class indices of a sample of a set that is resident on a device.</summary>
    public int DeviceLabels { get; }

    /// <summary>Target values of a sample of such a set.</summary>
    public int DeviceTargets { get; }

    /// <summary>Copies what a device keeps of a sample: i32[DeviceLabels], f32[DeviceTargets].</summary>
    public void CopyToDevice(int index, Span<int> labels, Span<float> targets)
    {
        if (DeviceTargets == 0 && _plan.TargetLength > 0) _sources[0].Labels!.LabelsOf(index).CopyTo(labels);
        else Copy(index, labels, targets);
    }

    /// <summary>Copies the targets of a sample: i32[LabelLength], f32[TargetLength].</summary>
    public void Copy(int index, Span<int> labels, Span<float> targets)
    {
        for (int i = 0, label = 0, target = 0; i < _sources.Length; i++)
        {
            OutputPlan output = _plan.Losses[i];
            (NamedTarget? indices, NamedTarget? values) = _sources[i];
            if (!output.TakesRows)
            {
                indices!.LabelsOf(index).CopyTo(labels.Slice(label, output.Pixels));
                label += output.Pixels;
                continue;
            }
            Span<float> rows = targets.Slice(target, output.Length);
            target += output.Length;
            if (indices is null)
            {
                values!.ValuesOf(index).CopyTo(rows);
                continue;
            }
            rows.Clear();
            ReadOnlySpan<int> classes = indices.LabelsOf(index);
            for (int pixel = 0; pixel < classes.Length; pixel++) rows[(pixel * output.Classes) + classes[pixel]] = 1f;
        }
    }
}
