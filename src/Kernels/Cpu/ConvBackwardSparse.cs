using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>
/// Backward of a pooled convolution without unpooling: of each window only the winner has a gradient, and where ReLU was shut not even that. The live
/// elements are listed once; the filter gradient walks them channel by channel, the data gradient cell by cell.
/// </summary>
/// <remarks>
/// Filter gradient: for one output channel k, dw[k] is R*S*C accumulators, and each live cell adds its gradient times the input patch under its winner.
/// Partials therefore lie as [K][R][S][C]. Data gradient: for one slice of input channels, the patch under a cell is held in registers while the cell's
/// live channels add their filters, which lie as [slice][K][R*S][slice width].
/// </remarks>
public static class ConvBackwardSparse
{
    public static void Emit(KernelWriter writer, string name, string summary, ConvBackwardGroup group, string parameters)
    {
        ConvGeometry g = group.Geometry;
        SparseLists lists = SparseLists.Of(g);
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}({parameters})"))
        {
            code.Line($"{name}List(dy, {(group.Relu ? "y, " : "")}arg, dz{(group.Bias is null ? "" : ", db")});");
            code.Line($"{name}Wgrad(x, arg, dz, dw);");
            if (group.Dx is not null) code.Line($"{name}Dgrad(dz, w, dx);");
        }

