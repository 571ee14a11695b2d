using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>A run of ops that work element by element, over the maps of one image.</summary>
public static class PointwiseMap
{
    /// <summary>Emits <paramref name="name"/>(from0, ..., one pointer a channel vector, to).</summary>
    public static void Emit(KernelWriter writer, string name, PointwiseGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        var printer = new VectorPrinter(writer.Target);
        ValueStorage extent = group.Extent;
        bool byChannel = group.Vectors.Count > 0;
        string[] pointers = [.. Enumerable.Range(0, group.Maps.Count).Select(static i => $"float* from{i}"), .. group.Vectors.Select(static v => $"float* {v.Name}Of"), "float* to"];
        code.Line();
        code.Line($"// {group.Name}: {group.Body.Comment};  f32[{extent.Rows},{extent.Columns},{extent.Stored}]");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}({string.Join(", ", pointers)})"))
        {
            foreach (NamedConstant constant in group.Body.Constants) code.Line($"F {constant.Name} = V.Create({Emission.CodeWriter.Literal(constant.Value)});");
            using (byChannel ? code.Block($"for (int c = 0; c < {extent.Stored}; c += {writer.Lanes})") : null)
            {
                if (byChannel) code.Line("F " + string.Join(", ", group.Vectors.Select(static v => $"{v.Name} = V.Load({v.Name}Of + c)")) + ";");
                using (code.Block(byChannel ? $"for (int at = c; at < {extent.Count}; at += {extent.Stored})" : $"for (int at = 0; at < {extent.Count}; at += {writer.Lanes})"))
                {
                    code.Line("F " + string.Join(", ", Enumerable.Range(0, group.Maps.Count).Select(static i => $"x{i} = V.Load(from{i} + at)")) + ";");
                    foreach (Assignment assignment in group.Body.Body) code.Line("F " + printer.Print(assignment));
                    code.Line("y.Store(to + at);");
                }
            }

            if (!group.KeepsZero && extent.Channels < extent.Stored)
                code.Line($"for (int at = 0; at < {extent.Count}; at += {extent.Stored}) new Span<float>(to + at + {extent.Channels}, {extent.Stored - extent.Channels}).Clear();");
        }

        string text = string.Join(" ", group.Body.Body.Select(printer.Print));
        if (text.Contains("Erf(")) EmitErf(writer);
        if (text.Contains("Tanh(")) EmitTanh(writer);
    }

    private static void EmitErf(KernelWriter writer)
    {
        if (!writer.Once("Erf")) return;
        string fma = "V." + writer.Target.MultiplyAdd;
        writer.Code.Line();
        writer.Code.Line($$"""
            // erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26)
            private static F Erf(F x)
            {
                F magnitude = V.Abs(x), t = F.One / {{fma}}(magnitude, V.Create(0.3275911f), F.One);
                F sum = {{fma}}(t, V.Create(1.061405429f), V.Create(-1.453152027f));
                sum = {{fma}}(t, sum, V.Create(1.421413741f));
                sum = {{fma}}(t, sum, V.Create(-0.284496736f));
                sum = {{fma}}(t, sum, V.Create(0.254829592f));
                return V.CopySign(F.One - sum * t * V.Exp(F.Zero - magnitude * magnitude), x);
            }
            """);
    }

    private static void EmitTanh(KernelWriter writer)
    {
        if (!writer.Once("Tanh")) return;
        writer.Code.Line();
        writer.Code.Line("""
            // tanh x = (1 - e) / (1 + e) with e = exp(-2 |x|), which cannot overflow; the sign goes back on
            private static F Tanh(F x)
            {
                F e = V.Exp(V.Abs(x) * V.Create(-2f));
                return V.CopySign((F.One - e) / (F.One + e), x);
            }
            """);
    }
}
