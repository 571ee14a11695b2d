using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>The gradient of a convolution's input: for each phase of the stride a convolution over the output's gradient, which has a border of zeros.</summary>
public static class ConvDgrad
{
    /// <summary>Emits <paramref name="name"/>(dz, w, dx, scratch) for one image; the scratch is for Winograd, whose filter is the flipped one transformed.</summary>
    public static void Emit(KernelWriter writer, string name, ConvGeometry g)
    {
        DgradPlan plan = DgradPlan.Of(g);
        WinogradPlan dgrad = WinogradPlan.OfDgrad(g);
        bool winograd = dgrad.IsUsed;
        if (!g.IsStrided && Offset(g, plan, plan.Phases[0]) == 0)
        {
            EmitPhase(writer, name, $"// dx[h,w,c] = sum(r,s,k) dz[h+r,w+s,k] wf[r,s,k,c]: dz bordered f32[{plan.Rows},{plan.Columns},{g.KStored}], wf flipped{(winograd ? $"; Winograd {dgrad.Form}" : "")}", g, plan, plan.Phases[0]);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        DgradPhase[] phases = [.. plan.Phases.Where(static p => !p.IsEmpty)];
        code.Line();
        code.Line($"// dx from dz bordered f32[{plan.Rows},{plan.Columns},{g.KStored}]; pixels that meet the same filter taps are a convolution of their own");
        using (code.Block($"private static void {name}(float* dz, float* w, float* dx{(winograd ? ", float* scratch" : "")})"))
        {
            if (plan.HasGaps) code.Line($"new Span<float>(dx, {g.H * g.W * g.CStored}).Clear();");
            foreach (DgradPhase phase in phases)
            {
                int first = ((phase.Row.First * g.W) + phase.Column.First) * g.CStored;
                code.Line($"{PhaseName(name, phase)}({KernelWriter.Plus("dz", Offset(g, plan, phase))}, {KernelWriter.Plus("w", phase.Weights)}, {KernelWriter.Plus("dx", first)}{(winograd ? ", scratch" : "")});");
            }
        }

        foreach (DgradPhase phase in phases)
            EmitPhase(writer, PhaseName(name, phase), $"// {phase.Row.Count}x{phase.Column.Count} pixels from ({phase.Row.First},{phase.Column.First}), {phase.Row.Taps}x{phase.Column.Taps} taps from ({phase.Row.FirstTap},{phase.Column.FirstTap}){(winograd ? $"; Winograd {dgrad.Form}" : "")}", g, plan, phase);
    }

    private static void EmitPhase(KernelWriter writer, string name, string summary, ConvGeometry g, DgradPlan plan, DgradPhase phase)
    {
        ConvGeometry convolution = plan.Convolution(g, phase);
        if (WinogradPlan.OfDgrad(g).IsUsed) ConvWinograd.Emit(writer, name, summary, convolution, default);
        else ConvForward.EmitDirect(writer, name, summary, convolution, default, new(g.StrideHeight * g.W * g.CStored, g.StrideWidth * g.CStored));
    }

    private static string PhaseName(string name, DgradPhase phase) => $"{name}{phase.Row.FirstTap}_{phase.Column.FirstTap}_";

    /// <summary>Where in the scratch a phase's first window stands.</summary>
    public static int Offset(ConvGeometry g, DgradPlan plan, DgradPhase phase) =>
        (((plan.Top + phase.Row.From) * plan.Columns) + plan.Left + phase.Column.From) * g.KStored;
}
