using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>All gradients of a convolution in one kernel, an image at a time: dgrad, wgrad and bias, and, where the layer below is the model's first, that one's filter gradient too.</summary>
/// <remarks>
/// The gradient map is unpooled once, as 16-bit values in shared memory, for both products. Its border of zeros makes dgrad a convolution without guards; transposed matrix loads turn it, and
/// the input, into the operands of wgrad. The input's gradient takes the map's place, and where only the layer below wants it, it never leaves the multiprocessor.
/// </remarks>
public static class ConvTensorBackward
{
    public static CudaGrid Grid => CudaGrid.PerSample(1) with { MaxUnits = ConvTensorBackwardTile.Slices };

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The user's member.</param>
    /// <param name="group">The convolution.</param>
    /// <param name="tile">The cut.</param>
    /// <param name="operands">BF16, or F16.</param>
    /// <param name="first">The layer below, where that is the model's first and nobody else wants dx.</param>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, ConvTensorBackwardTile tile, Operands operands, ConvFirstWgrad? first)
    {
        ConvGeometry g = group.Geometry;
        bool tiled = first is not null || tile.Shares > 1;
        operands.EmitMultiply(writer);
        operands.Gradients.EmitHelpers(writer);
        Operands.EmitTransposed(writer);
        if (first is not null) ConvFirstWgrad.EmitHelpers(writer);
        var kernel = new CudaKernel(name, tile.Threads, 1, 0) { DynamicBytes = SharedBytes(group, tile, first) };
        string[] parameters = [
            .. first is null ? [] : new[] { "const Step* __restrict__ step" }, "const float* __restrict__ x, const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [],
            "const uint4* __restrict__ operands", "float* __restrict__ partials", .. group.Bias is null ? [] : new[] { "float* __restrict__ bias_partials" }, .. first is null ? new[] { "float* __restrict__ dx" } : first.Parameters, "int batch"];
        using (writer.Kernel(kernel, Comment(layer, group, tile, operands, first), parameters))
        {
            writer.Code.Line(Constants(group, tile, tiled));
            first?.EmitConstants(writer);
            writer.Code.Line($$"""
                extern __shared__ __align__(16) u32 dynamic_shared[];
                u32* dz = dynamic_shared;                                           // {{operands.Name}}[PIXELS + 1][2 * DZ_PITCH], the last pixel zero
                {{(tiled ? "float* dx_tile = reinterpret_cast<float*>(dz);                      // f32[H * W][DX_PITCH], when dz is no longer needed\n" : "")}}u32* input = dz + {{ConvTensorBackwardTile.GradientWords(g)}};                                              // {{operands.Name}}[ROWS][COLUMNS][2 * PITCH]
                uint4* filter = reinterpret_cast<uint4*>(input + ROWS * COLUMNS * PITCH);       // [C / 16][R * S][K / 16][lane]
                const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, slice = blockIdx.x, slices = gridDim.x;
                """);
            first?.EmitDeclarations(writer);
            writer.Code.Line($$"""

                for (int i = thread; i < C / 16 * R * S * (K / 16) * 32; i += THREADS) copy_async(&filter[i], &operands[i]);
                float dw[ROW_TILES][2 * PAIRS][4] = {};
                {{(group.Bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);")}}

                """);
            if (group.Bias is null) writer.Code.Line();
            using (writer.Code.Block("for (int n = slice; n < batch; n += slices)"))
            {
                writer.Code.Line($"""
                    {StepText.OpaqueThread}
                    const int lane = thread % 32, warp = thread / 32;
                    """);
                var stages = new ConvBackwardStages(group, tile, operands.Gradients);
                first?.EmitSample(writer);
                stages.EmitLoads(writer);
                first?.EmitLoads(writer);
                stages.EmitStores(writer);
                first?.EmitStore(writer);
                writer.Code.Line("wait_copies();\n__syncthreads();\n");
                EmitFilterProduct(writer, g, tile);
                EmitInputProduct(writer, g, tile, operands.Gradients, tiled, kept: first is not null);
                first?.EmitProduct(writer);
                writer.Code.Line("__syncthreads();                // what is staged is free again");
            }

            EmitEpilogue(writer, group, tile, operands.Gradients);
            first?.EmitEpilogue(writer);
        }

        return kernel;
    }

    /// <summary>Shared memory of a block: what is staged, in whose place the sums stand at the end.</summary>
    public static int SharedBytes(ConvBackwardGroup group, ConvTensorBackwardTile tile, ConvFirstWgrad? first) =>
        Math.Max(ConvTensorBackwardTile.SharedBytes(group.Geometry) + (first?.SharedBytes ?? 0), Math.Max(SumBytes(group.Geometry), group.Bias is null ? 0 : 16 * tile.Threads));

