using System.Globalization;
using System.Runtime.CompilerServices;
using Convoke.Compiled;

namespace Convoke;

/// <summary>One trained tensor of a model, read and written in the logical, row-major order of its shape.</summary>
/// <remarks>How the kernels store it (padded, blocked) does not show. Names and axis order are those of the model's preset.</remarks>
public sealed unsafe class Parameter
{
    private readonly ParameterPlan _plan;
    private readonly StepEngine _engine;
    private readonly ModelGuard _guard;

    internal Parameter(ParameterPlan plan, StepEngine engine, ModelGuard guard)
    {
        (_plan, _engine, _guard) = (plan, engine, guard);
        Shape = Array.AsReadOnly(plan.Shape);
        Count = 1;
        foreach (int extent in plan.Shape) Count = checked(Count * extent);
    }

    /// <summary>Name, unique in its model: "conv2d.kernel", "conv1.weight".</summary>
    public string Name => _plan.Name;

    /// <summary>Extents, outermost first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Elements: the product of <see cref="Shape"/>.</summary>
    public int Count { get; }

    /// <summary>Letters of the axes, "HWIO".</summary>
    public string Layout => _plan.Layout;

    /// <summary>Whether the optimizer moves it; false for running statistics, which move without a gradient, and for weights on which no loss depends.</summary>
    public bool IsTrained => _plan.IsTrained;

    /// <summary>Copies the values to the first <see cref="Count"/> elements of <paramref name="destination"/>.</summary>
    /// <exception cref="ParameterException"><paramref name="destination"/> is shorter than <see cref="Count"/>.</exception>
    public void CopyTo(Span<float> destination)
    {
        CheckDestination(destination.Length);
        using ModelGuard.Lease lease = _guard.Enter();
        Gather(_engine.ReadParameters(), destination);
    }

    /// <summary>The values, f32[Count].</summary>
    public float[] ToArray()
    {
        float[] values = new float[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>Sets all values. They are taken as they are: values that are not finite show in the next loss. Optimizer state stays.</summary>
    /// <exception cref="ParameterException"><paramref name="source"/> does not hold exactly <see cref="Count"/> values.</exception>
    public void CopyFrom(ReadOnlySpan<float> source)
    {
        if (source.Length != Count) throw new ParameterException($"{Describe()} takes exactly {Text(Count)} values, got {Text(source.Length)}.");
        using ModelGuard.Lease lease = _guard.Enter();
        Scatter(source, _engine.WriteParameters());
    }

    /// <summary>Copies the gradient of the mean loss that the last <c>ComputeGradients</c> left, in the order of <see cref="CopyTo"/>.</summary>
    /// <exception cref="ParameterException"><paramref name="destination"/> is shorter than <see cref="Count"/>.</exception>
    /// <exception cref="InvalidOperationException">No gradients were computed yet, or there are none, as this is a running statistic or no loss depends on it (<see cref="IsTrained"/>).</exception>
    public void CopyGradientTo(Span<float> destination)
    {
        CheckDestination(destination.Length);
        using ModelGuard.Lease lease = _guard.Enter();
        if (!_plan.IsTrained) throw new InvalidOperationException($"{Name} has no gradient: it is a running statistic, or no loss depends on it.");
        if (!_engine.HasGradients) throw new InvalidOperationException($"There is no gradient of {Name} yet: call ComputeGradients first (TrainStep keeps none).");
        Gather(_engine.ReadGradients(), destination);
    }

    /// <inheritdoc/>
    public override string ToString() => Describe();

    internal string Describe() => $"{Name} [{string.Join(", ", _plan.Shape.Select(Text))}]";

    /// <summary>Draws the start values; element order is the logical one, so that they do not depend on the storage.</summary>
    internal void Initialize(ulong seed, int index)
    {
        if (_plan is { Bound: 0, Start: 0 }) return;   // the arena comes zeroed
        float[] values = new float[Count];
        if (_plan.Bound == 0) Array.Fill(values, _plan.Start);
        else Philox.FillUniform(values, (float)_plan.Bound, seed, (uint)index);
        Scatter(values, _engine.WriteParameters());
    }

    private void CheckDestination(int length)
    {
        if (length < Count) throw new ParameterException($"{Describe()} holds {Text(Count)} values, the destination has room for {Text(length)}.");
    }

    private void Gather(float* arena, Span<float> destination)
    {
        AxisPlan last = _plan.Axes[^1];
        for (int row = 0; row < Count; row += last.Extent)
        {
            float* at = arena + Offset(row);
            for (int i = 0, place = 0; i < last.Extent; i++)
            {
                destination[row + i] = at[place * last.Stride];
                if (++place < last.Block) continue;
                at += last.BlockStride;
                place = 0;
            }
        }
    }

    // Optimized at once, as start values pass here before anything is trained.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(ReadOnlySpan<float> source, float* arena)
    {
        AxisPlan last = _plan.Axes[^1];
        int extent = last.Extent, block = last.Block, stride = last.Stride, blockStride = last.BlockStride;
        for (int row = 0; row < source.Length; row += extent)
        {
            float* at = arena + Offset(row);
            for (int i = 0, place = 0; i < extent; i++)
            {
                at[place * stride] = source[row + i];
                if (++place < block) continue;
                at += blockStride;
                place = 0;
            }
        }
    }

    /// <summary>Storage offset of logical element <paramref name="element"/>; a few divisions, as rows are few against elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Offset(int element)
    {
        long offset = _plan.Offset;
        for (int axis = _plan.Axes.Length - 1; axis >= 0; axis--)
        {
            AxisPlan plan = _plan.Axes[axis];
            (element, int i) = Math.DivRem(element, plan.Extent);
            offset += ((long)(i / plan.Block) * plan.BlockStride) + ((long)(i % plan.Block) * plan.Stride);
        }

        return offset;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
