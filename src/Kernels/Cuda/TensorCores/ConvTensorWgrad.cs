using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Filter and bias gradients of a convolution on tensor cores, summed over a slice of the images into a partial; what <see cref="ConvWgrad"/> is on fused multiply-adds.</summary>
/// <remarks>
/// For each tap a product of the gradient map, [K, places], with the input under that tap, [places, C]: the reduction runs over places. Under pooling the map is
/// unpooled as it is staged, zeros included: three of four products are with zero, and still the tensor cores are ahead. TF32, whole or split, at BF16, too, as in a dense layer's; at F16, whose devices
/// may have no TF32, transposed matrix loads turn what is staged, channels side by side, into words of two places.
/// </remarks>
public static class ConvTensorWgrad
{
    public static CudaGrid Grid(ConvBackwardGroup group, ConvTensorWgradTile tile, int slices) => new(0, tile.Units(group.Geometry), 1, slices);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, ConvTensorWgradTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        if (tile.Pack == 1)
        {
            operands.EmitMultiplySamples(writer);
        }
        else
        {
            operands.EmitMultiply(writer);
            operands.Gradients.EmitHelpers(writer);
            Operands.EmitTransposed(writer);
        }

        var kernel = new CudaKernel(name, tile.Threads, 2, tile.SharedBytes(g));
        string[] parameters = [
            "const float* __restrict__ x, const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [],
            "float* __restrict__ partials", .. group.Bias is null ? [] : new[] { "float* __restrict__ bias_partials" }, "int batch"];
        const string warpsTap = "tap = unit / (K / OUTPUTS * (C / INPUTS)) * TAPS + thread / 32", underWords = "const u32* under_tap = input + (tap / S * COLUMNS + tap % S) * PITCH + group;";
        const string underHalves = "const u32 under_tap = shared_address(input + (min(tap, R * S - 1) / S * COLUMNS + min(tap, R * S - 1) % S) * PITCH + lane / 16 * 4);";
        string underTap = tile.Pack == 2 ? underHalves : underWords;

