using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Winograd over strips of whole rows of tiles of one image, for forms of six points: what is transformed stays in the second-level cache, and of it one matrix at a time in the first.</summary>
public static class ConvWinogradRows
{
    /// <summary>Emits <paramref name="name"/>(x, u, bias, y, arg, scratch) for one image; parameters that the epilogue does not need are left out.</summary>
    public static void Emit(KernelWriter writer, string name, string summary, ConvGeometry g, WinogradPlan plan, ConvForward.Epilogue epilogue)
    {
        Emission.CodeWriter code = writer.Code;
        WinogradForm form = plan.Form;
        int columns = form.Tiles(g.Q), rows = form.Tiles(g.P), strip = plan.StripTiles / columns, rest = rows % strip;
        code.Line();
        code.Line(summary);
        code.Line($"//   {form.Matrices} products: {(long)form.Matrices * rows * columns * g.CStored * g.KStored} multiply-adds in place of {(long)g.R * g.S * g.P * g.Q * g.CStored * g.KStored}");
        using (code.Block($"private static void {name}(float* x, float* u, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}, float* scratch)"))
        {
            string Call(int count, string p)
            {
                int outputRow = (g.Pooled ? form.Cells : form.Output) * g.OutColumns * g.KStored;
                return $"{name}Strip{count}(x + {p} * {form.Output * g.W * g.CStored}, u, {(epilogue.Bias ? "bias, " : "")}y + {p} * {outputRow}{(epilogue.Winners ? $", arg + {p} * {outputRow}" : "")}, scratch{(g.P % form.Output == 0 ? "" : $", {g.P} - {form.Output} * {p}")});";
            }

            code.Line($"for (int p = 0; p < {rows - rest}; p += {strip}) {Call(strip, "p")}");
            if (rest > 0) code.Line(Call(rest, $"{rows - rest}"));
        }

        EmitStrip(writer, name, g, form, epilogue, strip, strip);
        if (rest > 0) EmitStrip(writer, name, g, form, epilogue, rest, strip);
        ConvWinograd.EmitInput(writer, $"{name}Input", form, g, columns, strip * columns);
        ConvWinograd.EmitOutput(writer, $"{name}Output", form, g, epilogue, columns, strip * columns);
    }

    /// <summary>A strip of <paramref name="count"/> rows of tiles, in matrices that have room for <paramref name="strip"/>.</summary>
    private static void EmitStrip(KernelWriter writer, string name, ConvGeometry g, WinogradForm form, ConvForward.Epilogue epilogue, int count, int strip)
    {
        Emission.CodeWriter code = writer.Code;
        int columns = form.Tiles(g.Q), tiles = count * columns, room = strip * columns, outputRow = (g.Pooled ? form.Cells : form.Output) * g.OutColumns * g.KStored;
        (int rows, Tile tile) = TileChooser.Choose(writer.Target, tiles, 1, g.Panel);
        int rest = tiles % rows, step = tile.Vectors * writer.Lanes;
        string Product(int of) => $"{name}Product{of}x{tile.Vectors}";
        code.Line();
        code.Line($"// {count} rows of {columns} tiles");
        using (code.Block($"private static void {name}Strip{count}(float* x, float* u, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}, float* scratch{(g.P % form.Output == 0 ? "" : ", int rows")})"))
        {
            code.Line($"float* v = scratch, m = scratch + {form.Matrices * room * g.CStored};");
            code.Line($"for (int i = 0; i < {count}; i++) {name}Input(x + i * {form.Output * g.W * g.CStored}, v + i * {columns * g.CStored});");
            using (code.Block($"for (int f = 0; f < {form.Matrices}; f++)"))
            using (code.Block($"for (int k = 0; k < {g.KStored}; k += {step})"))
            {
                code.Line(step == g.Panel ? $"float* uk = u + f * {g.CStored * g.KStored} + k * {g.CStored};" : $"float* uk = u + f * {g.CStored * g.KStored} + k / {g.Panel} * {g.Panel * g.CStored} + k % {g.Panel};");
                code.Line($"for (int t = 0; t < {tiles - rest}; t += {rows}) {Product(rows)}(v + (f * {room} + t) * {g.CStored}, uk, m + (f * {room} + t) * {g.KStored} + k);");
                if (rest > 0) code.Line($"{Product(rest)}(v + (f * {room} + {tiles - rest}) * {g.CStored}, uk, m + (f * {room} + {tiles - rest}) * {g.KStored} + k);");
            }

            string edges = (g.P % form.Output == 0 ? "" : $", rows - {form.Output} * i") + (g.Q % form.Output == 0 ? "" : $", {g.Q}");
            code.Line($"for (int i = 0; i < {count}; i++) {name}Output(m + i * {columns * g.KStored}, {(epilogue.Bias ? "bias, " : "")}y + i * {outputRow}{(epilogue.Winners ? $", arg + i * {outputRow}" : "")}{edges});");
        }

        ConvWinograd.EmitProduct(writer, Product(rows), g, new(rows, tile.Vectors));
        if (rest > 0) ConvWinograd.EmitProduct(writer, Product(rest), g, new(rest, tile.Vectors));
    }
}
