using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Direct convolution with its epilogue: bias, ReLU and the maximum over pooling windows are applied in registers.</summary>
/// <remarks>
/// A tile is a few pooling windows (or pixels) of one output row by one or two vectors of output channels. The reduction runs over filter rows, and in
/// each over (column, channel), which lie one behind the other in NHWC. Also the data gradient's mainloop, over flipped weights and a bordered gradient.
/// </remarks>
public static class ConvForward
{
    /// <summary>Reductions up to this length are unrolled whole, in multiply-adds per accumulator.</summary>
    private const int UnrollLimit = 32;

    /// <summary>And up to this many multiply-adds in a run, be it the whole filter or a row of it: more are text, and work of the JIT, that gain nothing.</summary>
    private const int MostUnrolled = 224;

    /// <summary>What happens to the accumulators.</summary>
    /// <param name="Bias">Whether a bias is added.</param>
    /// <param name="Relu">Whether negatives become zero.</param>
    /// <param name="Winners">Whether each window's winner is stored.</param>
    public readonly record struct Epilogue(bool Bias, bool Relu, bool Winners);

    /// <summary>Emits <paramref name="name"/>(x, w, bias, y, arg) for one image; parameters that the epilogue does not need are left out.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="summary">Comment above it.</param>
    /// <param name="g">Extents.</param>
    /// <param name="epilogue">What happens to the accumulators.</param>
    /// <param name="allowWinograd">Whether the caller has the transformed filter and the scratch that Winograd needs.</param>
    public static void Emit(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, bool allowWinograd)
    {
        ConvBorder border = ConvBorder.Forward(g);
        bool winograd = allowWinograd && WinogradPlan.Of(g).IsUsed;
        if (winograd && WinogradPlan.Of(g).IsChunked(g))
        {
            ConvWinogradChunk.EmitForward(writer, name, summary, g, epilogue);
            return;
        }

        if (!border.IsUsed)
        {
            EmitInside(writer, name, summary, g, epilogue, winograd);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}({Parameters(epilogue)}, float* scratch)"))
        {
            ConvBorders.EmitEnter(writer, g, border, "x", "scratch");
            string strips = winograd ? $", scratch + {border.Floats(g)}" : "";
            code.Line($"{name}Inside(scratch, w, {(epilogue.Bias ? "bias, " : "")}y{(epilogue.Winners ? ", arg" : "")}{strips});");
        }

        ConvBorders.EmitMethods(writer);
        EmitInside(writer, name + "Inside", $"// over x f32[{border.Rows},{border.Columns},{g.CStored}], zeros of the padding included", border.Inside(g), epilogue, winograd);
    }

    private static void EmitInside(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, bool winograd)
    {
        if (winograd) ConvWinograd.Emit(writer, name, summary, g, epilogue);
        else EmitDirect(writer, name, summary, g, epilogue, Placement.Of(g));
    }

    /// <summary>Where output pixels lie: floats from one row to the next, and from one pixel to the next.</summary>
    public readonly record struct Placement(int Row, int Pixel)
    {
        /// <summary>One behind the other.</summary>
        public static Placement Of(ConvGeometry g) => new(g.OutColumns * g.KStored, g.KStored);
    }

