using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Winograd F(2x2, 3x3): sixteen small products in place of thirty-six, with bias, ReLU and a 2x2 pooling in the output transform.</summary>
/// <remarks>
/// Lavin and Gray 2016: y = A^T [(G g G^T) . (B^T d B)] A for each 2x2 output tile, which here is a pooling window. A strip of tiles of one row is taken at
/// a time: input transform to v[16][tiles][C], sixteen products with u[16][K / panel][C][panel] to m[16][tiles][K], output transform. v and m stay in cache.
/// Other forms go by whole rows of tiles (<see cref="ConvWinogradRows"/>), with transforms of six points (<see cref="SixPoints"/>).
/// </remarks>
public static class ConvWinograd
{
    /// <summary>Emits <paramref name="name"/>(x, u, bias, y, arg, scratch) for one image; parameters that the epilogue does not need are left out.</summary>
    public static void Emit(KernelWriter writer, string name, string summary, ConvGeometry g, ConvForward.Epilogue epilogue)
    {
        WinogradPlan plan = WinogradPlan.Of(g);
        if (plan.Form.Patch != 4)
        {
            ConvWinogradRows.Emit(writer, name, summary, g, plan, epilogue);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        int columns = plan.Form.Tiles(g.Q), rows = plan.Form.Tiles(g.P), strip = plan.StripTiles, rest = columns % strip;
        code.Line();
        code.Line(summary);
        code.Line($"//   sixteen products: {16L * rows * columns * g.CStored * g.KStored} multiply-adds in place of {9L * g.P * g.Q * g.CStored * g.KStored}");
        using (code.Block($"private static void {name}(float* x, float* u, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}, float* scratch)"))
        using (code.Block($"for (int p = 0; p < {rows}; p++)"))
        {
            int outputRow = (g.Pooled ? 1 : 2) * g.OutColumns * g.KStored, outputTile = (g.Pooled ? 1 : 2) * g.KStored;
            string Call(int tiles, string q)
            {
                string edges = (g.P % 2 == 0 ? "" : $", {g.P} - 2 * p") + (g.Q % 2 == 0 ? "" : $", {g.Q} - 2 * {q}");
                return $"{name}Strip{tiles}(x + p * {2 * g.W * g.CStored} + {q} * {2 * g.CStored}, u, {(epilogue.Bias ? "bias, " : "")}y + p * {outputRow} + {q} * {outputTile}{(epilogue.Winners ? $", arg + p * {outputRow} + {q} * {outputTile}" : "")}, scratch{edges});";
            }

            code.Line($"for (int q = 0; q < {columns - rest}; q += {strip})");
            code.Line("    " + Call(strip, "q"));
            if (rest > 0) code.Line(Call(rest, $"{columns - rest}"));
        }

        EmitStrip(writer, name, g, epilogue, strip);
        if (rest > 0) EmitStrip(writer, name, g, epilogue, rest);
    }

    /// <summary>Of an extent that tiles do not divide the last tile yields some rows, or columns, only: parameters with what is left of the image, and their arguments.</summary>
    public static string Edges(WinogradForm form, ConvGeometry g, string type) => (g.P % form.Output == 0 ? "" : $", {type}rows") + (g.Q % form.Output == 0 ? "" : $", {type}columns");

    /// <summary>Emits the transform of the flipped filter, for the data gradient, of units [first, last); it reads the flipped copy of the same units.</summary>
    public static void EmitDeriveFlipped(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, PlacedParameter weights)
    {
        Emission.CodeWriter code = writer.Code;
        int block = ConvUpdate.BlockRows(g), blocks = g.CStored / block, slice = Panels.Width(g.CStored);
        code.Line();
        code.Line($"// uf f32[{form.Matrices}][{g.CStored / slice}][{g.KStored}][{slice}]: the flipped filter transformed, for the data gradient");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            if (form.Patch == 4) code.Line("F half = V.Create(0.5f), e, h;");
            using (code.Block("for (int unit = first; unit < last; unit++)"))
            using (code.Block($"for (int k = unit / {blocks} * {g.Panel}; k < unit / {blocks} * {g.Panel} + {g.Panel}; k++)"))
            using (code.Block($"for (int c = unit % {blocks} * {block}; c < unit % {blocks} * {block} + {block}; c += {writer.Lanes})"))
            {
                code.Line($"float* w = step.Derived + {weights.Derived} + (c / {slice} * {form.Filter * form.Filter * g.KStored} + k) * {slice} + c % {slice};");
                code.Line($"float* u = step.Derived + {weights.FlippedIn(form)} + (c / {slice} * {g.KStored} + k) * {slice} + c % {slice};");
                EmitTransform(writer, form, g.KStored * slice, g.KStored * g.CStored);
            }
        }

        if (form.Patch != 4) SixPoints.EmitFilterMethod(writer, form);
    }