        // Parts of factors, and halves that are made, take the registers that addresses would stay in.
        bool isOpaque = operands.Products.IsSplit || tile.Pack == 2;
        using (writer.Kernel(kernel, Comment(layer, group, tile, operands), parameters))
        {
            if (group.Scale != 1) writer.Code.Line(DropoutText.Scale(group.Scale));
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int OUTPUTS = {{tile.Outputs}}, INPUTS = {{tile.Inputs}}, TAPS = {{tile.Taps}}, UNITS = {{tile.Units(g)}}, THREADS = {{tile.Threads}}, ROW_TILES = OUTPUTS / 16, COLUMN_TILES = INPUTS / 8;
                constexpr int BAND_H = {{tile.Rows}}, BAND_W = {{tile.Columns}}, MAP_W = BAND_W * POOL_W, PLACES = BAND_H * POOL_H * MAP_W, STEPS = {{(tile.Pack == 1 ? "(PLACES + 7) / 8" : "(PLACES + 15) / 16")}};
                constexpr int ROWS = {{ConvText.StagedRows(g, "BAND_H * POOL_H")}}, COLUMNS = {{ConvText.StagedColumns(g, "BAND_W * POOL_W")}}, PITCH = {{(tile.Pack == 1 ? "INPUTS + 8, DZ_PITCH = OUTPUTS + 8" : "INPUTS / 2 + 4, DZ_PITCH = OUTPUTS / 2 + 4")}}, FLOATS = R * S * C * K;
                __shared__ __align__(16) u32 shared[{{tile.SharedBytes(g) / 4}}];
                u32* input = shared;                                        // [ROWS][COLUMNS][PITCH], INPUTS channels of it
                u32* dz = shared + ROWS * COLUMNS * PITCH;                  // [{{tile.Step}} * STEPS][DZ_PITCH], OUTPUTS channels of it
                const int thread = threadIdx.x, lane = thread % 32, group = lane / 4, unit = blockIdx.x % UNITS, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS;
                const int k0 = unit % (K / OUTPUTS) * OUTPUTS, c0 = unit / (K / OUTPUTS) % (C / INPUTS) * INPUTS, {{warpsTap}};
                {{(isOpaque ? "" : underTap)}}

                float dw[ROW_TILES][COLUMN_TILES][4] = {};
                {{(group.Bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);\n")}}for (int i = thread; i < ({{tile.Step}} * STEPS - PLACES) * DZ_PITCH; i += THREADS) dz[PLACES * DZ_PITCH + i] = 0;
                """);
            bool banded = tile.Rows < g.OutRows || tile.Columns < g.OutColumns;
            using (writer.Code.Block("for (int n = slice; n < batch; n += slices)"))
            {
                if (tile.Rows < g.OutRows) writer.Code.Line("for (int band_row = 0; band_row < OUT_H; band_row += BAND_H)");
                if (tile.Columns < g.OutColumns) writer.Code.Line("for (int band_column = 0; band_column < OUT_W; band_column += BAND_W)");
                using (banded ? writer.Code.Block("") : null)
                {
                    if (isOpaque) writer.Code.Line($"{StepText.OpaqueThread}\nconst int lane = thread % 32, {(tile.Pack == 1 ? "group = lane / 4, " : "")}{warpsTap};\n{underTap}");
                    if (tile.Rows == g.OutRows) writer.Code.Line("constexpr int band_row = 0;");
                    if (tile.Columns == g.OutColumns) writer.Code.Line("constexpr int band_column = 0;");
                    EmitStages(writer, group, tile, operands.Gradients);
                    if (tile.Pack == 2) EmitHalfProduct(writer, g);
                    else EmitProduct(writer, g, tile, operands.Products);
                }
            }

            EmitEpilogue(writer, group, tile, operands.Gradients);
        }

        return kernel;
    }

    private static void EmitStages(CudaWriter writer, ConvBackwardGroup group, ConvTensorWgradTile tile, GradientFactors factors)
    {
        ConvGeometry g = group.Geometry;
        string row = $"band_row * POOL_H{ConvText.Down(g)}", column = $"band_column * POOL_W{ConvText.Across(g)}", top = ConvText.Top(g), left = ConvText.Left(g);
        string mask = group.Relu ? $$"""

                    const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                    {{DropoutText.Masked("gradient", group.Scale)}}
            """ : "";
        bool halves = tile.Pack == 2;
        string at = $"dz[{(g.Pooled ? "((row * POOL_H + place / POOL_W) * MAP_W + column * POOL_W + place % POOL_W)" : "(row * MAP_W + column)")} * DZ_PITCH + {(halves ? "k / 2" : "k")}]";
        string staged = !halves
            ? "const uint4 rounded = make_uint4(sample_operand(gradient.x), sample_operand(gradient.y), sample_operand(gradient.z), sample_operand(gradient.w));\n    " + (g.Pooled ? $$"""
            #pragma unroll
                for (int place = 0; place < POOL_H * POOL_W; ++place)
                    *reinterpret_cast<uint4*>(&{{at}}) =
                        make_uint4(winner.x == place ? rounded.x : 0, winner.y == place ? rounded.y : 0, winner.z == place ? rounded.z : 0, winner.w == place ? rounded.w : 0);
            """ : $"*reinterpret_cast<uint4*>(&{at}) = rounded;")
            : g.Pooled ? $$"""
            {{factors.Prepare("gradient", "    ")}}#pragma unroll
                for (int place = 0; place < POOL_H * POOL_W; ++place) {{factors.StoreUnpooled("&" + at, "gradient")}}
            """ : $"{factors.Store}(&{at}, gradient);";
        writer.Code.Line($$"""
            #pragma unroll 4
            for (int i = thread; i < ROWS * COLUMNS * (INPUTS / 4); i += THREADS)
            {
                const int h = {{row}} + i / (COLUMNS * (INPUTS / 4)){{top}}, w = {{column}} + i / (INPUTS / 4) % COLUMNS{{left}}, c = i % (INPUTS / 4) * 4;
                const float4 four = {{ConvText.Inside(g)}} ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + c0 + c]) : make_float4(0, 0, 0, 0);
                {{(halves ? "store_operands(&input[i / (INPUTS / 4) * PITCH + c / 2], four);" : "*reinterpret_cast<uint4*>(&input[i / (INPUTS / 4) * PITCH + c]) = make_uint4(sample_operand(four.x), sample_operand(four.y), sample_operand(four.z), sample_operand(four.w));")}}
            }
            #pragma unroll 2
            for (int i = thread; i < BAND_H * BAND_W * (OUTPUTS / 4); i += THREADS)
            {
                const int k = i % (OUTPUTS / 4) * 4, row = i / (OUTPUTS / 4) / BAND_W, column = i / (OUTPUTS / 4) % BAND_W;
                float4 gradient = make_float4(0, 0, 0, 0);{{(g.Pooled ? "\n    uchar4 winner = make_uchar4(0, 0, 0, 0);" : "")}}
                if (band_row + row < OUT_H && band_column + column < OUT_W)
                {
                    const size_t at = (((size_t)n * OUT_H + band_row + row) * OUT_W + band_column + column) * K + k0 + k;
                    gradient = *reinterpret_cast<const float4*>(&dy[at]);{{mask}}{{(g.Pooled ? "\n        winner = *reinterpret_cast<const uchar4*>(&arg[at]);" : "")}}
                }
                {{(group.Bias is null ? "" : "db.x += gradient.x; db.y += gradient.y; db.z += gradient.z; db.w += gradient.w;\n    ")}}{{staged}}
            }
            __syncthreads();

            """);
    }

    private static void EmitProduct(CudaWriter writer, ConvGeometry g, ConvTensorWgradTile tile, Products products) => writer.Code.Line($$"""
        #pragma unroll {{(products.IsSplit ? 1 : 2)}}
        for (int step = 0; step < STEPS; ++step)
        {
            // of places lane % 4 and the fourth behind it; what stands behind the last place has a gradient of zero
            u32 a[ROW_TILES]{{products.Parts}}[4], b[2]{{products.Parts}}[COLUMN_TILES];
            #pragma unroll
            for (int half = 0; half < 2; ++half)
            {
                const int place = step * 8 + half * 4 + lane % 4, seen = min(place, PLACES - 1);
                const u32* from = under_tap + (seen / MAP_W{{ConvText.Down(g)}} * COLUMNS + seen % MAP_W{{ConvText.Across(g)}}) * PITCH;
                const u32* gradient = dz + place * DZ_PITCH + group;
                #pragma unroll
                for (int i = 0; i < ROW_TILES; ++i)
                {
                    {{products.Whole("a[i]")}}[2 * half] = gradient[i * 16];
                    {{products.Whole("a[i]")}}[2 * half + 1] = gradient[i * 16 + 8];
                }
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j) {{products.Whole("b[half]")}}[j] = {{((g.R * g.S) % tile.Taps == 0 ? "from[j * 8]" : "tap < R * S ? from[j * 8] : 0")}};
            }
        {{SampleProducts(products)}}
        }
        __syncthreads();                // the stage is free again
        """);

    /// <summary>The product of words that are two places: what transposed loads make of 16 of them.</summary>
    private static void EmitHalfProduct(CudaWriter writer, ConvGeometry g) => writer.Code.Line($$"""
        #pragma unroll 2
        for (int step = 0; step < STEPS; ++step)
        {
            // the place of the gradient, and that of the input, that this lane names; what stands behind the last place has a gradient of zero
            const int place = step * 16 + lane / 16 * 8 + lane % 8, seen = min(step * 16 + lane % 16, PLACES - 1);
            const u32 gradient = shared_address(dz + place * DZ_PITCH + lane / 8 % 2 * 4), under = under_tap + (seen / MAP_W{{ConvText.Down(g)}} * COLUMNS + seen % MAP_W{{ConvText.Across(g)}}) * (PITCH * 4);
            u32 a[ROW_TILES][4];
            #pragma unroll
            for (int i = 0; i < ROW_TILES; ++i) load_transposed(a[i], gradient + i * 32);
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES / 2; ++j)
            {
                u32 b[4];
                load_transposed(b, under + j * 32);
                #pragma unroll
                for (int i = 0; i < ROW_TILES; ++i)
                {
                    mma(dw[i][2 * j], a[i][0], a[i][1], a[i][2], a[i][3], b[0], b[1]);
                    mma(dw[i][2 * j + 1], a[i][0], a[i][1], a[i][2], a[i][3], b[2], b[3]);
                }
            }
        }
        __syncthreads();                // the stage is free again
        """);

    /// <summary>Text, one level deep, that adds the products of a[ROW_TILES][4] and b[2][COLUMN_TILES], a step of places, to dw[ROW_TILES][COLUMN_TILES][4].</summary>
    public static string SampleProducts(Products products)
    {
        static string Term(string sums, string left, string right) => $$"""
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) sample_mma({{sums}}[j], a[i]{{left}}[0], a[i]{{left}}[1], a[i]{{left}}[2], a[i]{{left}}[3], b[0]{{right}}[j], b[1]{{right}}[j]);
            """;
        string text = "#pragma unroll\nfor (int i = 0; i < ROW_TILES; ++i)\n" + (products.IsSplit
            ? $"{{{products.Split("    ", "a[i]")}\n    {products.Add("    ", "dw[i]", "COLUMN_TILES", Term)}\n}}"
            : "    " + products.Add("    ", "dw[i]", "COLUMN_TILES", Term));
        return "    " + (products.Split("", "b[0]", "b[1]") + "\n" + text).TrimStart('\n').Replace("\n", "\n    ");
    }

    private static void EmitEpilogue(CudaWriter writer, ConvBackwardGroup group, ConvTensorWgradTile tile, GradientFactors factors)
    {
        ConvGeometry g = group.Geometry;
        writer.Code.Line($$"""

            // epilogue: one partial a slice
            {{((g.R * g.S) % tile.Taps == 0 ? "" : "if (tap < R * S)\n")}}#pragma unroll
            for (int i = 0; i < ROW_TILES; ++i)
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                    #pragma unroll
                    for (int e = 0; e < 4; ++e)
                    {
                        const int k = k0 + i * 16 + e / 2 * 8 + group, c = c0 + j * 8 + lane % 4 * 2 + e % 2;
                        partials[(size_t)slice * FLOATS + k / PANEL * (PANEL * R * S * C) + (tap * C + c) * PANEL + k % PANEL] = {{factors.Sum("dw[i][j][e]")}};
                    }
            """);
        if (group.Bias is null) return;
        // A thread staged gradients of the same four channels all along, as the threads are a multiple of the quads.
        writer.Code.Line("""

            if (unit >= K / OUTPUTS) return;
            float4* sums = reinterpret_cast<float4*>(shared);
            sums[thread] = db;
            __syncthreads();
            if (thread >= OUTPUTS / 4) return;
            for (int other = thread + OUTPUTS / 4; other < THREADS; other += OUTPUTS / 4)
            {
                db.x += sums[other].x; db.y += sums[other].y; db.z += sums[other].z; db.w += sums[other].w;
            }
            *reinterpret_cast<float4*>(&bias_partials[slice * K + k0 + 4 * thread]) = db;
            """);
    }

    private static string Comment(string layer, ConvBackwardGroup group, ConvTensorWgradTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        return $"""
            // {group.Name} wgrad  <- {layer}
            //   dw[r,s,c,k] = sum(n,p,q) dz[n,p,q,k] x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] over a slice of the images{(group.Bias is null ? "" : ";  db[k] = sum(n,p,q) dz[n,p,q,k]")};  dz = {dz}
            //   x {CudaWriter.MapText(g, output: false)} NHWC  dy {CudaWriter.MapText(g, output: true)}, both {operands.SamplesStaged}{(operands.IsHalf ? ", dy" + operands.Gradients.Comment : "")}  partials f32[slices][{g.KStored / g.Panel}][{g.R}][{g.S}][{g.CStored}][{g.Panel}], sums f32
            //   GEMM {g.K} x {g.R * g.S * g.C} x N*{g.P * g.Q} on tensor cores; block {tile.Threads} = {tile.Outputs} output channels x {tile.Inputs} input channels x {tile.Taps} taps, a warp each; grid {tile.Units(g)} x min(N, {tile.Slices}) slices, image n goes to slice n % slices
            """;
    }
}
