using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Weights and bias of a layer with the normalization behind it multiplied in, as prediction reads them.</summary>
public static class FoldedNorm
{
    /// <summary>Emits <paramref name="name"/>(step).</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="layer">The layer, for the comment.</param>
    /// <param name="graph">The prediction graph.</param>
    /// <param name="kernel">The folded weights.</param>
    /// <param name="bias">The folded bias.</param>
    /// <param name="reduction">Elements of a weight panel's column.</param>
    /// <param name="stored">Stored output channels.</param>
    /// <param name="place">Where parameters and folded values lie.</param>
    public static void Emit(KernelWriter writer, string name, string layer, Graph graph, Value kernel, Value bias, int reduction, int stored, Func<int, PlacedParameter> place)
    {
        Emission.CodeWriter code = writer.Code;
        int panel = Panels.Width(stored);
        string Of(int id) => $"step.Parameters + {place(id).Offset}";
        code.Line();
        code.Line($"// {layer} with the normalization behind it: scale = gamma / sqrt(running variance + epsilon); w scale, beta + ({(bias.Inputs.Count > 4 ? "b - " : "-")}running mean) scale");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* mean = {Of(bias.Inputs[0])}, variance = {Of(bias.Inputs[1])}, gamma = {Of(bias.Inputs[2])}, beta = {Of(bias.Inputs[3])};");
            code.Line($"float* w = {Of(kernel.Inputs[0])}, folded = step.Derived + {place(kernel.Id).Offset}, shift = step.Derived + {place(bias.Id).Offset};");
            using (code.Block($"for (int k = 0; k < {stored}; k += {writer.Lanes})"))
            {
                code.Line($"F scale = V.Load(gamma + k) / V.Sqrt(V.Load(variance + k) + V.Create({Emission.CodeWriter.Literal(((Op.FoldedKernel)kernel.Op).Epsilon)}));");
                string b = bias.Inputs.Count > 4 ? $"V.Load({Of(bias.Inputs[4])} + k)" : "F.Zero";
                code.Line($"(V.Load(beta + k) + ({b} - V.Load(mean + k)) * scale).Store(shift + k);");
                code.Line($"int column = k / {panel} * {panel * reduction} + k % {panel};");
                code.Line($"for (int i = 0; i < {reduction}; i++, column += {panel}) (V.Load(w + column) * scale).Store(folded + column);");
            }
        }
    }
}
