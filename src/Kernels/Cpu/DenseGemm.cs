using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>y[n,o] (+)= sum(i) x[n,i] w[i,o] for a chunk of images: the mainloop of the dense layer forward, and, over transposed weights, of its data gradient.</summary>
/// <param name="In">Reduction length.</param>
/// <param name="InStride">Floats from one image's x to the next.</param>
/// <param name="Out">Stored outputs, a multiple of 16.</param>
/// <param name="OutStride">Floats from one image's y to the next.</param>
/// <param name="Block">Part of the reduction that is done before the next panel, so that weights are read from the first-level cache by all tiles.</param>
public sealed record DenseGemm(int In, int InStride, int Out, int OutStride, int Block)
{
    /// <summary>Floats of a panel block that stay in the first-level cache.</summary>
    private const int BlockFloats = 4096;

    public int Panel => Panels.Width(Out);

    public static DenseGemm Forward(DenseForwardGroup group, int inStride, int outStride)
    {
        int stored = Panels.Pad(group.Units);
        return new(group.In, inStride, stored, outStride, BlockOf(group.In, Panels.Width(stored)));
    }

    /// <summary>dx = dy w^T: the reduction runs over units; it is not cut, because the epilogue masks the finished sum.</summary>
    public static DenseGemm Dgrad(DenseDgradGroup group, int dyStride, int dxStride) => new(group.Units, dyStride, group.In, dxStride, group.Units);

    /// <summary>An even part of the reduction of at most BlockFloats / panel.</summary>
    private static int BlockOf(int length, int panel)
    {
        int parts = (length + (BlockFloats / panel) - 1) / (BlockFloats / panel);
        int block = (length + parts - 1) / parts;
        return block + (block % 2);
    }

    /// <summary>Emits <paramref name="name"/>(x, w, [bias,] y, count).</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Method name.</param>
    /// <param name="summary">Comment above it.</param>
    /// <param name="accumulate">Whether y starts from the bias (or zero) and is added to block by block.</param>
    /// <param name="bias">Whether there is a bias; only with <paramref name="accumulate"/>.</param>
    /// <param name="relu">Whether the result passes ReLU; only with <paramref name="accumulate"/>.</param>
    /// <param name="mask">Whether the result is masked by y &gt; 0 of another map, at the same place; only without <paramref name="accumulate"/>.</param>
    /// <param name="maskStride">Floats from one image's mask to the next.</param>
    public void Emit(KernelWriter writer, string name, string summary, bool accumulate, bool bias, bool relu, bool mask, int maskStride)
    {
        Emission.CodeWriter code = writer.Code;
        IReadOnlyList<Tile> tiles = Tiles(writer.Target);
        int step = tiles[0].Vectors * writer.Lanes;
        int wide = step == Panel ? WidePanels(writer.Target, tiles[0].Vectors) : 1;
        code.Line();
        code.Line(summary);
        using (code.Block($"private static void {name}(float* x, float* w, {(bias ? "float* bias, " : "")}{(mask ? "float* mask, " : "")}float* y, int count)"))
        {
            if (accumulate) EmitStart(code, bias);
            bool blocks = Block < In;
            using (blocks ? code.Block($"for (int i = 0; i < {In}; i += {Block})") : null)
            {
                if (blocks) code.Line($"int length = Math.Min({Block}, {In} - i);");
                if (wide > 1) EmitSingle(code, name, blocks, wide, mask);
                using (wide > 1 ? code.Block("else") : null)
                using (code.Block($"for (int o = 0; o < {Out}; o += {step})"))
                {
                    string at = blocks ? $" + i * {Panel}" : "";
                    code.Line(step == Panel ? $"float* wp = w + o * {In}{at};" : $"float* wp = w + o / {Panel} * {Panel * In}{at} + o % {Panel};");
                    code.Line("int n = 0;");
                    foreach (Tile tile in tiles)
                    {
                        string loop = tile.Rows == 1 ? "for (; n < count; n++)" : $"for (; n + {tile.Rows} <= count; n += {tile.Rows})";
                        code.Line($"{loop} {name}Tile{tile.Rows}(x + n * {InStride}{(blocks ? " + i" : "")}, wp, {(mask ? $"mask + n * {maskStride} + o, " : "")}y + n * {OutStride} + o, {(blocks ? "length" : $"{In}")});");
                    }
                }
            }

            if (relu)
            {
                code.Line($"for (int n = 0; n < count; n++)");
                code.Line($"    for (int o = 0; o < {Out}; o += {writer.Lanes}) {writer.Relu($"V.Load(y + n * {OutStride} + o)")}.Store(y + n * {OutStride} + o);");
            }
        }

        foreach (Tile tile in tiles) EmitTile(writer, $"{name}Tile{tile.Rows}", tile, 1, accumulate, mask, maskStride);
        if (wide > 1) EmitTile(writer, $"{name}Single", new(1, tiles[0].Vectors * wide), wide, accumulate, mask, maskStride);
    }