    /// <summary>Shared memory of a filter's gradient, which takes the place of everything else at the end.</summary>
    private static int SumBytes(ConvGeometry g) => 4 * g.R * g.S * g.CStored * (g.KStored / g.Panel) * (g.Panel + 4);

    private static string Constants(ConvBackwardGroup group, ConvTensorBackwardTile tile, bool tiled)
    {
        ConvGeometry g = group.Geometry;
        return $$"""
            constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, P = OUT_H * POOL_H, Q = OUT_W * POOL_W{{ConvText.Constants(g)}};
            constexpr int ABOVE = {{ConvTensorBackwardTile.Above(g)}}, BEFORE = {{ConvTensorBackwardTile.Before(g)}}, DZ_COLUMNS = {{ConvTensorBackwardTile.Columns(g)}}, PIXELS = {{ConvTensorBackwardTile.Pixels(g)}}, DZ_PITCH = K / 2 + 4;         // zeros around dz; those behind a row are those before the next
            constexpr int ROWS = P + R - 1, COLUMNS = Q + S - 1, PITCH = C / 2 + 4{{(tiled ? ", DX_PITCH = C + 8" : "")}}, FLOATS = R * S * C * K, THREADS = {{tile.Threads}};
            constexpr int ROW_TILES = {{tile.RowTiles}}, PAIRS = {{tile.Pairs}}, ROW_GROUPS = K / 16 / ROW_TILES, STEPS = {{ConvTensorBackwardTile.Steps(g)}};
            constexpr int DOWN = {{tile.Down}}, ACROSS = {{tile.Across}}, DOWN_GROUPS = {{tile.DownGroups(g)}}, SHARES = {{tile.Shares}}, CHANNEL_STEPS = K / 16;
            """ + (group.Scale != 1 ? "\n" + DropoutText.Scale(group.Scale) : "");
    }

    private static void EmitFilterProduct(CudaWriter writer, ConvGeometry g, ConvTensorBackwardTile tile)
    {
        bool ragged = ConvTensorBackwardTile.P(g) * ConvTensorBackwardTile.Q(g) % 16 != 0;
        string guard = tile.FilterUnits(g) < tile.Warps ? $"if (warp < {tile.FilterUnits(g)})\n" : "";
        writer.Code.Line($$"""
            // wgrad: dw[k, tap, c] += sum over places of dz[place, k] * x[place + tap, c]; a warp has 16 * ROW_TILES output channels, and PAIRS times 16 input channels under a tap
            {{guard}}#pragma unroll 2
            for (int step = 0; step < STEPS; ++step)
            {
                // the place of the gradient, and that of the input, that this lane names{{(ragged ? "; what stands behind the last place has a gradient of zero" : "")}}
                const int place = step * 16 + lane / 16 * 8 + lane % 8, seen = {{(ragged ? "min(step * 16 + lane % 16, P * Q - 1)" : "step * 16 + lane % 16")}};
                const int pixel = {{(ragged ? "place < P * Q ? (place / Q + ABOVE) * DZ_COLUMNS + place % Q + BEFORE : PIXELS" : "(place / Q + ABOVE) * DZ_COLUMNS + place % Q + BEFORE")}};
                const u32 gradient = shared_address(dz + pixel * DZ_PITCH + warp % ROW_GROUPS * (ROW_TILES * 8) + lane / 8 % 2 * 4), under = shared_address(input + (seen / Q * COLUMNS + seen % Q) * PITCH + lane / 16 * 4);
                u32 a[ROW_TILES][4];
                #pragma unroll
                for (int i = 0; i < ROW_TILES; ++i) load_transposed(a[i], gradient + i * 32);
                #pragma unroll
                for (int j = 0; j < PAIRS; ++j)
                {
                    const int pair = warp / ROW_GROUPS * PAIRS + j, tap = pair / (C / 16);
                    u32 b[4];
                    load_transposed(b, under + ((tap / S * COLUMNS + tap % S) * PITCH + pair % (C / 16) * 8) * 4);
                    #pragma unroll
                    for (int i = 0; i < ROW_TILES; ++i)
                    {
                        mma(dw[i][2 * j], a[i][0], a[i][1], a[i][2], a[i][3], b[0], b[1]);
                        mma(dw[i][2 * j + 1], a[i][0], a[i][1], a[i][2], a[i][3], b[2], b[3]);
                    }
                }
            }

            """);
    }