    /// <summary>Emits the register tiles for an input whose windows stay inside it; the filter is read as it lies.</summary>
    public static void EmitDirect(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, Placement output)
    {
        int window = g.PoolHeight * g.PoolWidth;
        (g, int rows, int units, Tile tile) = Choose(writer.Target, g, output);
        if (rows > 1)
        {
            EmitRows(writer, name, summary, g, epilogue, output, rows, tile.Vectors);
            return;
        }

        if (units == 0)
        {
            EmitPieces(writer, name, summary, g, epilogue, output);
            return;
        }

        int rest = g.OutColumns % units;
        string[] calls = rest == 0 ? [TileName(name, units)] : [TileName(name, units), TileName(name, rest)];
        EmitDriver(writer, name, summary, g, epilogue, output, tile.Vectors, (code, call) =>
        {
            code.Line(units == 1 ? $"for (int q = 0; q < {g.OutColumns}; q++)" : $"for (int q = 0; q < {g.OutColumns - rest}; q += {units})");
            code.Line("    " + call(calls[0], "q"));
            if (rest > 0) code.Line(call(calls[1], (g.OutColumns - rest).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        });
        EmitTile(writer, calls[0], g, epilogue, output, units, tile.Vectors, 0, window);
        if (rest > 0) EmitTile(writer, calls[1], g, epilogue, output, rest, tile.Vectors, 0, window);
    }

    /// <summary>The tiles of the direct form in words.</summary>
    public static string Describe(VectorTarget target, ConvGeometry g)
    {
        (ConvGeometry over, int rows, int units, Tile tile) = Choose(target, g, Placement.Of(g));
        return units == 0 ? "direct, a pooling window in pieces"
            : $"direct, tiles of {(rows > 1 ? $"{rows} rows of {over.OutColumns} pixels" : $"{units} {(g.Pooled ? "pooling windows" : "pixels")}")} by {tile.Vectors} vector{(tile.Vectors == 1 ? "" : "s")} of channels";
    }

    /// <summary>Rows of a tile, or windows (pixels) of a row; none where a window exceeds the registers.</summary>
    private static (ConvGeometry Geometry, int Rows, int Units, Tile Tile) Choose(VectorTarget target, ConvGeometry g, Placement output)
    {
        // Without neighbours an image is one long row.
        if (g is { R: 1, S: 1, Pooled: false, IsStrided: false } && g.W == g.Q && output == Placement.Of(g)) g = g with { H = 1, W = g.P * g.Q, P = 1, Q = g.P * g.Q };
        (int units, Tile tile) = TileChooser.Choose(target, g.OutColumns, g.PoolHeight * g.PoolWidth, g.Panel);
        return !g.Pooled && units == g.OutColumns && TileChooser.Choose(target, g.OutRows, g.OutColumns, g.Panel) is ( > 1, _) rows
            ? (g, rows.Units, units, rows.Tile)
            : (g, 1, units, tile);
    }

    /// <summary>Of rows that are short, a tile takes several whole ones.</summary>
    private static void EmitRows(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, Placement output, int rows, int vectors)
    {
        int rest = g.OutRows % rows;
        EmitDriver(writer, name, summary, g, epilogue, output, vectors, (code, call) => code.Line(call(TileName(name, rows * g.OutColumns), "0")), rows, (code, call) => code.Line(call(TileName(name, rest * g.OutColumns), "0")));
        EmitTile(writer, TileName(name, rows * g.OutColumns), g, epilogue, output, rows * g.OutColumns, vectors, 0, 1);
        if (rest > 0) EmitTile(writer, TileName(name, rest * g.OutColumns), g, epilogue, output, rest * g.OutColumns, vectors, 0, 1);
    }

    /// <summary>A window that exceeds the registers is taken in pieces; y holds the maximum so far, before bias and ReLU.</summary>
    private static void EmitPieces(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, Placement output)
    {
        int window = g.PoolHeight * g.PoolWidth, piece = writer.Target.Registers - 4;
        EmitDriver(writer, name, summary, g, epilogue, output, 1, (code, call) =>
        {
            using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++)"))
                for (int from = 0; from < window; from += piece) code.Line(call($"{name}Piece{from}", "q"));
        });
        for (int from = 0; from < window; from += piece)
            EmitTile(writer, $"{name}Piece{from}", g, epilogue, output, 1, 1, from, Math.Min(window, from + piece));
    }

    private static string TileName(string name, int units) => $"{name}Tile{units}";

    private delegate void RowWriter(Emission.CodeWriter code, Func<string, string, string> call);

    /// <summary>Loops over channels and rows. Where a tile takes several rows, <paramref name="last"/> writes what is left of them.</summary>
    private static void EmitDriver(KernelWriter writer, string name, string summary, ConvGeometry g, Epilogue epilogue, Placement output, int vectors, RowWriter row, int rows = 1, RowWriter? last = null)
    {
        Emission.CodeWriter code = writer.Code;
        int step = vectors * writer.Lanes, rest = g.OutRows % rows;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}({Parameters(epilogue)})"))
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {step})"))
        {
            code.Line(step == g.Panel
                ? $"float* wk = w + k * {g.Reduction};"
                : $"float* wk = w + k / {g.Panel} * {g.Panel * g.Reduction} + k % {g.Panel};");
            using (code.Block(rows == 1 ? $"for (int p = 0; p < {g.OutRows}; p++)" : $"for (int p = 0; p < {g.OutRows - rest}; p += {rows})")) EmitRow(row);
            if (rest > 0) using (code.Block($"for (int p = {g.OutRows - rest}; p < {g.OutRows}; p += {rest})")) EmitRow(last!);
        }