    /// <summary>Panels that one image takes at once: a single row has too few accumulators to hide the latency of a multiply-add, several panels have enough.</summary>
    private int WidePanels(VectorTarget target, int vectors)
    {
        int panels = Math.Min(Out / Panel, Math.Max(1, (target.Registers - 2) / (2 * vectors)));
        while (Out / Panel % panels != 0) panels--;
        return panels;
    }

    /// <summary>One image by itself: each output is the same sum in the same order as in a tile of several images.</summary>
    private void EmitSingle(Emission.CodeWriter code, string name, bool blocks, int wide, bool mask)
    {
        using (code.Block("if (count == 1)"))
        {
            code.Line($"for (int o = 0; o < {Out}; o += {wide * Panel}) {name}Single(x{(blocks ? " + i" : "")}, w + o * {In}{(blocks ? $" + i * {Panel}" : "")}, {(mask ? "mask + o, " : "")}y + o, {(blocks ? "length" : $"{In}")});");
        }
    }

    private void EmitStart(Emission.CodeWriter code, bool bias)
    {
        code.Line("for (int n = 0; n < count; n++)");
        code.Line(bias
            ? $"    new Span<float>(bias, {Out}).CopyTo(new Span<float>(y + n * {OutStride}, {Out}));"
            : $"    new Span<float>(y + n * {OutStride}, {Out}).Clear();");
    }

    /// <summary>The loops in words.</summary>
    public string Describe(VectorTarget target) =>
        $"register tiles of {Tiles(target)[0].Rows} images by {Tiles(target)[0].Vectors} vector{(Tiles(target)[0].Vectors == 1 ? "" : "s")}{(Block < In ? $", {Block} of {In} features at a time" : "")}";

    /// <summary>Images per tile, largest first; the last takes one, for tails.</summary>
    private IReadOnlyList<Tile> Tiles(VectorTarget target)
    {
        (int rows, Tile tile) = TileChooser.Choose(target, Liveness.ImagesPerChunk, 1, Panel);
        int[] sizes = [8, 4, 2, 1];
        return [.. sizes.Where(size => size <= rows).Select(size => new Tile(size, tile.Vectors))];
    }

    /// <summary>One register tile; its vectors lie in <paramref name="panels"/> neighbouring panels.</summary>
    private void EmitTile(KernelWriter writer, string name, Tile tile, int panels, bool accumulate, bool mask, int maskStride)
    {
        Emission.CodeWriter code = writer.Code;
        int perPanel = tile.Vectors / panels;
        string Y(int row, int z) => KernelWriter.Plus("y", (row * OutStride) + (z * writer.Lanes));
        using (writer.Microkernel($"{name}(float* x, float* w, {(mask ? "float* mask, " : "")}float* y, int length)"))
        {
            // A block starts from zero and is added as a whole: the rounding error of a long sum then grows with its blocks, not with its terms.
            writer.Accumulators(tile, static (_, _) => "F.Zero");
            code.Line("F b, " + string.Join(", ", KernelWriter.Vectors(tile).Select(static z => $"w{z}")) + ";");
            using (code.Block("do", "} while (--length > 0);"))
            {
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"w{z} = V.Load({KernelWriter.Plus("w", (z / perPanel * Panel * In) + (z % perPanel * writer.Lanes))});")));
                for (int row = 0; row < tile.Rows; row++) code.Line(writer.MultiplyAdd(tile, row, $"x[{row * InStride}]", "w"));
                code.Line($"x++; w += {Panel};");
            }

            for (int row = 0; row < tile.Rows; row++)
            {
                foreach (int z in KernelWriter.Vectors(tile))
                {
                    string value = mask ? $"V.ConditionalSelect(V.GreaterThan(V.Load({KernelWriter.Plus("mask", (row * maskStride) + (z * writer.Lanes))}), F.Zero), a{row}_{z}, F.Zero)" : accumulate ? $"(V.Load({Y(row, z)}) + a{row}_{z})" : $"a{row}_{z}";
                    code.Line($"{value}.Store({Y(row, z)});");
                }
            }
        }
    }
}
