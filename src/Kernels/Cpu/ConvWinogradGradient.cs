using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Filter gradient by Winograd: the adjoint of the forward transforms, for F(2x2, 3x3) sixteen small products in place of thirty-six.</summary>
/// <remarks>
/// y = A^T [(G g G^T) . v] A with v = B^T d B gives dg = G^T [sum over tiles of v . (A dy A^T)] G. The sums over tiles are products of matrices
/// [C, tiles] and [tiles, K]; they are summed over the images of all tasks as they are, and transformed once a step.
/// </remarks>
public static class ConvWinogradGradient
{
    /// <summary>Emits <paramref name="name"/>(x, dz, partial, scratch) for one image.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="plan">The form.</param>
    /// <param name="g">Extents, of an input without padding.</param>
    /// <param name="dzRow">Floats from one row of the gradient to the next; zeros stand behind an extent that tiles do not divide.</param>
    public static void Emit(KernelWriter writer, string name, WinogradPlan plan, ConvGeometry g, int dzRow)
    {
        Emission.CodeWriter code = writer.Code;
        WinogradForm form = plan.Form;
        int rows = form.Tiles(g.P), columns = form.Tiles(g.Q), strip = plan.WgradStripRows(g), tiles = strip * columns;

        // Tiles stand one behind the other: where all strips are equal, one loop takes a whole one.
        bool equal = rows % strip == 0;
        int run = equal ? tiles : columns;
        var product = new ConvGeometry(1, run, g.C, g.CStored, 1, 1, 1, run, g.K, 1, 1);
        code.Line();
        code.Line($"// dw by Winograd {form}, not yet transformed: m f32[{form.Matrices}][{g.KStored / g.Panel}][{g.CStored}][{g.Panel}], {(long)form.Matrices * rows * columns * g.CStored * g.KStored} multiply-adds in place of {(long)g.R * g.S * g.P * g.Q * g.CStored * g.KStored}");
        using (code.Block($"private static void {name}(float* x, float* dz, float* m, float* scratch)"))
        {
            code.Line($"float* v = scratch, z = scratch + {form.Matrices * tiles * g.CStored};");
            using (code.Block($"for (int p = 0; p < {rows}; p += {strip})"))
            {
                code.Line(equal ? $"int count = {strip};" : $"int count = Math.Min({strip}, {rows} - p);");
                using (code.Block("for (int i = 0; i < count; i++)"))
                {
                    code.Line($"{name}Input(x + (p + i) * {form.Output * g.W * g.CStored}, v + i * {columns * g.CStored});");
                    code.Line($"{name}Gradient(dz + (p + i) * {form.Output * dzRow}, z + i * {columns * g.KStored});");
                }

                using (code.Block($"for (int f = 0; f < {form.Matrices}; f++)"))
                {
                    code.Line($"float* dw = m + f * {g.CStored * g.KStored};");
                    ConvBackward.EmitWgradCalls(writer, name, product, $"v + f * {tiles * g.CStored}", $"z + f * {tiles * g.KStored}", equal ? "1" : "count");
                }
            }
        }

        ConvWinograd.EmitInput(writer, $"{name}Input", form, g, columns, tiles);
        EmitGradient(writer, $"{name}Gradient", form, g, dzRow, columns, tiles);
        ConvBackward.EmitWgradTiles(writer, name, product, run * g.KStored);
    }

    /// <summary>Emits <paramref name="name"/>(dz, z): the transform of <paramref name="columns"/> tiles side by side; matrices have room for <paramref name="tiles"/>.</summary>
    public static void EmitGradient(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, int dzRow, int columns, int tiles)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line($"// z = A dz A^T of a row of tiles{(form.Patch == 4 ? ", with A = [1 0; 1 1; 1 -1; 0 -1]" : "")}");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dz, float* z)"))
        using (code.Block($"for (int t = 0; t < {columns}; t++, dz += {form.Output * g.KStored}, z += {g.KStored})"))
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {writer.Lanes})"))
        {
            code.Line("float* d = dz + k, to = z + k;");
            if (form.Patch != 4)
            {
                SixPoints.EmitGradient(writer, form, g, dzRow, tiles * g.KStored);
                return;
            }

            code.Line($"F a0 = V.Load(d), b0 = V.Load({KernelWriter.Plus("d", g.KStored)}), a3 = V.Load({KernelWriter.Plus("d", dzRow)}), b3 = V.Load({KernelWriter.Plus("d", dzRow + g.KStored)});");
            code.Line("F a1 = a0 + a3, b1 = b0 + b3, a2 = a0 - a3, b2 = b0 - b3;");
            code.Line("a3 = -a3; b3 = -b3;");
            for (int r = 0; r < 4; r++)
            {
                string At(int c) => KernelWriter.Plus("to", ((4 * r) + c) * tiles * g.KStored);
                code.Line($"a{r}.Store({At(0)}); (a{r} + b{r}).Store({At(1)}); (a{r} - b{r}).Store({At(2)}); (-b{r}).Store({At(3)});");
            }
        }
    }

    /// <summary>Emits the transform of a unit's sums, m[matrices][count], to the gradient of its taps, g[taps][count].</summary>
    public static void EmitTransform(KernelWriter writer, WinogradForm form, int count)
    {
        Emission.CodeWriter code = writer.Code;
        using (code.Block($"for (int i = 0; i < {count}; i += {writer.Lanes})"))
        {
            if (form.Patch != 4)
            {
                SixPoints.EmitTaps(writer, form, count);
                return;
            }

            code.Line("F e, h;");
            for (int c = 0; c < 4; c++)
            {
                string At(int r) => $"V.Load({KernelWriter.Plus("m", ((4 * r) + c) * count)} + i)";
                code.Line($"F p{c} = {At(1)}, q{c} = {At(2)}; e = (p{c} + q{c}) * V.Create(0.5f); h = (p{c} - q{c}) * V.Create(0.5f); F t0{c} = {At(0)} + e, t1{c} = h, t2{c} = e + {At(3)};");
            }

            for (int r = 0; r < 3; r++)
            {
                string At(int c) => KernelWriter.Plus("g", ((3 * r) + c) * count) + " + i";
                code.Line($"e = (t{r}1 + t{r}2) * V.Create(0.5f); h = (t{r}1 - t{r}2) * V.Create(0.5f); (t{r}0 + e).Store({At(0)}); h.Store({At(1)}); (e + t{r}3).Store({At(2)});");
            }
        }
    }
}
