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
        HeadGroup h => new(10L * h.Classes * h.Pixels, 2L * Float * h.Classes * h.Pixels, Float * (long)h.Classes * h.Pixels, false),
        DenseDgradGroup d => new(2L * d.In * d.Units, Float * (d.Units + ((long)d.In * d.Units)), Float * (long)d.In, false),
        ConvBackwardGroup b => Backward(b),
        PoolBackwardGroup p => new(0, Map(p.Geometry) * (Float + 1), Float * (long)p.Geometry.H * p.Geometry.W * p.Geometry.CStored, false),
        DenseUpdateGroup d => new(2L * d.In * d.Units * d.Uses.Count, 3L * Float * d.In * d.Units, 3L * Float * d.In * d.Units, true),
        ConvUpdateGroup c => new(Filter(c.Geometry), 3L * Float * Filter(c.Geometry), 3L * Float * Filter(c.Geometry), true),
        PointwiseGroup p => new((long)p.Body.Body.Count * p.Extent.Count, Float * (long)p.Maps.Count * p.Extent.Count, Float * (long)p.Extent.Count, false),
        DropoutGroup d => new(d.Extent.Count, Float * (long)d.Extent.Count, Float * (long)d.Extent.Count, false),
        BatchMomentsGroup m => new(4L * m.Extent.Count, Float * (long)m.Extent.Count, 0, false),
        BatchNormSumsGroup m => new(4L * m.Extent.Count, 2L * Float * m.Extent.Count, 0, false),
        BatchNormUpdateGroup u => new(20L * u.Channels, 3L * Float * u.Channels, 3L * Float * u.Channels, true),
        WindowPoolGroup p => Windows(p.Geometry, p.Arg is null ? 1 : 2),
        WindowPoolBackwardGroup p => Windows(p.Geometry, 1),
        ImportGroup i => new(0, Float * (long)i.Extent.Pixels * i.Extent.Channels, Float * (long)i.Extent.Count, false),
        ConcatGroup c => new(0, Float * (long)c.Extent.Count, Float * (long)c.Extent.Count, false),
        SliceGroup c => new(0, Float * (long)c.Extent.Count, Float * (long)c.Extent.Count, false),
        UpsampleGroup u => new(0, Float * (long)u.Extent.Count, Float * (long)u.Extent.Count * u.Height * u.Width, false),
        UpsampleBackwardGroup u => new((long)u.Extent.Count * u.Height * u.Width, Float * (long)u.Extent.Count * u.Height * u.Width, Float * (long)u.Extent.Count, false),
        _ => throw new InvalidOperationException($"{group.GetType().Name} has no cost"),
    };

    private static KernelCost Windows(PoolGeometry g, int results) => new(
        (long)g.P * g.Q * g.Stored * g.Window.Height * g.Window.Width, Float * (long)g.H * g.W * g.Stored, (long)Float * results * g.P * g.Q * g.Stored, false);

    private static long Map(ConvGeometry g) => (long)g.OutRows * g.OutColumns * g.KStored;

    private static long Filter(ConvGeometry g) => (long)g.Reduction * g.KStored;

    /// <summary>Transforms, and the products between them.</summary>
    private static long ConvFlops(ConvGeometry g, WinogradPlan winograd) => winograd.IsUsed
        ? winograd.Form.Tiles(g) * (((long)winograd.Form.InputOperations * g.CStored) + ((long)winograd.Form.OutputOperations * g.KStored) + (2L * winograd.Form.Matrices * g.CStored * g.KStored))
        : 2L * g.P * g.Q * g.Reduction * g.KStored;

    private static KernelCost Backward(ConvBackwardGroup b)
    {
        ConvGeometry g = b.Geometry;
        bool sparse = b.Method == ConvBackwardMethod.Sparse;
        long direct = 2 * (sparse ? Map(g) : (long)g.P * g.Q * g.KStored) * g.Reduction;
        WinogradForm form = b.WgradWinograd.Form;
        long wgrad = b.WgradWinograd.IsUsed ? form.Tiles(g) * (((long)form.InputOperations * g.CStored) + ((long)form.GradientOperations * g.KStored) + (2L * form.Matrices * g.CStored * g.KStored)) : direct;
        long dgrad = b.Dx is null ? 0 : sparse ? direct
            : b.DgradWinograd.IsUsed ? ConvFlops(WinogradPlan.Dgrad(g), b.DgradWinograd)
            : 2L * DgradPlan.Of(g).Phases.Sum(static p => (long)p.Row.Count * p.Column.Count * p.Row.Taps * p.Column.Taps) * g.KStored * g.CStored;
        long input = (long)g.H * g.W * g.CStored;
        return new(wgrad + dgrad, Float * (input + (Map(g) * 2) + Filter(g)), Float * (Filter(g) + (b.Dx is null ? 0 : input)), false);
    }
}
