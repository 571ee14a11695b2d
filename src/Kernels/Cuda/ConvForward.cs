using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Convolution, bias, ReLU and maximum pooling in one kernel: the full-resolution map stays in registers.</summary>
public static class ConvForward
{
    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the winners.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The model's member, for the comment.</param>
    /// <param name="group">The layer.</param>
    /// <param name="samples">The input of the model that it reads in the data set; null where it reads a value of the batch.</param>
    /// <param name="moments">The moments that it leaves of what it stores; null for none.</param>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvForwardGroup group, InputText? samples, TileMoments? moments = null)
    {
        ConvGeometry g = group.Geometry;
        ConvTile tile = ConvTile.Choose(g);
        string? room = TileMoments.Room(tile.Threads, ("tile", 4 * tile.SharedFloats(g)));
        if (moments is not null) MomentsText.EmitHelpers(writer);
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        if (samples is not null)
        {
            writer.Helper("sample_at", StepText.SampleAt);
            writer.Helper("pixel", StepText.Pixel);
        }

        var kernel = new CudaKernel(name, tile.Threads, ConvText.MinBlocks(g, tile.Threads), (4 * tile.SharedFloats(g)) + (samples is null ? 0 : 4) + (moments is null ? 0 : TileMoments.ExtraBytes(tile.Threads, room)));
        string[] parameters = [
            .. samples is not null ? new[] { "const Step* __restrict__ step" } : [.. DropoutText.Parameter(group.Drop), "const float* __restrict__ x"],
            .. group.Bias is null ? ["const float* __restrict__ weights"] : new[] { "const float* __restrict__ weights", "const float* __restrict__ bias" },
            "float* __restrict__ y", .. g.Pooled ? new[] { "u8* __restrict__ arg" } : [], .. moments is null ? [] : new[] { TileMoments.Parameter }];
        using (writer.Kernel(kernel, Comment(layer, group, tile, samples) + TileMoments.Comment(moments), parameters))
        {
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.CStored}, R = {g.R}, S = {g.S}, K = {g.KStored}, PANEL = {g.Panel}, POOL_H = {g.PoolHeight}, POOL_W = {g.PoolWidth}, OUT_H = {g.OutRows}, OUT_W = {g.OutColumns}{ConvText.Constants(g)};");
            writer.Code.Line(ConvMainloop.Constants(g, tile));
            writer.Code.Line(ConvMainloop.Place);
            if (group.Drop is not null) writer.Code.Line(DropoutText.Declare(group.Drop));
            writer.Code.Line();
            if (samples is not null)
            {
                writer.Code.Line($"""
                    __shared__ int sample;
                    if (thread == 0) sample = sample_at(step, n);
                    __syncthreads();
                    const size_t origin = {samples.Origin("(H * W * C)")};

                    """);
            }

            string weights = "weights + k / PANEL * (PANEL * R * S * C) + k % PANEL", stage = Place(g, samples is not null ? StageSamples : tile.Vectorised ? StageQuads : StageSingle);
            string kept = moments is null ? "" : "\n" + TileMoments.Declare("WINDOWS", null);
            if (!tile.InPieces(g)) EmitWhole(writer, g, tile, stage, weights, kept);
            else EmitPieces(writer, g, tile, stage, weights, kept);
            EmitStore(writer, group, moments is not null);
            if (moments is null) return kernel;
            writer.Code.Line($"""

                // moments of the tile
                {TileMoments.Sets(tile.Threads, room)}
                sets[thread] = moments_of(kept, live);
                {TileMoments.Store("THREADS / QUADS", "blockIdx.x % K_TILES * QUADS")}
                """);
        }

