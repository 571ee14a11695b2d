using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>A first convolution on tensor cores: what <see cref="ConvTensorForward"/> is for the others, but it reads the samples out of the data set, and has too few channels for a tap to be a step.</summary>
/// <remarks>The reduction runs over taps and channels together, in the order of <see cref="SampleTile"/>; the filter's words stay in registers.</remarks>
public static class ConvTensorSamples
{
    /// <summary>Of the steps of which a lane keeps the filter's words, none at Float32x3: their parts have no room beside them.</summary>
    private const int MaxWarps = 8, MaxTileBytes = 40 * 1024, MaxReduction = 256, MaxUnrolledSteps = 4;

    /// <summary>Whether the layer can be computed so.</summary>
    public static bool Suits(ConvGeometry g) =>
        g.KStored % 16 == 0 && g.R * g.S * g.CStored <= MaxReduction && (!g.Pooled || (g.PoolHeight == 2 && g.PoolWidth == 2)) && Fits(g, 1);

    public static CudaGrid Grid(ConvForwardGroup group) => CudaGrid.PerSample(TilesDown(group.Geometry) * ChannelTiles(group.Geometry));

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the winners.</summary>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvForwardGroup group, InputText samples, Operands operands, TileMoments? moments = null)
    {
        ConvGeometry g = group.Geometry;
        var tile = new SampleTile(g, operands.Pack, TileRows(g));
        EmitHelpers(writer, group, operands);
        int keptSteps = operands.Products.IsSplit ? 0 : MaxUnrolledSteps, groups = Groups(g, tile.OutRows), warps = Math.Min(MaxWarps, groups), threads = 32 * warps;
        int sets = warps * Channels(g) / 4;
        string? room = TileMoments.Room(sets, ("tile", 4 * tile.Words));
        if (moments is not null) MomentsText.EmitHelpers(writer);
        var kernel = new CudaKernel(name, threads, threads > 128 ? 2 : 4, (4 * tile.Words) + (moments is null ? 0 : TileMoments.ExtraBytes(sets, room)));
        string[] parameters = ["const Step* __restrict__ step, const uint4* __restrict__ operands", .. group.Bias is null ? [] : new[] { "const float* __restrict__ bias" }, "float* __restrict__ y", .. g.Pooled ? new[] { "u8* __restrict__ arg" } : [], .. moments is null ? [] : new[] { TileMoments.Parameter }];
        using (writer.Kernel(kernel, Comment(layer, group, operands, tile, threads) + TileMoments.Comment(moments), parameters))
        {
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int TILE_H = {{tile.OutRows}}, TILES_H = {{TilesDown(g)}}, BLOCK_K = {{Channels(g)}}, K_TILES = K / BLOCK_K, THREADS = {{threads}}, ROW_TILES = 2, COLUMN_TILES = BLOCK_K / 8, GROUPS = {{groups}};
                {{tile.Constants}}
                __shared__ __align__(16) u32 tile[{{(tile.IsTwice ? "2 * " : "")}}ROWS * PITCH];             // the samples [{{(tile.IsTwice ? "2][" : "")}}ROWS][PITCH] words
                const int thread = threadIdx.x, lane = thread % 32, n = blockIdx.x / (TILES_H * K_TILES), k0 = blockIdx.x % K_TILES * BLOCK_K, sample = sample_at(step, n);
                {{(TilesDown(g) == 1 ? "constexpr int tile_row = 0" : "const int tile_row = blockIdx.x / K_TILES % TILES_H * TILE_H")}};
                {{DropoutText.Declare(group.Drop)}}

                """);
            ConvTensorEpilogue epilogue = Epilogue(group, tile) with { Keeps = moments is not null };
            EmitFilter(writer, tile, "operands", keptSteps);
            epilogue.EmitBias(writer);
            writer.Code.Line();
            tile.EmitStage(writer, samples, operands);
            writer.Code.Line("__syncthreads();\n");
            if (moments is not null) writer.Code.Line("Moments moments[COLUMN_TILES / 2] = {};         // of all groups of the warp");
            writer.Code.Line("#pragma unroll 1");
            using (writer.Code.Block("for (int group = thread / 32; group < GROUPS; group += THREADS / 32)"))
            {
                EmitProduct(writer, tile, operands.Products, "operands", keptSteps);
                epilogue.Emit(writer);
                if (moments is not null) writer.Code.Line("#pragma unroll\nfor (int j = 0; j < COLUMN_TILES / 2; ++j) merge_moments(moments[j], moments_of(kept[j], live));");
            }

            if (moments is null) return kernel;
            writer.Code.Line($$"""

                // moments of the tile
                constexpr int QUADS = BLOCK_K / 4;
                {{TileMoments.Sets(sets, room)}}
                {{TileMoments.StoreLanes("THREADS / 32", "thread / 32", "")}}
                """);
        }

        return kernel;
    }

    /// <summary>Emits what the text of the layer calls.</summary>
    public static void EmitHelpers(CudaWriter writer, ConvForwardGroup group, Operands operands)
    {
        operands.EmitOperand(writer);
        writer.Helper("sample_at", StepText.SampleAt);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
    }

    /// <summary>Emits the loads of what does not depend on the samples: the filter's operands, and the places of the lane's words; of a long reduction that waits for its steps.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="tile">The samples.</param>
    /// <param name="operands">Name of the operands.</param>
    /// <param name="maxSteps">Most steps whose words a lane keeps in registers.</param>
    public static void EmitFilter(CudaWriter writer, SampleTile tile, string operands, int maxSteps)
    {
        if (tile.Steps > maxSteps) return;
        writer.Code.Line($$"""
            uint4 words[STEPS][COLUMN_TILES / 2];        // the filter
            int places[STEPS][2];           // where the lane's words lie, from the first one under a window on
            #pragma unroll
            for (int part = 0; part < STEPS; ++part)
            {
            {{StepOperands(tile, operands, "words[part]", "places[part]")}}
            }
            """);
    }

    /// <summary>Emits the reduction of <c>group</c>, into acc[ROW_TILES][COLUMN_TILES][4].</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="tile">The samples.</param>
    /// <param name="products">How factors become products.</param>
    /// <param name="operands">Name of the operands.</param>
    /// <param name="maxSteps">Most steps whose words a lane has in registers.</param>
    /// <param name="corner">Text that declares <c>corner</c>, where the lane's window begins; null: the windows of the tile in their order.</param>
    public static void EmitProduct(CudaWriter writer, SampleTile tile, Products products, string operands, int maxSteps, string? corner = null)
    {
        bool unrolled = tile.Steps <= maxSteps;
        (string declare, Func<string, string> word) = tile.Group();
        string filter = unrolled
            ? !products.IsSplit ? "    const uint4 (&b)[COLUMN_TILES / 2] = words[part];"
                : "    uint4 b[2][COLUMN_TILES / 2];\n    #pragma unroll\n    for (int j = 0; j < COLUMN_TILES / 2; ++j) b[0][j] = words[part][j];"
            : $"    uint4 b{products.Parts}[COLUMN_TILES / 2];\n    int places[2];\n" + StepOperands(tile, operands, products.Whole("b"), "places");
        filter += products.Split("    ", "b");
        writer.Code.Line(corner ?? declare);
        writer.Code.Line($$"""
            float acc[ROW_TILES][COLUMN_TILES][4] = {};
            #pragma unroll{{(unrolled ? "" : " 1")}}
            for (int part = 0; part < STEPS; ++part)
            {
            {{filter}}
                #pragma unroll
                for (int i = 0; i < ROW_TILES; ++i)
                {
                    u32 a{{products.Parts}}[4];
                    #pragma unroll
                    for (int word = 0; word < 4; ++word) {{products.Whole("a")}}[word] = {{word(unrolled ? "places[part][word / 2]" : "places[word / 2]")}};{{products.Split("        ", "a")}}
                    {{products.Add("        ", "acc[i]", "COLUMN_TILES", ConvTensorMainloop.Term)}}
                }
            }
            """);
    }

    /// <summary>Output channels of a block.</summary>
    public static int Channels(ConvGeometry g) => g.KStored % 32 == 0 ? 32 : 16;

    public static int ChannelTiles(ConvGeometry g) => g.KStored / Channels(g);

    /// <summary>What a warp does at a time: eight windows, or 32 pixels.</summary>
    public static int Groups(ConvGeometry g, int rows) => ((rows * g.OutColumns) + (g.Pooled ? 7 : 31)) / (g.Pooled ? 8 : 32);

    /// <summary>The end of a group.</summary>
    public static ConvTensorEpilogue Epilogue(ConvForwardGroup group, SampleTile tile)
    {
        ConvGeometry g = group.Geometry;
        string number = g.Pooled ? "window" : "place";
        bool ragged = tile.OutRows * g.OutColumns % (g.Pooled ? 8 : 32) != 0;
        string[] beside = [.. ragged ? new[] { $"{number} >= TILE_H * OUT_W" } : [], .. g.OutRows % tile.OutRows != 0 ? new[] { "p >= OUT_H" } : []];
        return new(
            group, g.Pooled ? "group * 8 + lane / 4" : "group * (16 * ROW_TILES) + i * 8 + lane / 4", $"{(tile.OutRows < g.OutRows ? "tile_row + " : "")}{number} / OUT_W", $"{number} % OUT_W",
            string.Join(" || ", beside), "k0 + j * 16 + lane % 4 * 4", IsTurned: false);
    }

    private static string StepOperands(SampleTile tile, string operands, string filter, string places) => $$"""
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES / 2; ++j) {{filter}}[j] = {{operands}}[((k0 / 16 + j) * STEPS + part) * 32 + lane];
            #pragma unroll
            for (int half = 0; half < 2; ++half)
            {
                const int word = min(part * 8 + half * 4 + lane % 4, WORDS - 1);         // behind the last one the weights are zero
                {{places}}[half] = {{tile.Place}};
            }
        """;

    private static bool Fits(ConvGeometry g, int rows) => 4 * new SampleTile(g, 1, rows).Words <= MaxTileBytes;

    /// <summary>Output rows of a block: an even share in which every warp has one part and every lane a window, so that a small batch has all its warps at work at once; where there is none, all rows, or as many as fit.</summary>
    public static int TileRows(ConvGeometry g)
    {
        for (int rows = g.OutRows; rows >= 1; rows--)
            if (g.OutRows % rows == 0 && rows * g.OutColumns % (g.Pooled ? 8 : 32) == 0 && Groups(g, rows) <= MaxWarps && Fits(g, rows)) return rows;
        for (int tiles = 1; ; tiles++)
        {
            int rows = (g.OutRows + tiles - 1) / tiles;
            if (Fits(g, rows)) return rows;
        }
    }

    private static int TilesDown(ConvGeometry g) => (g.OutRows + TileRows(g) - 1) / TileRows(g);

    private static string Comment(string layer, ConvForwardGroup group, Operands operands, SampleTile tile, int threads)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
        string winners = g.Pooled ? $"  arg u8[N,{g.OutRows},{g.OutColumns},{g.KStored}], the maximum's place in its window, of equals the first; null when predicting" : "";
        return $"""
            // {group.Name} fprop  <- {layer}
            //   y[n,p,q,k] = {(g.Pooled ? $"max over 2x2 of {value}; bias and relu are monotonic and follow the maximum" : value)}{DropoutText.Comment(group.Drop)}
            //   x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set, in the epoch's order, {operands.Staged}  operands {operands.Name}[{g.KStored / 16}][{tile.Steps}][lane][{4 * operands.Pack}] w, zeros behind a filter's row and behind the last one  y {CudaWriter.MapText(g, output: true)} NHWC, sums f32{winners}
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C} on tensor cores, the reduction in {tile.Steps} {(tile.Steps == 1 ? "step" : "steps")} over {g.R} runs of {g.S * g.C} neighbouring values; block {threads} = {tile.OutRows}x{g.OutColumns}{(g.Pooled ? " windows" : " pixels")} x {Channels(g)} channels, a warp {(g.Pooled ? "8 windows" : "32 pixels")} at a time; grid N x {TilesDown(g) * ChannelTiles(g)}
            //   proved away: {(g.Pooled ? $"the {g.P}x{g.Q} map reaches no memory; " : "")}{ConvText.Edges(g)}
            """;
    }
}
