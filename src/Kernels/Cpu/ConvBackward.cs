using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Backward of convolution, ReLU and pooling for one image: unpool and mask, add to the bias and filter partials, and the data gradient if wanted.</summary>
/// <remarks>
/// Without a data gradient, and without Winograd, the unpooled gradient exists one band of rows at a time, in L1. Else it is a whole map with a zero border, over which the
/// data gradient is a convolution with the flipped filter, or several (<see cref="DgradPlan"/>). Of an input with padding the filter gradient reads a copy
/// in which the zeros stand; the data gradient has the form of the input itself, so that nothing is computed for padding.
/// </remarks>
public static class ConvBackward
{
    /// <summary>Filters up to this many rows are held whole in one tile.</summary>
    private const int WholeFilterRows = 14;

    private const int LongestTile = 12;

    /// <summary>Emits <paramref name="name"/>(x, dy, y, arg, dz, dw, db, w, dx), without the parameters that the group does not need.</summary>
    public static void Emit(KernelWriter writer, string name, string summary, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        ConvBorder border = ConvBorder.Backward(group);
        if (group.IsChunked)
        {
            ConvWinogradChunk.EmitBackward(writer, name, summary, Parameters(group), group);
            return;
        }

        if (!border.IsUsed)
        {
            EmitInside(writer, name, summary, group, group);
            return;
        }

        // The input's gradient comes out with a border only where patches of it are summed.
        bool leaves = group.Method == ConvBackwardMethod.Sparse && group.Dx is not null;
        string bordered = KernelWriter.Plus("dz", border.Floats(g) + Panels.Pad(group.GradientFloats));
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}({Parameters(group)})"))
        {
            ConvBorders.EmitEnter(writer, g, border, "x", "dz");
            code.Line($"{name}Inside(dz, {Arguments(group, "dy", "y", "arg", $"dz + {border.Floats(g)}, dw")}{(group.Dx is null ? "" : $", w, {(leaves ? bordered : "dx")}")});");
            if (leaves) ConvBorders.EmitLeave(writer, g, border, bordered, "dx");
        }

