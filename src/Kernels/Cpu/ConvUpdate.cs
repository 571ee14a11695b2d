using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Sums a convolution's partial gradients in task order, takes the optimizer step, and rewrites the flipped filter.</summary>
public static class ConvUpdate
{
    /// <summary>Filter rows (panel, r, s, c) that are summed and stepped at a time.</summary>
    private const int BlockRows = Panels.Line;

    /// <summary>Rows that a task takes are a multiple of this where blocks may not be cut.</summary>
    public static int RowUnit(bool byChannel) => byChannel ? BlockRows : 1;

    /// <summary>Filter rows of one panel width each.</summary>
    public static int Rows(ConvGeometry g) => g.Reduction * g.KStored / g.Panel;

    /// <summary>Emits <paramref name="name"/>(step, first, last): filter rows [first, last).</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="summary">Comment above it.</param>
    /// <param name="g">Extents.</param>
    /// <param name="weights">Where the filter lies.</param>
    /// <param name="derive">Whether there is a copy for the data gradient.</param>
    /// <param name="byChannel">Whether partials lie as [K][R][S][C], as the sparse method leaves them, not as the filter does.</param>
    public static void Emit(KernelWriter writer, string name, string summary, ConvGeometry g, PlacedParameter weights, bool derive, bool byChannel)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line(byChannel ? $"float* g = stackalloc float[{BlockRows * g.Panel}], line = stackalloc float[{BlockRows}];" : $"float* g = stackalloc float[{BlockRows * g.Panel}];");
            using (code.Block($"for (int row = first; row < last; row += {BlockRows})"))
            {
                if (byChannel) EmitTransposedSum(code, g, weights);
                else
                {
                    code.Line($"int count = Math.Min({BlockRows}, last - row) * {g.Panel};");
                    code.Line($"SumPartials(step, {weights.Partial} + row * {g.Panel}, g, count);");
                }

                code.Line($"Apply(step, {weights.Offset} + row * {g.Panel}, g, count);");
            }

            if (derive) code.Line($"{name.Replace("Update", "Derive")}(step, first, last);");
        }
    }

    /// <summary>Sums a block of rows of one panel from partials that run along the reduction, and turns it.</summary>
    private static void EmitTransposedSum(Emission.CodeWriter code, ConvGeometry g, PlacedParameter weights)
    {
        code.Line($"const int count = {BlockRows * g.Panel};");
        code.Line($"int from = {weights.Partial} + row / {g.Reduction} * {g.Panel * g.Reduction} + row % {g.Reduction};");
        using (code.Block($"for (int k = 0; k < {g.Panel}; k++)"))
        {
            code.Line($"SumPartials(step, from + k * {g.Reduction}, line, {BlockRows});");
            code.Line($"for (int i = 0; i < {BlockRows}; i++) g[i * {g.Panel} + k] = line[i];");
        }
    }

    /// <summary>Emits the copy that the sparse data gradient reads.</summary>
    public static void EmitSparseDerive(KernelWriter writer, string name, ConvGeometry g, PlacedParameter weights)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line($"// ws f32[{g.CStored / writer.Lanes}][{g.KStored}][{g.R * g.S}][{writer.Lanes}], the filter by slices of input channels, as the data gradient reads it");
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line($"float* w = step.Parameters + {weights.Offset}, ws = step.Derived + {weights.Derived};");
            using (code.Block("for (int row = first; row < last; row++)"))
            {
                code.Line($"int c = row % {g.CStored}, tap = row / {g.CStored} % {g.R * g.S}, k = row / {g.Reduction} * {g.Panel};");
                code.Line($"float* from = w + row * {g.Panel}, to = ws + {ConvBackwardSparse.DgradWeight(writer.Target, g, "c", "tap", "k")};");
                code.Line($"for (int j = 0; j < {g.Panel}; j++) to[j * {g.R * g.S * writer.Lanes}] = from[j];");
            }
        }
    }

    /// <summary>Emits the flipped copy of filter rows [first, last): wf[c / panel][r][s][k][c % panel] = w[R-1-r][S-1-s][c][k].</summary>
    public static void EmitDerive(KernelWriter writer, string name, ConvGeometry g, PlacedParameter weights)
    {
        Emission.CodeWriter code = writer.Code;
        int wide = Panels.Width(g.CStored);
        code.Line();
        code.Line($"// wf f32[{g.CStored / wide}][{g.R}][{g.S}][{g.KStored}][{wide}], the filter flipped and transposed, as the data gradient reads it");
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line($"float* w = step.Parameters + {weights.Offset}, wf = step.Derived + {weights.Derived};");
            using (code.Block("for (int row = first; row < last; row++)"))
            {
                code.Line($"int c = row % {g.CStored}, tap = row / {g.CStored} % {g.R * g.S}, k = row / {g.Reduction} * {g.Panel};");
                code.Line($"float* from = w + row * {g.Panel};");
                code.Line($"float* to = wf + ((c / {wide} * {g.R * g.S} + {(g.R * g.S) - 1} - tap) * {g.KStored} + k) * {wide} + c % {wide};");
                code.Line($"for (int j = 0; j < {g.Panel}; j++) to[j * {wide}] = from[j];");
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): the bias.</summary>
    public static void EmitBias(KernelWriter writer, string name, ConvGeometry g, PlacedParameter bias)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* g = stackalloc float[{g.KStored}];");
            code.Line($"SumPartials(step, {bias.Partial}, g, {g.KStored});");
            code.Line($"Apply(step, {bias.Offset}, g, {g.KStored});");
        }
    }

    /// <summary>Emits SumPartials, shared by all convolutions.</summary>
    public static void EmitSum(KernelWriter writer, int partialFloats)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line("// g = the tasks' partial gradients at offset, added in task order whatever thread made them");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block("private static void SumPartials(StepContext step, int offset, float* g, int count)"))
        using (code.Block($"for (int i = 0; i < count; i += {writer.Lanes})"))
        {
            code.Line("float* partial = step.Partials + offset + i;");
            code.Line("F sum = V.Load(partial);");
            code.Line($"for (int task = 1; task < step.Tasks; task++) sum += V.Load(partial += {partialFloats});");
            code.Line("sum.Store(g + i);");
        }
    }
}
