using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Sums a convolution's partial gradients in task order, takes the optimizer step, and rewrites the filter's derived layouts.</summary>
/// <remarks>The unit of work is a block of input channels of one panel, with all R*S taps: whatever is derived from a filter element needs no more than its taps.</remarks>
public static class ConvUpdate
{
    /// <summary>Input channels of a unit: the largest divisor of the stored channels up to 16.</summary>
    public static int BlockRows(ConvGeometry g)
    {
        int block = Math.Min(Panels.Line, g.CStored);
        while (g.CStored % block != 0) block--;
        return block;
    }

    public static int Units(ConvGeometry g) => g.KStored / g.Panel * (g.CStored / BlockRows(g));

    /// <summary>Emits <paramref name="name"/>(step, first, last): units [first, last).</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="summary">Comment above it.</param>
    /// <param name="g">Extents.</param>
    /// <param name="weights">Where the filter lies.</param>
    /// <param name="derive">Whether there is a copy for the data gradient.</param>
    /// <param name="gradient">A call that leaves partials.</param>
    public static void Emit(KernelWriter writer, string name, string summary, ConvGeometry g, PlacedParameter weights, bool derive, ConvBackwardGroup gradient)
    {
        Emission.CodeWriter code = writer.Code;
        int block = BlockRows(g), blocks = g.CStored / block, count = block * g.Panel;
        ConvPartial partial = gradient.Partial;
        WinogradForm form = gradient.WgradWinograd.Form;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line($"float* g = stackalloc float[{(partial == ConvPartial.Winograd ? g.R * g.S : 1) * count}]{partial switch { ConvPartial.ByChannel => $", line = stackalloc float[{block}]", ConvPartial.Winograd => $", m = stackalloc float[{form.Matrices * count}]", _ => "" }};");
            using (code.Block("for (int unit = first; unit < last; unit++)"))
            {
                if (partial == ConvPartial.Winograd)
                {
                    code.Line($"int place = {weights.Partial} + (unit / {blocks} * {g.CStored} + unit % {blocks} * {block}) * {g.Panel};");
                    code.Line($"for (int f = 0; f < {form.Matrices}; f++) SumPartials(step, place + f * {g.CStored * g.KStored}, m + f * {count}, {count});");
                    ConvWinogradGradient.EmitTransform(writer, form, count);
                }

                using (code.Block($"for (int tap = 0; tap < {g.R * g.S}; tap++)")) EmitTap(code, g, weights, partial, block, blocks);
            }

            if (derive) code.Line($"{name.Replace("Update", "Derive")}(step, first, last);");
            foreach (FilterPlace copy in weights.Flipped) code.Line($"{name.Replace("Update", "TransformFlipped")}{copy.Form.Suffix}(step, first, last);");
            foreach (FilterPlace copy in weights.Transformed) code.Line($"{name.Replace("Update", "Transform")}{copy.Form.Suffix}(step, first, last);");
        }
    }

    private static void EmitTap(Emission.CodeWriter code, ConvGeometry g, PlacedParameter weights, ConvPartial partial, int block, int blocks)
    {
        int count = block * g.Panel;
        code.Line($"int row = (unit / {blocks} * {g.R * g.S} + tap) * {g.CStored} + unit % {blocks} * {block};");
        if (partial == ConvPartial.ByChannel)
        {
            code.Line($"int from = {weights.Partial} + unit / {blocks} * {g.Panel * g.Reduction} + tap * {g.CStored} + unit % {blocks} * {block};");
            using (code.Block($"for (int k = 0; k < {g.Panel}; k++)"))
            {
                code.Line($"SumPartials(step, from + k * {g.Reduction}, line, {block});");
                code.Line($"for (int i = 0; i < {block}; i++) g[i * {g.Panel} + k] = line[i];");
            }
        }
        else if (partial == ConvPartial.Filter) code.Line($"SumPartials(step, {weights.Partial} + row * {g.Panel}, g, {count});");
        code.Line($"Apply(step, {weights.Offset} + row * {g.Panel}, {(partial == ConvPartial.Winograd ? $"g + tap * {count}" : "g")}, {count});");
    }

    /// <summary>Emits the copy of units [first, last) that the data gradient reads.</summary>
    /// <remarks>
    /// Sparse: ws[c / lanes][k][tap][c % lanes] = w[tap][c][k]. Dense, flipped: wf[c / panel][R*S-1-tap][k][c % panel] = w[tap][c][k]. With a stride, each
    /// phase of the data gradient (<see cref="DgradPlan"/>) has its taps, flipped, in a filter of its own.
    /// </remarks>
    public static void EmitDerive(KernelWriter writer, string name, ConvGeometry g, PlacedParameter weights, bool sparse)
    {
        Emission.CodeWriter code = writer.Code;
        int block = BlockRows(g), blocks = g.CStored / block, taps = g.R * g.S, slice = sparse ? writer.Lanes : Panels.Width(g.CStored);
        bool phased = !sparse && g.IsStrided;
        code.Line();
        code.Line(sparse
            ? $"// ws f32[{g.CStored / slice}][{g.KStored}][{taps}][{slice}], the filter by slices of input channels, as the data gradient reads it"
            : $"// wf f32[{g.CStored / slice}][{taps}][{g.KStored}][{slice}], the filter flipped and transposed{(phased ? ", its taps by phases of the stride" : "")}, as the data gradient reads it");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line($"float* w = step.Parameters + {weights.Offset}, derived = step.Derived + {weights.Derived};");
            if (phased)
            {
                PhasedTap[] places = [.. Enumerable.Range(0, taps).Select(tap => PhasedTap.Of(g, tap))];
                code.Line($"ReadOnlySpan<int> phase = [{string.Join(", ", places.Select(static p => p.Phase))}], taps = [{string.Join(", ", places.Select(static p => p.Taps))}], place = [{string.Join(", ", places.Select(static p => p.Place))}];");
            }

            using (code.Block("for (int unit = first; unit < last; unit++)"))
            using (code.Block($"for (int tap = 0; tap < {taps}; tap++)"))
            using (code.Block($"for (int c = unit % {blocks} * {block}; c < unit % {blocks} * {block} + {block}; c++)"))
            {
                code.Line($"int k = unit / {blocks} * {g.Panel};");
                code.Line($"float* from = w + (unit / {blocks} * {g.Reduction} + tap * {g.CStored} + c) * {g.Panel};");
                code.Line(sparse ? $"float* to = derived + ((c / {slice} * {g.KStored} + k) * {taps} + tap) * {slice} + c % {slice};"
                    : phased ? $"float* to = derived + phase[tap] + ((c / {slice} * taps[tap] + place[tap]) * {g.KStored} + k) * {slice} + c % {slice};"
                    : $"float* to = derived + ((c / {slice} * {taps} + {taps - 1} - tap) * {g.KStored} + k) * {slice} + c % {slice};");
                code.Line($"for (int j = 0; j < {g.Panel}; j++) to[j * {(sparse ? taps * slice : slice)}] = from[j];");
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
        {
            code.Line("int i = 0;");
            using (code.Block($"for (; i <= count - {writer.Lanes}; i += {writer.Lanes})"))
            {
                code.Line("float* partial = step.Partials + offset + i;");
                code.Line("F sum = V.Load(partial);");
                code.Line($"for (int task = 1; task < step.Tasks; task++) sum += V.Load(partial += {partialFloats});");
                code.Line("sum.Store(g + i);");
            }

            using (code.Block("for (; i < count; i++)"))
            {
                code.Line("float* partial = step.Partials + offset + i;");
                code.Line("float sum = *partial;");
                code.Line($"for (int task = 1; task < step.Tasks; task++) sum += *(partial += {partialFloats});");
                code.Line("g[i] = sum;");
            }
        }
    }
}