        ConvBorders.EmitMethods(writer);
        EmitInside(writer, name + "Inside", $"// over x f32[{border.Rows},{border.Columns},{g.CStored}], zeros of the padding included", group with { Geometry = border.Inside(g) }, group);
    }

    /// <summary>The kernel over an input whose windows stay inside it; <paramref name="stored"/> is the group over the input as it is stored.</summary>
    private static void EmitInside(KernelWriter writer, string name, string summary, ConvBackwardGroup group, ConvBackwardGroup stored)
    {
        ConvGeometry g = group.Geometry;
        DgradPlan plan = DgradPlan.Of(stored.Geometry);
        Emission.CodeWriter code = writer.Code;
        if (group.Method == ConvBackwardMethod.Sparse)
        {
            ConvBackwardSparse.Emit(writer, name, summary, group, Parameters(group));
            return;
        }

        if (ConvBackwardPatch.Fits(writer.Target, group))
        {
            ConvBackwardPatch.Emit(writer, name, summary, group, Parameters(group));
            return;
        }

        bool whole = group.Method == ConvBackwardMethod.Bordered, winograd = stored.WgradWinograd.IsUsed;
        int dzRow = (whole ? plan.Columns : g.Q) * g.KStored, outRow = g.OutColumns * g.KStored;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}({Parameters(group)})"))
        {
            if (whole && !stored.KeepsBorder) code.Line($"new Span<float>(dz, {plan.Floats(g)}).Clear();");
            if (whole) code.Line($"float* inside = dz + {((plan.Top * plan.Columns) + plan.Left) * g.KStored};");
            using (code.Block($"for (int p = 0; p < {g.OutRows}; p++)"))
            {
                string dz = whole ? $"inside + p * {g.PoolHeight * dzRow}" : "dz";
                code.Line($"{name}Unpool({Arguments(group, $"dy + p * {outRow}", $"y + p * {outRow}", $"arg + p * {outRow}", dz)});");
                if (!whole) EmitWgradCalls(writer, name, g, $"x + p * {g.PoolHeight * g.StrideHeight * g.W * g.CStored}", "dz", $"{g.PoolHeight}");
            }

            if (whole)
            {
                string strips = $", dz + {Panels.Pad(plan.Floats(g))}";
                if (winograd) code.Line($"{name}Wgrad(x, inside, dw{strips});");
                else EmitWgradCalls(writer, name, g, "x", "inside", $"{g.P}");
                if (group.Dx is not null) code.Line($"{name}Dgrad(dz, w, dx{(stored.DgradWinograd.IsUsed ? strips : "")});");
            }
        }

        EmitUnpool(writer, $"{name}Unpool", group, dzRow);
        if (winograd) ConvWinogradGradient.Emit(writer, $"{name}Wgrad", stored.WgradWinograd, g, dzRow);
        else EmitWgradTiles(writer, name, g, dzRow);
        if (whole && group.Dx is not null) ConvDgrad.Emit(writer, $"{name}Dgrad", stored.Geometry);
    }

    private static string Parameters(ConvBackwardGroup group) =>
        "float* x, float* dy, " + (group.Relu ? "float* y, " : "") + (group.Geometry.Pooled ? "byte* arg, " : "") + "float* dz, float* dw"
        + (group.Bias is null ? "" : ", float* db") + (group.Dx is null ? "" : ", float* w, float* dx");

    private static string Arguments(ConvBackwardGroup group, string dy, string y, string arg, string dz) =>
        dy + (group.Relu ? ", " + y : "") + (group.Geometry.Pooled ? ", " + arg : "") + ", " + dz + (group.Bias is null ? "" : ", db");

    /// <summary>Emits one row of pooled cells of dz = dy at the winners, masked by the ReLU, and its sum.</summary>
    public static void EmitUnpool(KernelWriter writer, string name, ConvBackwardGroup group, int dzRow)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line($"// one row of pooled cells: dz = dy at the winner{(group.Relu ? ", where the output is positive" : "")}; db += dz");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy, {(group.Relu ? "float* y, " : "")}{(g.Pooled ? "byte* arg, " : "")}float* dz{(group.Bias is null ? "" : ", float* db")})"))
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {writer.Lanes})"))
        {
            if (group.Bias is not null) code.Line("F sum = V.Load(db + k);");
            using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++)"))
            {
                code.Line($"int at = q * {g.KStored} + k;");
                code.Line(group.Relu ? "F d = V.ConditionalSelect(V.GreaterThan(V.Load(y + at), F.Zero), V.Load(dy + at), F.Zero);" : "F d = V.Load(dy + at);");
                if (group.Bias is not null) code.Line("sum += d;");
                if (!g.Pooled) code.Line("d.Store(dz + at);");
                else
                {
                    code.Line($"I winner = Lanes.LoadBytes{writer.Target.Bits}(arg + at);");
                    code.Line($"float* cell = dz + q * {g.PoolWidth * g.KStored} + k;");
                    for (int element = 0; element < g.PoolHeight * g.PoolWidth; element++)
                    {
                        int offset = (element / g.PoolWidth * dzRow) + (element % g.PoolWidth * g.KStored);
                        code.Line($"V.ConditionalSelect(V.Equals(winner, V.Create({element})).AsSingle(), d, F.Zero).Store({KernelWriter.Plus("cell", offset)});");
                    }
                }
            }

            if (group.Bias is not null) code.Line("sum.Store(db + k);");
        }
    }

    /// <summary>Emits the tiles that <see cref="EmitWgradCalls"/> calls.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Stem of their names.</param>
    /// <param name="g">Extents, of an input without padding.</param>
    /// <param name="dzRow">Floats from one row of the gradient to the next.</param>
    public static void EmitWgradTiles(KernelWriter writer, string name, ConvGeometry g, int dzRow)
    {
        foreach (Tile tile in WgradTiles(writer, g)) EmitWgradTile(writer, name, g, tile, dzRow);
    }

    private static IEnumerable<Tile> WgradTiles(KernelWriter writer, ConvGeometry g)
    {
        (int rows, int rest, int vectors) = WgradPlan(writer, g);
        yield return new(rows, vectors);
        if (rest > 0) yield return new(rest, vectors);
    }

    private static bool WholeFilter(KernelWriter writer, ConvGeometry g) =>
        g.Reduction <= WholeFilterRows && new Tile(g.Reduction, 1).Registers <= writer.Target.Registers;

    /// <summary>Filter rows a tile, what the last tile of a row of the filter has left, and vectors.</summary>
    private static (int Rows, int Remainder, int Vectors) WgradPlan(KernelWriter writer, ConvGeometry g)
    {
        int count = WholeFilter(writer, g) ? g.Reduction : g.S * g.CStored;
        if (WholeFilter(writer, g))
        {
            for (int vectors = g.Panel / writer.Lanes; vectors > 1; vectors--)
                if (g.Panel / writer.Lanes % vectors == 0 && new Tile(count, vectors).Registers <= writer.Target.Registers) return (count, 0, vectors);
            return (count, 0, 1);
        }

        (int rows, Tile tile) = TileChooser.Choose(writer.Target, Math.Min(count, LongestTile), 1, g.Panel);
        return (rows, count % rows, tile.Vectors);
    }

    /// <summary>Emits the loops that add to dw what <paramref name="imageRows"/> rows of the gradient yield.</summary>
    public static void EmitWgradCalls(KernelWriter writer, string name, ConvGeometry g, string x, string dz, string imageRows, string dw = "dw")
    {
        Emission.CodeWriter code = writer.Code;
        (int rows, int rest, int vectors) = WgradPlan(writer, g);
        int step = vectors * writer.Lanes, inner = g.S * g.CStored;
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {step})"))
        {
            code.Line(step == g.Panel ? $"float* dwk = {dw} + k * {g.Reduction};" : $"float* dwk = {dw} + k / {g.Panel} * {g.Panel * g.Reduction} + k % {g.Panel};");
            if (WholeFilter(writer, g))
            {
                code.Line($"{name}Wgrad{rows}({x}, {dz} + k, dwk, {imageRows});");
                return;
            }

            using (code.Block($"for (int r = 0; r < {g.R}; r++)"))
            {
                code.Line($"for (int j = 0; j < {inner - rest}; j += {rows})");
                code.Line($"    {name}Wgrad{rows}({x} + r * {g.W * g.CStored} + j, {dz} + k, dwk + (r * {inner} + j) * {g.Panel}, {imageRows});");
                if (rest > 0) code.Line($"{name}Wgrad{rest}({x} + r * {g.W * g.CStored} + {inner - rest}, {dz} + k, dwk + (r * {inner} + {inner - rest}) * {g.Panel}, {imageRows});");
            }
        }
    }

    private static void EmitWgradTile(KernelWriter writer, string name, ConvGeometry g, Tile tile, int dzRow)
    {
        Emission.CodeWriter code = writer.Code;
        int inner = g.S * g.CStored;
        bool whole = WholeFilter(writer, g);
        int Offset(int row) => whole ? (row / inner * g.W * g.CStored) + (row % inner) : row;
        code.Line();
        code.Line($"// dw[j,k] += sum(p,q) x[p,q,j] dz[p,q,k]: {tile.Rows} filter elements j by {tile.Vectors * writer.Lanes} channels k");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}Wgrad{tile.Rows}(float* x, float* dz, float* dw, int rows)"))
        {
            writer.Accumulators(tile, (row, z) => $"V.Load({KernelWriter.Plus("dw", (row * g.Panel) + (z * writer.Lanes))})");
            using (code.Block("do", "} while (--rows > 0);"))
            {
                code.Line($"float* end = dz + {g.Q * g.KStored};");
                using (code.Block("do", "} while (dz < end);"))
                {
                    code.Line("F b, " + string.Join(", ", KernelWriter.Vectors(tile).Select(static z => $"d{z}")) + ";");
                    code.Line(writer.LoadVectors(tile, "d", "dz"));
                    for (int row = 0; row < tile.Rows; row++) code.Line(writer.MultiplyAdd(tile, row, $"x[{Offset(row)}]", "d"));
                    code.Line($"x += {g.StrideWidth * g.CStored}; dz += {g.KStored};");
                }

                int next = (g.StrideHeight * g.W) - (g.StrideWidth * g.Q);
                if (next != 0) code.Line($"x += {next * g.CStored};");
                if (dzRow != g.Q * g.KStored) code.Line($"dz += {dzRow - (g.Q * g.KStored)};");
            }

            for (int row = 0; row < tile.Rows; row++)
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"a{row}_{z}.Store({KernelWriter.Plus("dw", (row * g.Panel) + (z * writer.Lanes))});")));
        }
    }
}
