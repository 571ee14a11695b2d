using Convoke.Compiled;

namespace Convoke;

/// <summary>Holds a plan against itself once per model: a parameter that reaches out of its arena would corrupt memory silently.</summary>
internal static class PlanChecks
{
    /// <summary>Throws <see cref="InvalidOperationException"/> for a plan that contradicts itself, which only a faulty or foreign generator writes.</summary>
    public static void Check(NetworkPlan plan)
    {
        if (plan.Inputs.Length < 1 || plan.Inputs.Any(static input => input.Height < 1 || input.Width < 1 || input.Channels < 1) || plan.Outputs.Length < 1 || plan.Outputs.Any(static output => output.Classes < 1 || output.Pixels < 1)) throw Wrong(plan, "has a size below 1");
        foreach (ParameterPlan parameter in plan.Parameters)
        {
            long count = 1, cells = 1, last = parameter.Offset;
            foreach (int extent in parameter.Shape) count = checked(count * extent);
            foreach (AxisPlan axis in parameter.Axes)
            {
                if (axis.Extent < 1 || axis.Block < 1 || axis.Stride < 0 || axis.BlockStride < 0) throw Wrong(plan, $"cuts {parameter.Name} into axes of no size");
                cells = checked(cells * axis.Extent);
                last += LastOffset(axis);
            }
            if (cells != count) throw Wrong(plan, $"stores {cells} of the {count} elements of {parameter.Name}");
            if (parameter.Offset < 0 || last >= plan.ParameterFloats) throw Wrong(plan, $"puts {parameter.Name} at {last} in an arena of {plan.ParameterFloats} floats");
        }
    }

    /// <summary>Largest offset that an index of this axis adds: at the end of the last block, or of the one before where the last is cut.</summary>
    private static long LastOffset(AxisPlan axis)
    {
        (int block, int rest) = Math.DivRem(axis.Extent - 1, axis.Block);
        long last = ((long)block * axis.BlockStride) + ((long)rest * axis.Stride);
        return block == 0 ? last : Math.Max(last, ((block - 1L) * axis.BlockStride) + ((axis.Block - 1L) * axis.Stride));
    }

    private static InvalidOperationException Wrong(NetworkPlan plan, string what) =>
        new(FormattableString.Invariant($"The compiled plan of {plan.Name} {what}; rebuild with the generator of this version."));
}