        EmitList(writer, $"{name}List", group, lists);
        EmitWgrad(writer, $"{name}Wgrad", g, lists);
        if (group.Dx is not null) EmitDgrad(writer, $"{name}Dgrad", g, lists);
    }

    private static void EmitList(KernelWriter writer, string name, ConvBackwardGroup group, SparseLists lists)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        int window = g.PoolHeight * g.PoolWidth, cells = g.OutRows * g.OutColumns;
        bool streams = group.Dx is not null;
        code.Line();
        code.Line($"// masks the gradient by the ReLU, sums the bias gradient{(streams ? ", and lists each cell's live channels by the position of its winner" : "")}");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy, {(group.Relu ? "float* y, " : "")}byte* arg, float* lists{(group.Bias is null ? "" : ", float* db")})"))
        {
            for (int e = 0; e < window && streams; e++)
            {
                code.Line($"float* g{e} = lists + {lists.Streams + (e * lists.Stream)};");
                code.Line($"float* o{e} = lists + {lists.Streams + ((window + e) * lists.Stream)};");
            }

            if (streams) code.Line($"int* counts = (int*)(lists + {lists.Counts});");
            using (code.Block($"for (int cell = 0; cell < {cells}; cell++)"))
            {
                if (streams) code.Line($"float* {string.Join(", ", Enumerable.Range(0, window).Select(static e => $"s{e} = g{e}"))};");
                using (code.Block($"for (int k = 0; k < {g.KStored}; k += {writer.Lanes})"))
                {
                    code.Line($"int at = cell * {g.KStored} + k;");
                    code.Line(group.Relu ? "F d = V.ConditionalSelect(V.GreaterThan(V.Load(y + at), F.Zero), V.Load(dy + at), F.Zero);" : "F d = V.Load(dy + at);");
                    code.Line("d.Store(lists + at);");
                    if (group.Bias is not null) code.Line("(V.Load(db + k) + d).Store(db + k);");
                    if (streams)
                    {
                        code.Line("F live = ~V.Equals(d, F.Zero);");
                        code.Line($"I winner = Lanes.LoadBytes{writer.Target.Bits}(arg + at);");
                        code.Line($"F place = ((I.Indices + V.Create(k)) * {g.R * g.S * writer.Lanes}).AsSingle();");
                        code.Line("F keep;");
                        for (int e = 0; e < window; e++)
                            code.Line($"keep = V.Equals(winner, V.Create({e})).AsSingle() & live; Lanes.Compact(place, keep, o{e}); int n{e} = Lanes.Compact(d, keep, g{e}); g{e} += n{e}; o{e} += n{e};");
                    }
                }

                if (streams) code.Line(string.Join(" ", Enumerable.Range(0, window).Select(e => $"*counts++ = (int)(g{e} - s{e});")));
            }
        }
    }

    private static void EmitWgrad(KernelWriter writer, string name, ConvGeometry g, SparseLists lists)
    {
        Emission.CodeWriter code = writer.Code;
        int vectors = g.Reduction / writer.Lanes, most = writer.Target.Registers - 4, passes = (vectors + most - 1) / most, perPass = (vectors + passes - 1) / passes;
        code.Line();
        code.Line($"// dw[k,r,s,c] += sum over live cells of g x[winner + (r,s), c]");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, byte* arg, float* lists, float* dw)"))
        {
            code.Line($"float* gradients = lists + {lists.Row};");
            code.Line($"int* patches = (int*)(lists + {lists.Row + lists.RowLength});");
            using (code.Block($"for (int k = 0; k < {g.K}; k++, dw += {g.Reduction})"))
            {
                code.Line("int count = 0;");
                code.Line("float* d = lists + k;");
                code.Line("byte* a = arg + k;");
                using (code.Block($"for (int p = 0; p < {g.OutRows * Row(g, g.PoolHeight)}; p += {Row(g, g.PoolHeight)})"))
                using (code.Block($"for (int q = p; q < p + {g.OutColumns * Column(g, g.PoolWidth)}; q += {Column(g, g.PoolWidth)})"))
                {
                    code.Line("gradients[count] = *d;");
                    code.Line($"patches[count] = q + {WinnerOffset(g, "*a")};");
                    code.Line("count += Lanes.IsNonZero(*d);");
                    code.Line($"d += {g.KStored}; a += {g.KStored};");
                }

                for (int pass = 0; pass < passes; pass++)
                    code.Line($"{name}{pass}(x, gradients, patches, count, dw + {pass * perPass * writer.Lanes});");
            }
        }

        for (int pass = 0; pass < passes; pass++) EmitWgradPass(writer, $"{name}{pass}", g, pass * perPass, Math.Min(vectors, (pass + 1) * perPass));
    }

    /// <summary>Offset of window element <paramref name="e"/> in the input.</summary>
    private static string WinnerOffset(ConvGeometry g, string e)
    {
        if (g.PoolHeight == 1) return $"{e} * {Column(g, 1)}";
        if (g.PoolWidth == 1) return $"{e} * {Row(g, 1)}";
        return g.PoolWidth == 2
            ? $"({e} >> 1) * {Row(g, 1)} + ({e} & 1) * {Column(g, 1)}"
            : $"{e} / {g.PoolWidth} * {Row(g, 1)} + {e} % {g.PoolWidth} * {Column(g, 1)}";
    }

    /// <summary>Floats of the input from one output row to the <paramref name="count"/>th after it.</summary>
    private static int Row(ConvGeometry g, int count) => count * g.StrideHeight * g.W * g.CStored;

    private static int Column(ConvGeometry g, int count) => count * g.StrideWidth * g.CStored;

    private static void EmitWgradPass(KernelWriter writer, string name, ConvGeometry g, int from, int to)
    {
        Emission.CodeWriter code = writer.Code;
        int inner = g.S * g.CStored;
        int Offset(int vector) => (vector * writer.Lanes / inner * g.W * g.CStored) + (vector * writer.Lanes % inner);
        using (writer.Microkernel($"{name}(float* x, float* gradients, int* patches, int count, float* dw)"))
        {
            for (int v = from; v < to; v++) code.Line($"F a{v} = V.Load({KernelWriter.Plus("dw", (v - from) * writer.Lanes)});");
            using (code.Block("for (; count > 0; count--)"))
            {
                code.Line("F b = V.Create(*gradients++);");
                code.Line("float* patch = x + *patches++;");
                for (int v = from; v < to; v++) code.Line($"a{v} = V.{writer.Target.MultiplyAdd}(b, V.Load({KernelWriter.Plus("patch", Offset(v))}), a{v});");
            }

            for (int v = from; v < to; v++) code.Line($"a{v}.Store({KernelWriter.Plus("dw", (v - from) * writer.Lanes)});");
        }
    }

    private static void EmitDgrad(KernelWriter writer, string name, ConvGeometry g, SparseLists lists)
    {
        Emission.CodeWriter code = writer.Code;
        int window = g.PoolHeight * g.PoolWidth, rows = ((g.PoolHeight - 1) * g.StrideHeight) + g.R, columns = ((g.PoolWidth - 1) * g.StrideWidth) + g.S;
        bool whole = (rows * columns) + 2 <= writer.Target.Registers;
        int taps = g.R * g.S, most = writer.Target.Registers - 4;
        code.Line();
        code.Line($"// dx under each cell += sum over its live channels of g w[r,s,c,k], a slice of {writer.Lanes} input channels at a time");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* lists, float* w, float* dx)"))
        {
            code.Line($"new Span<float>(dx, {g.H * g.W * g.CStored}).Clear();");
            using (code.Block($"for (int c = 0; c < {g.CStored}; c += {writer.Lanes}, w += {g.KStored * taps * writer.Lanes})"))
            {
                code.Line($"float* {string.Join(", ", Enumerable.Range(0, window).Select(e => $"g{e} = lists + {lists.Streams + (e * lists.Stream)}"))};");
                code.Line($"int* {string.Join(", ", Enumerable.Range(0, window).Select(e => $"o{e} = (int*)(lists + {lists.Streams + ((window + e) * lists.Stream)})"))};");
                code.Line($"int* counts = (int*)(lists + {lists.Counts});");
                using (code.Block($"for (int p = 0; p < {g.OutRows}; p++)"))
                using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++, counts += {window})"))
                {
                    code.Line($"float* patch = dx + (p * {g.PoolHeight * g.StrideHeight * g.W} + q * {g.PoolWidth * g.StrideWidth}) * {g.CStored} + c;");
                    if (whole)
                    {
                        for (int i = 0; i < rows * columns; i++) code.Line($"F a{i} = V.Load({KernelWriter.Plus("patch", Place(g, i / columns, i % columns))});");
                        for (int e = 0; e < window; e++) EmitDgradLoop(writer, g, e, 0, taps, t => ((e / g.PoolWidth * g.StrideHeight) + (t / g.S)) * columns + (e % g.PoolWidth * g.StrideWidth) + (t % g.S), advance: true);
                        for (int i = 0; i < rows * columns; i++) code.Line($"a{i}.Store({KernelWriter.Plus("patch", Place(g, i / columns, i % columns))});");
                    }
                    else
                    {
                        for (int e = 0; e < window; e++)
                        {
                            for (int from = 0; from < taps; from += most)
                            {
                                int to = Math.Min(taps, from + most);
                                using (code.Block(""))
                                {
                                    for (int t = from; t < to; t++) code.Line($"F a{t} = V.Load({KernelWriter.Plus("patch", Under(g, e, t))});");
                                    EmitDgradLoop(writer, g, e, from, to, static t => t, advance: to == taps);
                                    for (int t = from; t < to; t++) code.Line($"a{t}.Store({KernelWriter.Plus("patch", Under(g, e, t))});");
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>Walks one position's list: each live channel adds its filter taps [from, to) to the accumulators.</summary>
    private static void EmitDgradLoop(KernelWriter writer, ConvGeometry g, int e, int from, int to, Func<int, int> accumulator, bool advance)
    {
        Emission.CodeWriter code = writer.Code;
        using (code.Block($"for (int i = 0; i < counts[{e}]; i++)"))
        {
            code.Line($"F b = V.Create(g{e}[i]);");
            code.Line($"float* filter = w + o{e}[i];");
            for (int t = from; t < to; t++)
                code.Line($"a{accumulator(t)} = V.{writer.Target.MultiplyAdd}(b, V.Load({KernelWriter.Plus("filter", t * writer.Lanes)}), a{accumulator(t)});");
        }

        if (advance) code.Line($"g{e} += counts[{e}]; o{e} += counts[{e}];");
    }

    private static int Place(ConvGeometry g, int row, int column) => ((row * g.W) + column) * g.CStored;

    private static int Under(ConvGeometry g, int e, int tap) => Place(g, (e / g.PoolWidth * g.StrideHeight) + (tap / g.S), (e % g.PoolWidth * g.StrideWidth) + (tap % g.S));
}
