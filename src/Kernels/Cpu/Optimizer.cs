using Convoke.Kernels.Emission;
using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cpu;

/// <summary>The optimizer step on a run of parameters whose gradient was just computed, or that gradient's way into the sink.</summary>
public static class Optimizer
{
    /// <summary>Emits Apply(step, offset, g, count).</summary>
    public static void Emit(KernelWriter writer, OptimizerSpec optimizer)
    {
        Pointwise step = OptimizerStep.Of(optimizer);
        bool moments = optimizer.Moments > 0;
        CodeWriter code = writer.Code;
        code.Line();
        code.Line("// " + step.Comment);
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
            if (moments) EmitWithMoments(writer, optimizer, step);
            else
            {
                var inPlace = new VectorPrinter(writer.Target, static name => name is "w" or "g" ? $"V.Load({name} + i)" : name);
                code.Line($"for (int i = 0; i < count; i += {writer.Lanes}) ({inPlace.Print(step.Body[0].Value)}).Store(w + i);");
            }
        }
    }

    /// <summary>Moments are loaded, changed and stored; the parameter is changed in place.</summary>
    private static void EmitWithMoments(KernelWriter writer, OptimizerSpec optimizer, Pointwise step)
    {
        CodeWriter code = writer.Code;
        var printer = new VectorPrinter(writer.Target, static name => name switch { "g" => "d", "m" => "mi", "v" => "vi", "w" => "V.Load(w + i)", _ => name });
        bool second = optimizer.Moments > 1;
        code.Line($"float* m = step.Moment1 + offset{(second ? ", v = step.Moment2 + offset" : "")};");
        if (second) code.Line("F scale = V.Create(step.SecondMomentScale);");
        code.Line("F " + string.Join(", ", step.Constants.Select(static c => $"{c.Name} = V.Create({CodeWriter.Literal(c.Value)})")) + ";");
        using (code.Block($"for (int i = 0; i < count; i += {writer.Lanes})"))
        {
            code.Line($"F d = V.Load(g + i), mi = V.Load(m + i){(second ? ", vi = V.Load(v + i)" : "")};");
            foreach (Assignment assignment in step.Body.Where(static a => a.Target != "w")) code.Line(printer.Print(assignment));
            code.Line($"mi.Store(m + i);{(second ? " vi.Store(v + i);" : "")}");
            code.Line($"({printer.Print(step.Body.Single(static a => a.Target == "w").Value)}).Store(w + i);");
        }
    }
}
