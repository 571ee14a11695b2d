using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cpu;

/// <summary>The optimizer step on a run of parameters whose gradient was just computed, or that gradient's way into the sink.</summary>
public static class Optimizer
{
    /// <summary>Moments smaller than this are dropped: denormal arithmetic is many times slower, and they move nothing.</summary>
    private const double TinyMoment = 1e-30;

    /// <summary>Emits Apply(step, offset, g, count).</summary>
    public static void Emit(KernelWriter writer, OptimizerSpec optimizer)
    {
        CodeWriter code = writer.Code;
        code.Line();
        code.Line(optimizer switch
        {
            AdamSpec { Form: EpsilonForm.BeforeCorrection } => "// Adam (Kingma and Ba 2015, section 2): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate sqrt(1-b2^t)/(1-b1^t) m / (sqrt v + eps)",
            AdamSpec => "// Adam (Kingma and Ba 2015, algorithm 1): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate/(1-b1^t) m / (sqrt(v/(1-b2^t)) + eps)",
            _ => "// SGD: w -= rate g",
        });
        code.Line("[MethodImpl(Hot)]");
        using (code.Block("private static void Apply(StepContext step, int offset, float* g, int count)"))
        {
            using (code.Block("if (step.Gradients != null)"))
            {
                code.Line("new Span<float>(g, count).CopyTo(new Span<float>(step.Gradients + offset, count));");
                code.Line("return;");
            }

            code.Line("float* w = step.Parameters + offset;");
            code.Line("F rate = V.Create(step.StepSize);");
            if (optimizer is AdamSpec adam) EmitAdam(writer, adam);
            else
            {
                code.Line($"for (int i = 0; i < count; i += {writer.Lanes}) (V.Load(w + i) - rate * V.Load(g + i)).Store(w + i);");
            }
        }
    }

    private static void EmitAdam(KernelWriter writer, AdamSpec adam)
    {
        CodeWriter code = writer.Code;
        code.Line("float* m = step.Moment1 + offset, v = step.Moment2 + offset;");
        code.Line("F scale = V.Create(step.SecondMomentScale);");
        code.Line($"F gain1 = V.Create({CodeWriter.Literal(1 - adam.Beta1)}), gain2 = V.Create({CodeWriter.Literal(1 - adam.Beta2)}), epsilon = V.Create({CodeWriter.Literal(adam.Epsilon)}), tiny = V.Create({CodeWriter.Literal(TinyMoment)});");
        using (code.Block($"for (int i = 0; i < count; i += {writer.Lanes})"))
        {
            code.Line("F d = V.Load(g + i), mi = V.Load(m + i), vi = V.Load(v + i);");
            code.Line($"mi = V.{writer.Target.MultiplyAdd}(gain1, d - mi, mi);");
            code.Line($"vi = V.{writer.Target.MultiplyAdd}(gain2, d * d - vi, vi);");
            code.Line("mi = V.ConditionalSelect(V.LessThan(V.Abs(mi), tiny), F.Zero, mi);");
            code.Line("vi = V.ConditionalSelect(V.LessThan(vi, tiny), F.Zero, vi);");
            code.Line("mi.Store(m + i); vi.Store(v + i);");
            code.Line($"(V.Load(w + i) - rate * mi / V.{writer.Target.MultiplyAdd}(V.Sqrt(vi), scale, epsilon)).Store(w + i);");
        }
    }
}