    /// <summary>Emits u = G g G^T of vectors of filters; taps lie <paramref name="tap"/> floats apart, elements of the result <paramref name="element"/>.</summary>
    private static void EmitTransform(KernelWriter writer, WinogradForm form, int tap, int element)
    {
        if (form.Patch != 4)
        {
            writer.Code.Line(SixPoints.FilterCall(form, tap, element));
            return;
        }

        Emission.CodeWriter code = writer.Code;
        string Weight(int index) => $"V.Load(w + {index * tap})";
        for (int c = 0; c < 3; c++)
            code.Line($"F r0{c} = {Weight(c)}, r3{c} = {Weight(6 + c)}; e = (r0{c} + r3{c}) * half; h = {Weight(3 + c)} * half; F r1{c} = e + h, r2{c} = e - h;");
        for (int r = 0; r < 4; r++)
        {
            string At(int c) => $"u + {((4 * r) + c) * element}";
            code.Line($"e = (r{r}0 + r{r}2) * half; h = r{r}1 * half; r{r}0.Store({At(0)}); (e + h).Store({At(1)}); (e - h).Store({At(2)}); r{r}2.Store({At(3)});");
        }
    }

    /// <summary>Emits the filter transform of units [first, last): u = G g G^T.</summary>
    public static void EmitDerive(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, PlacedParameter weights)
    {
        Emission.CodeWriter code = writer.Code;
        int panels = g.KStored / g.Panel, blocks = g.CStored / ConvUpdate.BlockRows(g);
        code.Line();
        code.Line($"// u f32[{form.Matrices}][{panels}][{g.CStored}][{g.Panel}]: the filter transformed, u = G g G^T{(form.Patch == 4 ? " with G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]" : "")}");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            if (form.Patch == 4) code.Line("F half = V.Create(0.5f), e, h;");
            using (code.Block("for (int unit = first; unit < last; unit++)"))
            using (code.Block($"for (int i = 0; i < {ConvUpdate.BlockRows(g) * g.Panel}; i += {writer.Lanes})"))
            {
                code.Line($"float* w = step.{(weights.IsDerived ? "Derived" : "Parameters")} + {weights.Offset} + unit / {blocks} * {g.Reduction * g.Panel} + unit % {blocks} * {ConvUpdate.BlockRows(g) * g.Panel} + i;");
                code.Line($"float* u = step.Derived + {weights.TransformedIn(form)} + unit / {blocks} * {g.CStored * g.Panel} + unit % {blocks} * {ConvUpdate.BlockRows(g) * g.Panel} + i;");
                EmitTransform(writer, form, g.CStored * g.Panel, g.CStored * g.KStored);
            }
        }

        if (form.Patch != 4) SixPoints.EmitFilterMethod(writer, form);
    }

    private static void EmitStrip(KernelWriter writer, string name, ConvGeometry g, ConvForward.Epilogue epilogue, int tiles)
    {
        Emission.CodeWriter code = writer.Code;
        (int rows, Tile tile) = TileChooser.Choose(writer.Target, tiles, 1, g.Panel);
        int rest = tiles % rows, step = tile.Vectors * writer.Lanes;
        code.Line();
        code.Line($"// a strip of {tiles} tiles");
        using (code.Block($"private static void {name}Strip{tiles}(float* x, float* u, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}, float* scratch{Edges(WinogradForm.Small, g, "int ")})"))
        {
            code.Line($"float* v = scratch, m = scratch + {16 * tiles * g.CStored};");
            code.Line($"{name}Input{tiles}(x, v);");
            using (code.Block("for (int f = 0; f < 16; f++)"))
            using (code.Block($"for (int k = 0; k < {g.KStored}; k += {step})"))
            {
                code.Line(step == g.Panel ? $"float* uk = u + f * {g.CStored * g.KStored} + k * {g.CStored};" : $"float* uk = u + f * {g.CStored * g.KStored} + k / {g.Panel} * {g.Panel * g.CStored} + k % {g.Panel};");
                if (tiles - rest == rows) code.Line($"{name}Product{rows}x{tile.Vectors}(v + f * {tiles * g.CStored}, uk, m + f * {tiles * g.KStored} + k);");
                else
                {
                    code.Line($"for (int t = 0; t < {tiles - rest}; t += {rows})");
                    code.Line($"    {name}Product{rows}x{tile.Vectors}(v + f * {tiles * g.CStored} + t * {g.CStored}, uk, m + f * {tiles * g.KStored} + t * {g.KStored} + k);");
                }

                if (rest > 0) code.Line($"{name}Product{rest}x{tile.Vectors}(v + f * {tiles * g.CStored} + {(tiles - rest) * g.CStored}, uk, m + f * {tiles * g.KStored} + {(tiles - rest) * g.KStored} + k);");
            }

            code.Line($"{name}Output{tiles}(m, {(epilogue.Bias ? "bias, " : "")}y{(epilogue.Winners ? ", arg" : "")}{Edges(WinogradForm.Small, g, "")});");
        }

        EmitInput(writer, $"{name}Input{tiles}", WinogradForm.Small, g, tiles, tiles);
        EmitProduct(writer, $"{name}Product{rows}x{tile.Vectors}", g, new(rows, tile.Vectors));
        if (rest > 0) EmitProduct(writer, $"{name}Product{rest}x{tile.Vectors}", g, new(rest, tile.Vectors));
        EmitOutput(writer, $"{name}Output{tiles}", WinogradForm.Small, g, epilogue, tiles, tiles);
    }

    /// <summary>Emits <paramref name="name"/>(x, v): the input transform of <paramref name="tiles"/> tiles side by side; matrices have room for <paramref name="room"/>.</summary>
    public static void EmitInput(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, int tiles, int room)
    {
        if (form.Patch != 4)
        {
            SixPoints.EmitInput(writer, name, form, g, tiles, room);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        int Place(int matrix) => matrix * room * g.CStored;
        code.Line();
        code.Line("// v = B^T d B of each 4x4 patch; neighbours share two transformed columns");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, float* v)"))
        using (code.Block($"for (int c = 0; c < {g.CStored}; c += {writer.Lanes})"))
        {
            code.Line("float* d = x + c, to = v + c;");
            code.Line("F d0, d1, d2, d3;");
            EmitColumn(0, 0, declare: true);
            EmitColumn(1, 1, declare: true);
            using (code.Block($"for (int t = 0; t < {tiles}; t++, d += {2 * g.CStored}, to += {g.CStored})"))
            {
                EmitColumn(2, 2, declare: true);
                EmitColumn(3, 3, declare: true);
                for (int r = 0; r < 4; r++)
                {
                    code.Line($"(t{r}0 - t{r}2).Store({KernelWriter.Plus("to", Place(4 * r))}); (t{r}1 + t{r}2).Store(to + {Place((4 * r) + 1)}); (t{r}2 - t{r}1).Store(to + {Place((4 * r) + 2)}); (t{r}1 - t{r}3).Store(to + {Place((4 * r) + 3)});");
                    code.Line($"t{r}0 = t{r}2; t{r}1 = t{r}3;");
                }
            }
        }

        void EmitColumn(int column, int name2, bool declare)
        {
            code.Line(string.Join(" ", Enumerable.Range(0, 4).Select(r => $"d{r} = V.Load({KernelWriter.Plus("d", ((r * g.W) + column) * g.CStored)});")));
            code.Line($"{(declare ? "F " : "")}t0{name2} = d0 - d2, t1{name2} = d1 + d2, t2{name2} = d2 - d1, t3{name2} = d1 - d3;");
        }
    }

    /// <summary>Emits one register tile of a product: <paramref name="name"/>(v, u, m).</summary>
    public static void EmitProduct(KernelWriter writer, string name, ConvGeometry g, Tile tile)
    {
        if (!writer.Once(name)) return;
        Emission.CodeWriter code = writer.Code;
        using (writer.Microkernel($"{name}(float* v, float* u, float* m)"))
        {
            writer.Accumulators(tile, static (_, _) => "F.Zero");
            code.Line("F b, " + string.Join(", ", KernelWriter.Vectors(tile).Select(static z => $"w{z}")) + ";");
            code.Line($"float* end = v + {g.CStored};");
            using (code.Block("do", "} while (v < end);"))
            {
                for (int step = 0; step < 2; step++)
                {
                    code.Line(writer.LoadVectors(tile, "w", "u", step * g.Panel));
                    for (int row = 0; row < tile.Rows; row++) code.Line(writer.MultiplyAdd(tile, row, $"v[{(row * g.CStored) + step}]", "w"));
                }

                code.Line($"v += 2; u += {2 * g.Panel};");
            }

            for (int row = 0; row < tile.Rows; row++)
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"a{row}_{z}.Store({KernelWriter.Plus("m", (row * g.KStored) + (z * writer.Lanes))});")));
        }
    }

    /// <summary>Emits <paramref name="name"/>(m, bias, y, arg, rows, columns): the output transform of <paramref name="tiles"/> tiles side by side; matrices have room for <paramref name="room"/>.</summary>
    public static void EmitOutput(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, ConvForward.Epilogue epilogue, int tiles, int room)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line($"// y = A^T m A of each tile, with its epilogue");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* m, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}{Edges(form, g, "int ")})"))
        using (code.Block($"for (int t = 0; t < {tiles}; t++)"))
        {
            using (code.Block($"for (int k = 0; k < {g.KStored}; k += {writer.Lanes})"))
            {
                code.Line($"float* from = m + t * {g.KStored} + k;");
                if (form.Patch == 4) EmitInverse(code, room * g.KStored);
                else SixPoints.EmitInverse(writer, form, room * g.KStored);
                if (g.Pooled)
                {
                    for (int window = 0; window < form.Cells * form.Cells; window++) EmitPooled(writer, form, g, epilogue, window / form.Cells, window % form.Cells);
                }
                else
                {
                    for (int e = 0; e < form.Output * form.Output; e++)
                        code.Line($"{Inside(form, g, e)}{Finish(writer, epilogue, $"v{e}")}.Store({KernelWriter.Plus("y", ((e / form.Output * g.OutColumns) + (e % form.Output)) * g.KStored)} + k);");
                }
            }

            int step = (g.Pooled ? form.Cells : form.Output) * g.KStored;
            code.Line($"y += {step};{(epilogue.Winners ? $" arg += {step};" : "")}");
        }
    }

    private static void EmitInverse(Emission.CodeWriter code, int matrix)
    {
        for (int c = 0; c < 4; c++)
        {
            string At(int r) => KernelWriter.Plus("from", ((4 * r) + c) * matrix);
            code.Line($"F p{c} = V.Load({At(1)}), q{c} = V.Load({At(2)}), e{c} = p{c} + q{c}, f{c} = p{c} - q{c}, s0{c} = V.Load({At(0)}) + e{c}, s1{c} = f{c} - V.Load({At(3)});");
        }

        code.Line("F v0 = s00 + s01 + s02, v1 = s01 - s02 - s03, v2 = s10 + s11 + s12, v3 = s11 - s12 - s13;");
    }

    /// <summary>The condition, where there is one, that element <paramref name="e"/> of a tile is inside the image.</summary>
    private static string Inside(WinogradForm form, ConvGeometry g, int e) => Inside(form, g, e / form.Output, e % form.Output);

    private static string Inside(WinogradForm form, ConvGeometry g, int r, int c)
    {
        int m = form.Output;
        bool row = g.P % m != 0 && r >= g.P % m, column = g.Q % m != 0 && c >= g.Q % m;
        return !row && !column ? "" : "if (" + (row ? $"rows > {r}" : "") + (row && column ? " && " : "") + (column ? $"columns > {m} * t + {c}" : "") + ") ";
    }

    /// <summary>One pooling window of a tile.</summary>
    private static void EmitPooled(KernelWriter writer, WinogradForm form, ConvGeometry g, ConvForward.Epilogue epilogue, int row, int column)
    {
        Emission.CodeWriter code = writer.Code;
        int place = ((row * g.OutColumns) + column) * g.KStored;
        string Element(int e) => $"v{(((2 * row) + (e / 2)) * form.Output) + (2 * column) + (e % 2)}";
        if (form.Cells == 1)
        {
            EmitWindow();
            return;
        }

        using (code.Block(Inside(form, g, 2 * row, 2 * column).TrimEnd())) EmitWindow();

        void EmitWindow()
        {
            code.Line($"F best = {Element(0)};");
            if (epilogue.Winners) code.Line("I winner = I.Zero;");
            for (int e = 1; e < 4; e++)
            {
                if (epilogue.Winners) code.Line($"winner = V.ConditionalSelect(V.GreaterThan({Element(e)}, best).AsInt32(), V.Create({e}), winner);");
                code.Line($"best = V.MaxNative(best, {Element(e)});");
            }

            code.Line($"{Finish(writer, epilogue, "best")}.Store({KernelWriter.Plus("y", place)} + k);");
            if (epilogue.Winners) code.Line($"Lanes.StoreBytes(winner, {KernelWriter.Plus("arg", place)} + k);");
        }
    }

    private static string Finish(KernelWriter writer, ConvForward.Epilogue epilogue, string value)
    {
        string biased = epilogue.Bias ? $"{value} + V.Load(bias + k)" : value;
        return epilogue.Relu ? writer.Relu(biased) : epilogue.Bias ? $"({biased})" : value;
    }
}
