using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>The explanation that opens each kernel: equation, shapes and layouts, and what was proved away.</summary>
public static class KernelComments
{
    public static string ConvForward(ConvForwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[{Read(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]");
        string value = group.Relu ? $"relu({sum})" : sum;
        string output = g.Pooled ? $"max over {g.PoolHeight}x{g.PoolWidth} of {value}" : value;
        return $"""
            // {group.Name} forward: y[p,q,k] = {output}
            //   x f32[{g.H},{g.W},{g.CStored}]  w f32[{g.KStored / g.Panel}][{g.R}][{g.S}][{g.CStored}][{g.Panel}]  y f32[{g.OutRows},{g.OutColumns},{g.KStored}]{(g.Pooled ? $"; of the convolution, {g.P}x{g.Q} pixels are read and computed" : "")}
            //   GEMM {g.P * g.Q} x {g.K} x {g.R * g.S * g.C}, {2L * g.Macs:0} FLOP an image
            """;
    }

    public static string PoolForward(PoolForwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        return $"// {group.Name} forward: y[p,q,c] = max over {g.PoolHeight}x{g.PoolWidth} of x; x f32[{g.H},{g.W},{g.CStored}]  y f32[{g.OutRows},{g.OutColumns},{g.KStored}]";
    }

    public static string DenseForward(DenseForwardGroup group)
    {
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored);
        string sum = "sum(i) x[n,i] w[i,o]" + (group.Bias is null ? "" : " + b[o]");
        return $"""
            // {group.Name} forward: y[n,o] = {(group.Relu ? $"relu({sum})" : sum)}
            //   x f32[n,{group.In}]  w f32[{stored / panel}][{group.In}][{panel}]  y f32[n,{stored}]; {2L * group.In * group.Units} FLOP an image
            """;
    }

    public static string DenseDgrad(DenseDgradGroup group) => $"""
        // {group.Name} dgrad: dx[n,i] = sum(o) dy[n,o] w[i,o]{(group.ReluOutput is null ? "" : " where the ReLU before let x through")}
        //   dy f32[n,{group.Units}]  wt f32[{group.In / Panels.Width(group.In)}][{group.Units}][{Panels.Width(group.In)}]  dx f32[n,{group.In}]
        """;

    public static string ConvBackward(ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? "dy at each window's winner" : "dy") + (group.Relu ? ", where y > 0" : "");
        string dzText = group.Method switch
        {
            ConvBackwardMethod.Banded => $"dz f32[{g.PoolHeight},{g.Q},{g.KStored}], one band at a time",
            ConvBackwardMethod.Bordered => $"dz f32[{DgradPlan.Of(g).Rows},{DgradPlan.Of(g).Columns},{g.KStored}] with a zero border",
            _ => $"dz as lists of live elements: at most 1 of {g.PoolHeight * g.PoolWidth} positions of a window",
        };
        return $"""
            // {group.Name} backward: dz[p,q,k] = {dz}{(group.Bias is null ? "" : "; db[k] += sum(p,q) dz")}; dw[r,s,c,k] += sum(p,q) x[{Read(g)},c] dz[p,q,k]{(group.Dx is null ? "" : $"; dx[h,w,c] = {Dgrad(g)}")}
            //   x f32[{g.H},{g.W},{g.CStored}]  dy f32[{g.OutRows},{g.OutColumns},{g.KStored}]  {dzText}
            """;
    }

    /// <summary>The pixel that a filter tap reads.</summary>
    private static string Read(ConvGeometry g) => $"{Read("p", "r", g.StrideHeight, g.Top)},{Read("q", "s", g.StrideWidth, g.Left)}";

    private static string Read(string window, string tap, int stride, int before) =>
        (stride == 1 ? window : $"{stride}{window}") + "+" + tap + (before == 0 ? "" : $"-{before}");

    private static string Dgrad(ConvGeometry g) => g.IsStrided || g.Top + g.Left > 0
        ? $"sum(p,q,r,s,k: {Read("p", "r", g.StrideHeight, g.Top)}=h, {Read("q", "s", g.StrideWidth, g.Left)}=w) dz[p,q,k] w[r,s,c,k]"
        : "sum(r,s,k) dz[h-r,w-s,k] w[r,s,c,k]";

    public static string PoolBackward(PoolBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        return $"// {group.Name} backward: dx = dy at each window's winner, else 0; dy f32[{g.OutRows},{g.OutColumns},{g.KStored}]  dx f32[{g.H},{g.W},{g.CStored}]";
    }

    public static string DenseUpdate(DenseUpdateGroup group) => $"// {group.Name} wgrad and update: dw[i,o] = sum(n) x[n,i] dy[n,o] over the batch, for input features [first, last); w f32[{group.In},{Panels.Pad(group.Units)}] in panels";

    public static string ConvUpdate(ConvUpdateGroup group) => $"// {group.Name} update: dw = the tasks' partials, added in order, for units [first, last) of {Cpu.ConvUpdate.BlockRows(group.Geometry)} input by {group.Geometry.Panel} output channels";
}
