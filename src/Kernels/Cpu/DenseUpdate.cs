using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Weight gradient of a dense layer over the whole batch, in register tiles, with the optimizer and the transposed copy in its epilogue.</summary>
public static class DenseUpdate
{
    private const int LongestTile = 12;

    /// <summary>Where one call of the layer has its input and the gradient of its result, of the whole batch.</summary>
    /// <param name="X">Pointer to the first sample's input.</param>
    /// <param name="XStride">Floats from one to the next.</param>
    /// <param name="Dy">Pointer to the first sample's gradient.</param>
    /// <param name="DyStride">Floats from one to the next.</param>
    public readonly record struct Use(string X, int XStride, string Dy, int DyStride);

    /// <summary>Rows that a task takes are a multiple of this.</summary>
    public static int RowUnit(VectorTarget target, DenseUpdateGroup group) => Choose(target, group).Rows;

    /// <summary>Emits <paramref name="name"/>(step, first, last): input features [first, last) of the weights.</summary>
    public static void Emit(KernelWriter writer, string name, string summary, DenseUpdateGroup group, PlacedParameter weights, IReadOnlyList<Use> uses, bool derive)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored);
        (int rows, int vectors) = Choose(writer.Target, group);
        int rest = group.In % rows;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}(StepContext step, int first, int last)"))
        {
            code.Line($"float* {string.Join(", ", uses.Select(static (u, i) => $"x{Suffix(i)} = {u.X}, dy{Suffix(i)} = {u.Dy}"))};");
            code.Line($"float* g = stackalloc float[{rows * panel}];    // the tile's gradient, as the weights lie");
            using (code.Block($"for (int o = 0; o < {stored}; o += {panel})"))
            using (code.Block($"for (int i = first; i < last; i += {rows})"))
            {
                code.Line(rest == 0 ? $"const int length = {rows};" : $"int length = Math.Min({rows}, last - i);");
                if (uses.Count > 1) code.Line($"new Span<float>(g, {rows * panel}).Clear();    // the calls of the layer add to it, in their order");
                string at = panel == vectors * writer.Lanes ? "" : " + z";
                using (at.Length == 0 ? null : code.Block($"for (int z = 0; z < {panel}; z += {vectors * writer.Lanes})"))
                {
                    for (int use = 0; use < uses.Count; use++)
                    {
                        string call = $"(x{Suffix(use)} + i, dy{Suffix(use)} + o{at}, g{at}, step.N);";
                        if (rest == 0) code.Line($"{name}Tile{rows}{call}");
                        else
                        {
                            code.Line($"if (length == {rows}) {name}Tile{rows}{call}");
                            code.Line($"else {name}Tile{rest}{call}");
                        }
                    }
                }

                code.Line($"Apply(step, {weights.Offset} + o * {group.In} + i * {panel}, g, length * {panel});");
            }

            if (derive) code.Line($"{DeriveName(name)}(step, first, last);");
        }

        EmitTile(writer, $"{name}Tile{rows}", new(rows, vectors), panel, uses);
        if (rest > 0) EmitTile(writer, $"{name}Tile{rest}", new(rest, vectors), panel, uses);
    }

    /// <summary>Emits the transposed copy of rows [first, last): wt[i / panel][unit][i % panel] = w[i][unit].</summary>
    public static void EmitDerive(KernelWriter writer, string name, DenseUpdateGroup group, PlacedParameter weights)
    {
        Emission.CodeWriter code = writer.Code;
        int panel = Panels.Width(Panels.Pad(group.Units)), wide = Panels.Width(group.In);
        code.Line();
        code.Line($"// wt f32[{group.In / wide}][{group.Units}][{wide}], the weights transposed, as the data gradient reads them");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {DeriveName(name)}(StepContext step, int first, int last)"))
        {
            code.Line($"float* w = step.Parameters + {weights.Offset}, wt = step.Derived + {weights.Derived};");
            using (code.Block("for (int i = first; i < last;)"))
            {
                code.Line($"int end = Math.Min(last, i / {wide} * {wide} + {wide});");
                using (code.Block($"for (int o = 0; o < {group.Units}; o++)"))
                {
                    code.Line($"float* from = w + o / {panel} * {panel * group.In} + o % {panel}, to = wt + i / {wide} * {group.Units * wide} + o * {wide};");
                    code.Line($"for (int j = i; j < end; j++) to[j % {wide}] = from[j * {panel}];");
                }

                code.Line("i = end;");
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): the bias gradient and its optimizer step.</summary>
    public static void EmitBias(KernelWriter writer, string name, DenseUpdateGroup group, PlacedParameter bias, IReadOnlyList<Use> uses)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(group.Units);
        code.Line();
        code.Line($"// db[o] = sum(n) dy[n,o], then the optimizer");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* {string.Join(", ", uses.Select(static (u, i) => $"dy{Suffix(i)} = {u.Dy}"))};");
            code.Line($"float* g = stackalloc float[{stored}];");
            using (code.Block($"for (int o = 0; o < {stored}; o += {writer.Lanes})"))
            {
                code.Line("F sum = F.Zero;");
                for (int use = 0; use < uses.Count; use++) code.Line($"for (int n = 0; n < step.N; n++) sum += V.Load(dy{Suffix(use)} + (nint)n * {uses[use].DyStride} + o);");
                code.Line("sum.Store(g + o);");
            }

            code.Line($"Apply(step, {bias.Offset}, g, {stored});");
        }
    }

    /// <summary>Locals of the first call have no number.</summary>
    private static string Suffix(int use) => use == 0 ? "" : use.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string DeriveName(string update) => update.Replace("Update", "Derive");

    /// <summary>The loops in words.</summary>
    public static string Describe(VectorTarget target, DenseUpdateGroup group) => Choose(target, group) is var (rows, vectors) ? $"register tiles of {rows} features by {vectors} vector{(vectors == 1 ? "" : "s")} over the whole batch" : "";

    private static (int Rows, int Vectors) Choose(VectorTarget target, DenseUpdateGroup group)
    {
        (int rows, Tile tile) = TileChooser.Choose(target, Math.Min(group.In, LongestTile), 1, Panels.Width(Panels.Pad(group.Units)));
        return (rows, tile.Vectors);
    }

    private static void EmitTile(KernelWriter writer, string name, Tile tile, int panel, IReadOnlyList<Use> uses)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        bool adds = uses.Count > 1;
        (int xStride, int dyStride) = (uses[0].XStride, uses[0].DyStride);
        if (uses.Any(u => u.XStride != xStride || u.DyStride != dyStride)) throw new InvalidOperationException($"{name}: the calls of one dense layer read values of different forms");
        code.Line($"// g[i,o] {(adds ? "+=" : "=")} sum(n) x[n,i] dy[n,o]: {tile.Rows} features by {tile.Vectors * writer.Lanes} units");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, float* dy, float* g, int n)"))
        {
            writer.Accumulators(tile, (row, z) => adds ? $"V.Load({KernelWriter.Plus("g", (row * panel) + (z * writer.Lanes))})" : "F.Zero");
            code.Line("F b, " + string.Join(", ", KernelWriter.Vectors(tile).Select(static z => $"d{z}")) + ";");
            using (code.Block("do", "} while (--n > 0);"))
            {
                code.Line(writer.LoadVectors(tile, "d", "dy"));
                for (int row = 0; row < tile.Rows; row++) code.Line(writer.MultiplyAdd(tile, row, $"x[{row}]", "d"));
                code.Line($"x += {xStride}; dy += {dyStride};");
            }

            for (int row = 0; row < tile.Rows; row++)
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"a{row}_{z}.Store({KernelWriter.Plus("g", (row * panel) + (z * writer.Lanes))});")));
        }
    }
}