        void EmitRow(RowWriter write)
        {
            code.Line($"float* xp = x + p * {g.PoolHeight * g.StrideHeight * g.W * g.CStored};");
            code.Line($"float* yp = y + p * {output.Row} + k;");
            if (epilogue.Winners) code.Line($"byte* ap = arg + p * {g.OutColumns * g.KStored} + k;");
            write(code, (method, q) =>
            {
                string x = $"xp + {q} * {g.PoolWidth * g.StrideWidth * g.CStored}", y = $"yp + {q} * {output.Pixel}";
                return $"{method}({x}, wk, {(epilogue.Bias ? "bias + k, " : "")}{y}{(epilogue.Winners ? $", ap + {q} * {g.KStored}" : "")});";
            });
        }
    }

    private static string Parameters(Epilogue epilogue) =>
        $"float* x, float* w, {(epilogue.Bias ? "float* bias, " : "")}float* y{(epilogue.Winners ? ", byte* arg" : "")}";

    /// <summary>One register tile over elements [from, to) of each of <paramref name="units"/> windows.</summary>
    private static void EmitTile(KernelWriter writer, string name, ConvGeometry g, Epilogue epilogue, Placement output, int units, int vectors, int from, int to)
    {
        if (!writer.Once(name)) return;
        Emission.CodeWriter code = writer.Code;
        int rowsPerUnit = to - from;
        var tile = new Tile(units * rowsPerUnit, vectors);
        using (writer.Microkernel($"{name}({Parameters(epilogue)})"))
        {
            writer.Accumulators(tile, static (_, _) => "F.Zero");
            EmitMainloop(writer, g, tile, row => PixelOffset(g, row / rowsPerUnit, from + (row % rowsPerUnit)));
            for (int unit = 0; unit < units; unit++)
                for (int z = 0; z < vectors; z++) EmitEpilogue(writer, g, epilogue, output, unit, rowsPerUnit, z, from, last: to == g.PoolHeight * g.PoolWidth);
        }
    }

    /// <summary>Offset of a window element's first input element from the tile's; a tile of more windows than a row has goes on in the next.</summary>
    private static int PixelOffset(ConvGeometry g, int unit, int element) =>
        (((((unit / g.OutColumns * g.PoolHeight) + (element / g.PoolWidth)) * g.StrideHeight * g.W)) + (((unit % g.OutColumns * g.PoolWidth) + (element % g.PoolWidth)) * g.StrideWidth)) * g.CStored;

    private static void EmitMainloop(KernelWriter writer, ConvGeometry g, Tile tile, Func<int, int> pixel)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line("F b, " + string.Join(", ", KernelWriter.Vectors(tile).Select(static z => $"w{z}")) + ";");
        int inner = g.S * g.CStored;
        if (g.Reduction <= UnrollLimit && g.Reduction * tile.Accumulators <= MostUnrolled)
        {
            for (int step = 0; step < g.Reduction; step++) EmitStep(step * g.Panel, (step / inner * g.W * g.CStored) + (step % inner));
            return;
        }

        if (inner <= UnrollLimit && inner * tile.Accumulators <= MostUnrolled)
        {
            using (code.Block($"for (int r = 0; r < {g.R}; r++)"))
            {
                for (int step = 0; step < inner; step++) EmitStep(step * g.Panel, step);
                code.Line($"x += {g.W * g.CStored}; w += {inner * g.Panel};");
            }

            return;
        }

        int unroll = inner % 2 == 0 ? 2 : inner % 3 == 0 ? 3 : 1;
        using (code.Block($"for (int r = 0; r < {g.R}; r++)"))
        {
            code.Line($"float* end = x + {inner};");
            using (code.Block("do", "} while (x < end);"))
            {
                for (int step = 0; step < unroll; step++) EmitStep(step * g.Panel, step);
                code.Line($"x += {unroll}; w += {unroll * g.Panel};");
            }

            if (g.W * g.CStored != inner) code.Line($"x += {(g.W * g.CStored) - inner};");
        }

        void EmitStep(int weightOffset, int inputOffset)
        {
            code.Line(writer.LoadVectors(tile, "w", "w", weightOffset));
            for (int row = 0; row < tile.Rows; row++) code.Line(writer.MultiplyAdd(tile, row, $"x[{pixel(row) + inputOffset}]", "w"));
        }
    }

    private static void EmitEpilogue(KernelWriter writer, ConvGeometry g, Epilogue epilogue, Placement output, int unit, int rowsPerUnit, int z, int from, bool last)
    {
        Emission.CodeWriter code = writer.Code;
        int first = unit * rowsPerUnit, y = (unit / g.OutColumns * output.Row) + (unit % g.OutColumns * output.Pixel) + (z * writer.Lanes);
        if (!g.Pooled)
        {
            string plain = epilogue.Bias ? $"a{first}_{z} + V.Load({KernelWriter.Plus("bias", z * writer.Lanes)})" : $"a{first}_{z}";
            code.Line($"{Relu(plain)}.Store({KernelWriter.Plus("y", y)});");
            return;
        }

        using (code.Block(""))
        {
            bool fresh = from == 0;
            code.Line(fresh ? $"F best = a{first}_{z};" : $"F best = V.Load({KernelWriter.Plus("y", y)});");
            if (epilogue.Winners) code.Line(fresh ? "I winner = I.Zero;" : $"I winner = Lanes.LoadBytes{writer.Target.Bits}({KernelWriter.Plus("arg", y)});");
            for (int element = fresh ? 1 : 0; element < rowsPerUnit; element++)
            {
                string a = $"a{first + element}_{z}";
                if (epilogue.Winners) code.Line($"winner = V.ConditionalSelect(V.GreaterThan({a}, best).AsInt32(), V.Create({from + element}), winner);");
                code.Line($"best = V.MaxNative(best, {a});");
            }

            string result = last && epilogue.Bias ? $"best + V.Load({KernelWriter.Plus("bias", z * writer.Lanes)})" : "best";
            code.Line($"{(last ? Relu(result) : result)}.Store({KernelWriter.Plus("y", y)});");
            if (epilogue.Winners) code.Line($"Lanes.StoreBytes(winner, {KernelWriter.Plus("arg", y)});");
        }

        string Relu(string value) => epilogue.Relu ? writer.Relu(value) : value.Contains('+') ? $"({value})" : value;
    }
}