    private static void EmitInputProduct(CudaWriter writer, ConvGeometry g, ConvTensorBackwardTile tile, GradientFactors factors, bool tiled, bool kept)
    {
        string two = $"make_float2({factors.Sum("acc[i / 2][j][i % 2 * 2]")}, {factors.Sum("acc[i / 2][j][i % 2 * 2 + 1]")})";
        bool large = g.R * g.S * (g.KStored / 16) / tile.Shares > 36, idle = tile.InputUnits(g) < tile.Warps;
        string share = tile.Shares > 1 ? "const int share = warp % SHARES, down = warp / SHARES % DOWN_GROUPS, across = warp / (SHARES * DOWN_GROUPS);" : "const int down = warp % DOWN_GROUPS, across = warp / DOWN_GROUPS;";
        string ofShare = tile.Shares > 1 ? " + share * (CHANNEL_STEPS / SHARES * 8)" : "", filterShare = tile.Shares > 1 ? "share * (CHANNEL_STEPS / SHARES) + step" : "step";
        writer.Code.Line($$"""
            // dgrad: dx[h, w, c] = sum(r, s, k) of dz under the flipped filter; a warp has 16 * DOWN pixels and 8 * ACROSS input channels{{(tile.Shares > 1 ? ", and a share of the reduction" : "")}}
            {{share}}
            float acc[DOWN][ACROSS][4] = {};
            {{(idle ? $"if (warp < {tile.InputUnits(g)})\n" : "")}}{
                u32 rows[DOWN];
                #pragma unroll
                for (int i = 0; i < DOWN; ++i)
                {
                    const int pixel = min((down * DOWN + i) * 16 + lane % 16, H * W - 1);
                    rows[i] = shared_address(dz + (pixel / W * DZ_COLUMNS + pixel % W) * DZ_PITCH + lane / 16 * 4{{ofShare}});
                }
                #pragma unroll{{(large ? " 1" : "")}}
                for (int r = 0; r < R; ++r)
                    #pragma unroll
                    for (int s = 0; s < S; ++s)
                        #pragma unroll
                        for (int step = 0; step < CHANNEL_STEPS / SHARES; ++step)
                        {
                            uint4 b[ACROSS / 2];
                            #pragma unroll
                            for (int j = 0; j < ACROSS / 2; ++j) b[j] = filter[(((across * (ACROSS / 2) + j) * R + r) * S + s) * (CHANNEL_STEPS * 32) + ({{filterShare}}) * 32 + lane];
                            #pragma unroll
                            for (int i = 0; i < DOWN; ++i)
                            {
                                u32 a[4];
                                load_matrix(a, rows[i] + ((r * DZ_COLUMNS + s) * DZ_PITCH + step * 8) * 4);
                                #pragma unroll
                                for (int j = 0; j < ACROSS / 2; ++j)
                                {
                                    mma(acc[i][2 * j], a[0], a[1], a[2], a[3], b[j].x, b[j].y);
                                    mma(acc[i][2 * j + 1], a[0], a[1], a[2], a[3], b[j].z, b[j].w);
                                }
                            }
                        }
            }
            """);
        string active = idle ? $"warp < {tile.InputUnits(g)} && " : "", place = "const int pixel = (down * DOWN + i / 2) * 16 + i % 2 * 8 + lane / 4;";
        if (!tiled)
        {
            writer.Code.Line($$"""
                #pragma unroll
                for (int i = 0; i < 2 * DOWN; ++i)
                {
                    {{place}}
                    if ({{active}}pixel < H * W)
                        #pragma unroll
                        for (int j = 0; j < ACROSS; ++j)
                            *reinterpret_cast<float2*>(&dx[((size_t)n * (H * W) + pixel) * C + (across * ACROSS + j) * 8 + lane % 4 * 2]) = {{two}};
                }
                """);
            return;
        }

        bool shared = tile.Shares > 1;
        if (shared) writer.Code.Line("#pragma unroll 1");
        using (writer.Code.Block(shared ? "for (int turn = 0; turn < SHARES; ++turn)         // the shares in order" : ""))
        {
            writer.Code.Line($$"""
                __syncthreads();                {{(shared ? "" : "// dx takes the place of dz")}}
                {{(shared ? "if (share == turn)\n" : "")}}#pragma unroll
                for (int i = 0; i < 2 * DOWN; ++i)
                {
                    {{place}}
                    if ({{active}}pixel < H * W)
                        #pragma unroll
                        for (int j = 0; j < ACROSS; ++j)
                        {
                            float2* to = reinterpret_cast<float2*>(&dx_tile[pixel * DX_PITCH + (across * ACROSS + j) * 8 + lane % 4 * 2]);
                            {{(shared ? "float2" : "const float2")}} two = {{two}};
                            {{(shared ? "if (turn > 0) two = make_float2(to->x + two.x, to->y + two.y);\n            " : "")}}*to = two;
                        }
                }
                """);
        }

        writer.Code.Line("__syncthreads();\n");
        if (!kept) writer.Code.Line("for (int i = thread; i < H * W * (C / 4); i += THREADS) reinterpret_cast<float4*>(dx)[(size_t)n * (H * W * C / 4) + i] = *reinterpret_cast<const float4*>(&dx_tile[i / (C / 4) * DX_PITCH + i % (C / 4) * 4]);");
    }

