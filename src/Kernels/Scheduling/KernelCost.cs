namespace Convoke.Kernels.Scheduling;

/// <summary>What one kernel asks of a machine, per sample (per step for kernels over parameters, with <see cref="PerStep"/>).</summary>
/// <param name="Flops">Floating-point operations that are executed: multiply-adds count two, what is proved away or skipped by Winograd counts nothing; sparse kernels count every window's winner as live.</param>
/// <param name="ReadBytes">Bytes of operands, weights included, each once.</param>
/// <param name="WrittenBytes">Bytes of results.</param>
/// <param name="PerStep">Whether the figures are per step rather than per sample; a gradient over the batch has <paramref name="Flops"/> per sample besides.</param>
public sealed record KernelCost(long Flops, long ReadBytes, long WrittenBytes, bool PerStep)
{
    private const int Float = 4;

    public static KernelCost Of(KernelGroup group) => group switch
    {
        ConvForwardGroup c => new(ConvFlops(c.Geometry, c.Winograd), Float * ((long)c.Geometry.H * c.Geometry.W * c.Geometry.CStored + Filter(c.Geometry)), Map(c.Geometry) * Float + (c.Arg is null ? 0 : Map(c.Geometry)), false),
        PoolForwardGroup p => new((long)p.Geometry.P * p.Geometry.Q * p.Geometry.C, Float * (long)p.Geometry.H * p.Geometry.W * p.Geometry.CStored, Map(p.Geometry) * Float + (p.Arg is null ? 0 : Map(p.Geometry)), false),
        DenseForwardGroup d => new(2L * d.In * d.Units, Float * (d.In + ((long)d.In * d.Units)), Float * (long)d.Units, false),
        HeadGroup h => new(10L * h.Classes, 2L * Float * h.Classes, Float * (long)h.Classes, false),
        DenseDgradGroup d => new(2L * d.In * d.Units, Float * (d.Units + ((long)d.In * d.Units)), Float * (long)d.In, false),
        ConvBackwardGroup b => Backward(b),
        PoolBackwardGroup p => new(0, Map(p.Geometry) * (Float + 1), Float * (long)p.Geometry.H * p.Geometry.W * p.Geometry.CStored, false),
        DenseUpdateGroup d => new(2L * d.In * d.Units, 3L * Float * d.In * d.Units, 3L * Float * d.In * d.Units, true),
        ConvUpdateGroup c => new(Filter(c.Geometry), 3L * Float * Filter(c.Geometry), 3L * Float * Filter(c.Geometry), true),
        _ => throw new InvalidOperationException($"{group.GetType().Name} has no cost"),
    };

    private static long Map(ConvGeometry g) => (long)g.OutRows * g.OutColumns * g.KStored;

    private static long Filter(ConvGeometry g) => (long)g.Reduction * g.KStored;

    private static long ConvFlops(ConvGeometry g, WinogradPlan winograd)
    {
        long tiles = (long)(g.P / 2) * (g.Q / 2);

        // Input transform 32 additions a channel, output transform 24, and sixteen products.
        return winograd.IsUsed
            ? tiles * ((32L * g.CStored) + (24L * g.KStored) + (2L * 16 * g.CStored * g.KStored))
            : 2L * g.P * g.Q * g.Reduction * g.KStored;
    }

    private static KernelCost Backward(ConvBackwardGroup b)
    {
        ConvGeometry g = b.Geometry;
        long elements = b.Method == ConvBackwardMethod.Sparse ? Map(g) : (long)g.P * g.Q * g.KStored;
        long wgrad = 2 * elements * g.Reduction, dgrad = b.Dx is null ? 0 : b.Method == ConvBackwardMethod.Sparse ? wgrad : 2L * g.H * g.W * g.R * g.S * g.KStored * g.CStored;
        long input = (long)g.H * g.W * g.CStored;
        return new(wgrad + dgrad, Float * (input + (Map(g) * 2) + Filter(g)), Float * (Filter(g) + (b.Dx is null ? 0 : input)), false);
    }
}