        return kernel;
    }

    /// <summary>Grid: one block a tile of an image.</summary>
    public static CudaGrid Grid(ConvForwardGroup group) => CudaGrid.PerSample(ConvTile.Choose(group.Geometry).Tiles(group.Geometry));

    private static string Comment(string layer, ConvForwardGroup group, ConvTile tile, InputText? samples)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
        string input = samples is not null ? $"{samples.Of}x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set, in the epoch's order" : $"x {CudaWriter.MapText(g, output: false)} NHWC";
        string winners = g.Pooled ? $"  arg u8[N,{g.OutRows},{g.OutColumns},{g.KStored}], the maximum's place in its window, of equals the first; null when predicting" : "";
        return $"""
            // {group.Name} fprop  <- {layer}
            //   y[n,p,q,k] = {(g.Pooled ? $"max over {g.PoolHeight}x{g.PoolWidth} of {value}; bias and relu are monotonic and follow the maximum" : value)}{DropoutText.Comment(group.Drop)}
            //   {input}  w f32[{g.KStored / g.Panel}][{g.R}][{g.S}][{g.CStored}][{g.Panel}] panels of output channels  y {CudaWriter.MapText(g, output: true)} NHWC{winners}
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C}; block {tile.Threads} = {tile.Rows}x{tile.Columns}{(g.Pooled ? " windows" : " pixels")} x {4 * tile.Quads} channels, thread = {tile.Windows}{(g.Pooled ? $" windows of {g.PoolHeight}x{g.PoolWidth}" : " pixels")} x 4 channels; grid N x {tile.Tiles(g)}
            //   proved away: {(g.Pooled ? $"the {g.P}x{g.Q} map reaches no memory; " : "")}{ConvText.Edges(g)}; channels stand in whole quads
            """;
    }

    /// <summary>Text that fills a tile with four channels of the input at a time.</summary>
    public static string QuadStage(ConvGeometry g) => Place(g, StageQuads);

    private static string Place(ConvGeometry g, string stage) => stage
        .Replace("tile_row * POOL_H", "tile_row * POOL_H" + ConvText.Down(g)).Replace("tile_column * POOL_W", "tile_column * POOL_W" + ConvText.Across(g))
        .Replace(", w = ", $"{ConvText.Top(g)}, w = ").Replace(", c = ", $"{ConvText.Left(g)}, c = ").Replace("h < H && w < W", ConvText.Inside(g));

    private const string StageSamples = """
        for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
        {
            const int h = tile_row * POOL_H + i / (COLUMNS * CHUNK), w = tile_column * POOL_W + i / CHUNK % COLUMNS, c = i % CHUNK;
            tile[i / CHUNK * PITCH + c] = h < H && w < W ? pixel(step, origin + (h * W + w) * C + c0 + c) : 0.0f;
        }
        """;

    private const string StageQuads = """
        for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
        {
            const int h = tile_row * POOL_H + i / (COLUMNS * (CHUNK / 4)), w = tile_column * POOL_W + i / (CHUNK / 4) % COLUMNS, c = i % (CHUNK / 4) * 4;
            const float4 four = h < H && w < W ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + c0 + c]) : make_float4(0, 0, 0, 0);
            *reinterpret_cast<float4*>(&tile[i / (CHUNK / 4) * PITCH + c]) = four;
        }
        """;

    private const string StageSingle = """
        for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
        {
            const int h = tile_row * POOL_H + i / (COLUMNS * CHUNK), w = tile_column * POOL_W + i / CHUNK % COLUMNS, c = i % CHUNK;
            tile[i / CHUNK * PITCH + c] = h < H && w < W ? x[(((size_t)n * H + h) * W + w) * C + c0 + c] : 0.0f;
        }
        """;

    private const string Select = """
        // of equals the first stays
        __device__ __forceinline__ void keep_largest(float4& best, uchar4& at, const float4& x, u8 place)
        {
            if (x.x > best.x) { best.x = x.x; at.x = place; }
            if (x.y > best.y) { best.y = x.y; at.y = place; }
            if (x.z > best.z) { best.z = x.z; at.z = place; }
            if (x.w > best.w) { best.w = x.w; at.w = place; }
        }
        """;

    /// <summary>Emits the helpers that must stand before the kernel.</summary>
    public static void EmitHelpers(CudaWriter writer, ConvForwardGroup group)
    {
        if (group.Geometry.Pooled) writer.Helper("keep_largest", Select);
    }

    private static void EmitWhole(CudaWriter writer, ConvGeometry g, ConvTile tile, string stage, string weights, string kept)
    {
        ConvMainloop.Emit(writer, g, tile, stage, weights);
        if (!g.Pooled)
        {
            writer.Code.Line($$"""

                // epilogue{{kept}}
                #pragma unroll
                for (int i = 0; i < WINDOWS; ++i)
                {
                    float4 best = acc[i][0];
                """);
            return;
        }

        writer.Code.Line($$"""

            // epilogue: pool, bias, relu, store{{kept}}
            #pragma unroll
            for (int i = 0; i < WINDOWS; ++i)
            {
                float4 best = acc[i][0];
                uchar4 at = make_uchar4(0, 0, 0, 0);
                #pragma unroll
                for (int j = 1; j < POSITIONS; ++j) keep_largest(best, at, acc[i][j], j);
            """);
    }

    private static void EmitPieces(CudaWriter writer, ConvGeometry g, ConvTile tile, string stage, string weights, string kept)
    {
        writer.Code.Line("float4 largest[WINDOWS];");
        writer.Code.Line("uchar4 places[WINDOWS];");
        writer.Code.Line("#pragma unroll 1");
        using (writer.Code.Block("for (int piece = 0; piece < POOL_H * POOL_W / POSITIONS; ++piece)"))
        {
            writer.Code.Line("const int piece_row = piece * PIECE_W / POOL_W, piece_column = piece * PIECE_W % POOL_W;");
            ConvMainloop.Emit(writer, g, tile, stage, weights);
            writer.Code.Line("""
                #pragma unroll
                for (int i = 0; i < WINDOWS; ++i)
                    #pragma unroll
                    for (int j = 0; j < POSITIONS; ++j)
                    {
                        if (piece == 0 && j == 0) { largest[i] = acc[i][0]; places[i] = make_uchar4(0, 0, 0, 0); }
                        else keep_largest(largest[i], places[i], acc[i][j], piece * POSITIONS + j);
                    }
                """);
        }

        writer.Code.Line($$"""

            // epilogue: bias, relu, store{{kept}}
            #pragma unroll
            for (int i = 0; i < WINDOWS; ++i)
            {
                float4 best = largest[i];
                const uchar4 at = places[i];
            """);
    }

    /// <summary>The rest of the loop over windows that the caller opened.</summary>
    private static void EmitStore(CudaWriter writer, ConvForwardGroup group, bool keeps)
    {
        var code = writer.Code;
        string result = DropoutText.Of(group.Drop, "best", "n", "(p * OUT_W + q) * K + k");
        if (group.Bias is not null) code.Line("    const float4 b = *reinterpret_cast<const float4*>(&bias[k]);\n    best.x += b.x; best.y += b.y; best.z += b.z; best.w += b.w;");
        if (group.Relu) code.Line("    best.x = relu(best.x); best.y = relu(best.y); best.z = relu(best.z); best.w = relu(best.w);");
        code.Line($$"""
                const int p = tile_row + row, q = tile_column + column + i;
                if (p < OUT_H && q < OUT_W)
                {
                    const size_t to = (((size_t)n * OUT_H + p) * OUT_W + q) * K + k;
                    {{(keeps ? $"const float4 result = {result};\n        {TileMoments.Keep("i", null)}\n        live[i] = true;\n        " : "")}}*reinterpret_cast<float4*>(&y[to]) = {{(keeps ? "result" : result)}};{{(group.Geometry.Pooled ? "\n        if (arg) *reinterpret_cast<uchar4*>(&arg[to]) = at;" : "")}}
                }
            }
            """);
    }
}