    private static void EmitEpilogue(CudaWriter writer, ConvBackwardGroup group, ConvTensorBackwardTile tile, GradientFactors factors)
    {
        ConvGeometry g = group.Geometry;
        writer.Code.Line($$"""

            // epilogue: one partial a slice; through shared memory, so that a warp stores whole lines
            constexpr int SUM_PITCH = PANEL + 4;
            float* sums = reinterpret_cast<float*>(dynamic_shared);            // [K / PANEL][R * S * C][SUM_PITCH]
            {{(tile.FilterUnits(g) < tile.Warps ? $"if (warp < {tile.FilterUnits(g)})\n" : "")}}#pragma unroll
            for (int i = 0; i < ROW_TILES; ++i)
                #pragma unroll
                for (int j = 0; j < 2 * PAIRS; ++j)
                    #pragma unroll
                    for (int e = 0; e < 4; ++e)
                    {
                        const int pair = warp / ROW_GROUPS * PAIRS + j / 2, c = pair % (C / 16) * 16 + j % 2 * 8 + lane % 4 * 2 + e % 2, k = (warp % ROW_GROUPS * ROW_TILES + i) * 16 + e / 2 * 8 + lane / 4;
                        sums[(k / PANEL * (R * S * C) + pair / (C / 16) * C + c) * SUM_PITCH + k % PANEL] = {{factors.Sum("dw[i][j][e]")}};
                    }
            __syncthreads();
            for (int i = thread; i < FLOATS / 4; i += THREADS)
                reinterpret_cast<float4*>(partials)[(size_t)slice * (FLOATS / 4) + i] = *reinterpret_cast<const float4*>(&sums[i / (PANEL / 4) * SUM_PITCH + i % (PANEL / 4) * 4]);
            """);
        if (group.Bias is null) return;
        // A thread staged gradients of the same four channels all along, as the threads are a multiple of the quads.
        writer.Code.Line("""
            __syncthreads();
            float4* bias_sums = reinterpret_cast<float4*>(dynamic_shared);
            bias_sums[thread] = db;
            __syncthreads();
            if (thread < K / 4)
            {
                for (int other = thread + K / 4; other < THREADS; other += K / 4)
                {
                    db.x += bias_sums[other].x; db.y += bias_sums[other].y; db.z += bias_sums[other].z; db.w += bias_sums[other].w;
                }
                *reinterpret_cast<float4*>(&bias_partials[slice * K + 4 * thread]) = db;
            }
            """);
    }

    private static string Comment(string layer, ConvBackwardGroup group, ConvTensorBackwardTile tile, Operands operands, ConvFirstWgrad? first)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        return $"""
            // {group.Name} backward  <- {layer}: dgrad and wgrad{(first is null ? "" : $"; {first.Comment}")}
            //   dx[n,h,w,c] = sum(r,s,k) dz[n,h{(g.Top > 0 ? $"+{g.Top}" : "")}-r,w{(g.Left > 0 ? $"+{g.Left}" : "")}-s,k] w[r,s,c,k];  dw[r,s,c,k] = sum(n,p,q) dz[n,p,q,k] x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c]{(group.Bias is null ? "" : ";  db[k] = sum(n,p,q) dz[n,p,q,k]")}
            //   dz[N,{g.P},{g.Q},{g.KStored}] = {dz}; it exists in shared memory only, as {operands.Name}{operands.Gradients.Comment}{(first is null ? "" : ", and so does dx, as f32")}
            //   x {CudaWriter.MapText(g, output: false)} NHWC, rounded to {operands.Name} where it is staged  dy {CudaWriter.MapText(g, output: true)}  operands {operands.Name}[{g.CStored / 16}][{g.R * g.S}][{g.KStored / 16}][lane][8] w, turned by half a circle  partials f32[slices][{g.KStored / g.Panel}][{g.R}][{g.S}][{g.CStored}][{g.Panel}], sums f32
            //   GEMM {g.H * g.W} x {g.C} x {g.R * g.S * g.K} and {g.K} x {g.R * g.S * g.C} x {ConvTensorBackwardTile.P(g) * ConvTensorBackwardTile.Q(g)} an image, on tensor cores; grid min(N, {ConvTensorBackwardTile.Slices}) slices, image n goes to slice n % slices
            //   a warp of {tile.Warps}: {16 * tile.RowTiles} output channels x {tile.Pairs} times 16 input channels under a tap, whose sums stay in registers over all images; {16 * tile.Down} pixels x {8 * tile.Across} channels of dx{(tile.Shares > 1 ? $" x {tile.Shares} shares of the reduction" : "")}
            """;
    }
}
