using System.Text;

namespace Convoke.Kernels.Scheduling;

/// <summary>A schedule as text: loops, kernels with their cost, buffers with their places.</summary>
public static class SchedulePrinter
{
    public static string Print(Schedule schedule)
    {
        var text = new StringBuilder();
        foreach (GroupLoop loop in schedule.Loops)
        {
            text.Append(loop.PerImage ? "for each image of the chunk\n" : "for the chunk\n");
            foreach (KernelGroup group in loop.Groups) text.Append("    ").Append(Describe(group)).Append('\n');
        }

        if (schedule.Parameters.Count > 0) text.Append("over parameters\n");
        foreach (KernelGroup group in schedule.Parameters) text.Append("    ").Append(Describe(group)).Append('\n');
        text.Append($"buffers: {schedule.SampleFloats} floats a sample, {schedule.TaskFloats} floats a worker\n");
        foreach (Buffer b in schedule.Buffers.Values.OrderBy(static b => b.Scope).ThenBy(static b => b.OffsetFloats))
            text.Append($"    {b.Scope,-8} {b.OffsetFloats,8} + {b.ArenaFloats,-8} {b.Name} {b.Text}\n");
        return text.ToString();
    }

    private static string Describe(KernelGroup group) =>
        $"{group.GetType().Name.Replace("Group", "")} {group.Name}({string.Join(", ", group.Reads.Select(static i => "%" + i))})"
        + (group.Writes.Any() ? " -> " + string.Join(", ", group.Writes.Select(static i => "%" + i)) : "")
        + Cost(KernelCost.Of(group));

    private static string Cost(KernelCost cost) => $"    {cost.Flops} FLOP, {cost.ReadBytes} B read, {cost.WrittenBytes} B written a {(cost.PerStep ? "step" : "sample")}";
}
