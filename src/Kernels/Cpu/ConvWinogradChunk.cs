using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Winograd over a chunk of images at once, for filters that are large against their maps: each element of the filter is read once a chunk.</summary>
/// <remarks>All tiles of the chunk are transformed, then come the products, then the output transforms. What is transformed leaves the caches, but is smaller than the filter.</remarks>
public static class ConvWinogradChunk
{
    /// <summary>Emits <paramref name="name"/>(x, u, bias, y, arg, scratch, count, xStride, yStride, argStride): strides lead from one image to the next, in floats, for winners in bytes.</summary>
    public static void EmitForward(KernelWriter writer, string name, string summary, ConvGeometry stored, ConvForward.Epilogue epilogue)
    {
        ConvBorder border = ConvBorder.Forward(stored);
        ConvGeometry g = border.Inside(stored);
        WinogradPlan plan = WinogradPlan.Of(stored);
        WinogradForm form = plan.Form;
        int room = plan.ChunkRoom(g);
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}(float* x, float* u, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}, float* scratch, int count, int xStride, int yStride{(epilogue.Winners ? ", int argStride" : "")})"))
        {
            code.Line($"float* v = scratch + {border.Floats(g)}, m = v + {form.Matrices * room * g.CStored};");
            using (code.Block("for (int i = 0; i < count; i++)"))
            {
                string image = "x + i * xStride";
                if (border.IsUsed) ConvBorders.EmitEnter(writer, stored, border, image, "scratch");
                EmitInputCalls(code, $"{name}Input", form, g, border.IsUsed ? "scratch" : image, "v");
            }

            EmitProductCalls(writer, name, plan, g, "v", "u", "m");
            using (code.Block("for (int i = 0; i < count; i++)"))
                EmitOutputCalls(code, $"{name}Output", form, g, epilogue, "m", "y + i * yStride", "arg + i * argStride");
        }

        if (border.IsUsed) ConvBorders.EmitMethods(writer);
        ConvWinograd.EmitInput(writer, $"{name}Input", form, g, form.Tiles(g.Q), room);
        EmitProduct(writer, name, g);
        ConvWinograd.EmitOutput(writer, $"{name}Output", form, g, epilogue, form.Tiles(g.Q), room);
    }

    /// <summary>Calls of the input transform for each row of tiles of image i.</summary>
    public static void EmitInputCalls(Emission.CodeWriter code, string name, WinogradForm form, ConvGeometry g, string x, string v)
    {
        int rows = form.Tiles(g.P), columns = form.Tiles(g.Q);
        code.Line($"for (int p = 0; p < {rows}; p++) {name}({x} + p * {form.Output * g.W * g.CStored}, {v} + (i * {rows} + p) * {columns * g.CStored});");
    }

    /// <summary>Calls of the output transform for each row of tiles of image i.</summary>
    public static void EmitOutputCalls(Emission.CodeWriter code, string name, WinogradForm form, ConvGeometry g, ConvForward.Epilogue epilogue, string m, string y, string arg)
    {
        int rows = form.Tiles(g.P), columns = form.Tiles(g.Q), outputRow = (g.Pooled ? form.Cells : form.Output) * g.OutColumns * g.KStored;
        string edges = (g.P % form.Output == 0 ? "" : $", {g.P} - {form.Output} * p") + (g.Q % form.Output == 0 ? "" : $", {g.Q}");
        code.Line($"for (int p = 0; p < {rows}; p++) {name}({m} + (i * {rows} + p) * {columns * g.KStored}, {(epilogue.Bias ? "bias, " : "")}{y} + p * {outputRow}{(epilogue.Winners ? $", {arg} + p * {outputRow}" : "")}{edges});");
    }

    /// <summary>The products of <c>count</c> images; behind the last tile stands room for a whole register tile, whose results nobody reads.</summary>
    public static void EmitProductCalls(KernelWriter writer, string name, WinogradPlan plan, ConvGeometry g, string v, string u, string m)
    {
        (int rows, Tile tile) = Choose(writer, g);
        int room = plan.ChunkRoom(g), tiles = plan.Form.Tiles(g), step = tile.Vectors * writer.Lanes;
        Emission.CodeWriter code = writer.Code;
        using (code.Block($"for (int f = 0; f < {plan.Form.Matrices}; f++)"))
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {step})"))
        {
            code.Line(step == g.Panel
                ? $"float* uk = {u} + f * {g.CStored * g.KStored} + k * {g.CStored};"
                : $"float* uk = {u} + f * {g.CStored * g.KStored} + k / {g.Panel} * {g.Panel * g.CStored} + k % {g.Panel};");
            code.Line($"for (int t = 0; t < count * {tiles}; t += {rows}) {name}Product({v} + (f * {room} + t) * {g.CStored}, uk, {m} + (f * {room} + t) * {g.KStored} + k);");
        }
    }

    public static void EmitProduct(KernelWriter writer, string name, ConvGeometry g)
    {
        (int rows, Tile tile) = Choose(writer, g);
        ConvWinograd.EmitProduct(writer, $"{name}Product", g, new(rows, tile.Vectors));
    }

    private static (int Rows, Tile Tile) Choose(KernelWriter writer, ConvGeometry g) => TileChooser.Choose(writer.Target, WinogradPlan.LargestRegisterTile, 1, g.Panel);

    /// <summary>Emits <paramref name="name"/>(x, dy, y, dz, dw, db, w, dx, count, xStride, dyStride, yStride, dxStride); nothing is pooled.</summary>
    public static void EmitBackward(KernelWriter writer, string name, string summary, string parameters, ConvBackwardGroup group)
    {
        ConvBorder border = ConvBorder.Backward(group);
        ConvGeometry stored = group.Geometry, g = border.Inside(stored);
        DgradPlan plan = DgradPlan.Of(stored);
        DgradPhase phase = plan.Phases[0];
        ConvGeometry dgrad = plan.Convolution(stored, phase);
        WinogradPlan wgradPlan = group.WgradWinograd, dgradPlan = group.DgradWinograd;
        WinogradForm form = wgradPlan.Form, dgradForm = dgradPlan.Form;
        ChunkGradientScratch scratch = ChunkGradientScratch.Of(group);
        bool data = group.Dx is not null;
        int room = wgradPlan.ChunkRoom(g), rows = form.Tiles(g.P), columns = form.Tiles(g.Q), dzRow = plan.Columns * g.KStored, outRow = g.OutColumns * g.KStored;
        var product = new ConvGeometry(1, rows * columns, g.C, g.CStored, 1, 1, 1, rows * columns, g.K, 1, 1);
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        code.Line("//   dw is not yet transformed");
        using (code.Block($"private static void {name}({parameters}, int count, int xStride, int dyStride{(group.Relu ? ", int yStride" : "")}{(data ? ", int dxStride" : "")})"))
        {
            code.Line($"float* bordered = dz; dz += {border.Floats(g)};");
            code.Line($"float* inside = dz + {((plan.Top * plan.Columns) + plan.Left) * g.KStored}, v = dz + {Panels.Pad(plan.Floats(g))}, z = v + {scratch.Z}{(data ? $", vd = v + {scratch.V}" : "")};");
            code.Line($"new Span<float>(dz, {plan.Floats(g)}).Clear();");
            using (code.Block("for (int i = 0; i < count; i++)"))
            {
                if (border.IsUsed) ConvBorders.EmitEnter(writer, stored, border, "x + i * xStride", "bordered");
                EmitInputCalls(code, $"{name}Input", form, g, border.IsUsed ? "bordered" : "x + i * xStride", "v");
                code.Line($"for (int p = 0; p < {g.OutRows}; p++) {name}Unpool(dy + i * dyStride + p * {outRow}{(group.Relu ? $", y + i * yStride + p * {outRow}" : "")}, inside + p * {dzRow}{(group.Bias is null ? "" : ", db")});");
                code.Line($"for (int p = 0; p < {rows}; p++) {name}Gradient(inside + p * {form.Output * dzRow}, z + (i * {rows} + p) * {columns * g.KStored});");
                if (data) EmitInputCalls(code, $"{name}DgradInput", dgradForm, dgrad, KernelWriter.Plus("dz", ConvDgrad.Offset(stored, plan, phase)), "vd");
            }

            using (code.Block($"for (int f = 0; f < {form.Matrices}; f++)"))
            {
                code.Line($"float* dwf = dw + f * {g.CStored * g.KStored};");
                ConvBackward.EmitWgradCalls(writer, name, product, $"v + f * {room * g.CStored}", $"z + f * {room * g.KStored}", "count", "dwf");
            }

            if (data) EmitData();
        }

        if (border.IsUsed) ConvBorders.EmitMethods(writer);
        ConvWinograd.EmitInput(writer, $"{name}Input", form, g, columns, room);
        ConvBackward.EmitUnpool(writer, $"{name}Unpool", group, dzRow);
        ConvWinogradGradient.EmitGradient(writer, $"{name}Gradient", form, g, dzRow, columns, room);
        ConvBackward.EmitWgradTiles(writer, name, product, product.Q * g.KStored);
        if (!data) return;
        ConvWinograd.EmitInput(writer, $"{name}DgradInput", dgradForm, dgrad, dgradForm.Tiles(dgrad.Q), dgradPlan.ChunkRoom(dgrad));
        EmitProduct(writer, $"{name}Dgrad", dgrad);
        ConvWinograd.EmitOutput(writer, $"{name}DgradOutput", dgradForm, dgrad, default, dgradForm.Tiles(dgrad.Q), dgradPlan.ChunkRoom(dgrad));

        void EmitData()
        {
            code.Line("float* m = v;");
            EmitProductCalls(writer, $"{name}Dgrad", dgradPlan, dgrad, "vd", "w", "m");
            using (code.Block("for (int i = 0; i < count; i++)"))
                EmitOutputCalls(code, $"{name}DgradOutput", dgradForm, dgrad, default, "m", "dx + i * dxStride", "");
        }
    }
}
