using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Filter and bias gradients of a first convolution on tensor cores, summed over a slice of the images into a partial; what <see cref="ConvTensorWgrad"/> is for the others.</summary>
/// <remarks>
/// One product of the gradient map, [K, places], with the samples under all taps, [places, taps x channels]; warps share the places. Under pooling nothing is unpooled: a step of
/// the reduction is two windows, each lane has one of their four places, and a gradient carries its winner in the bits that TF32 does not have; where it is split, in its last two,
/// which costs it less than 2^-21. TF32, whole or split, whatever the precision is.
/// </remarks>
/// <param name="Rows">Output rows (of windows, where pooled) that are staged at a time.</param>
/// <param name="Warps">Warps of a block.</param>
public sealed record ConvTensorSamplesWgrad(int Rows, int Warps)
{
    private const int MaxWarps = 8, MinColumns = 17, MaxColumns = 64, MaxSharedBytes = 44 * 1024, WantedBlocks = 528;

    private int Threads => 32 * Warps;

    /// <summary>The cut with the largest bands that fit; null where the layer stays with fused multiply-adds.</summary>
    public static ConvTensorSamplesWgrad? Choose(ConvGeometry g)
    {
        // Under a grey image's nine taps a winner's fused multiply-adds are fewer than the products with the zeros beside it: measured, 5.5 against 6.7 us.
        if (g.R * g.S * g.CStored is < MinColumns or > MaxColumns || g.KStored % 16 != 0 || !(!g.Pooled || (g.PoolHeight == 2 && g.PoolWidth == 2))) return null;
        for (int bands = 1; bands <= g.OutRows; bands++)
        {
            var tile = new ConvTensorSamplesWgrad((g.OutRows + bands - 1) / bands, 1);
            int warps = Math.Min(ColumnTiles(g) > 4 ? MaxWarps / 2 : MaxWarps, tile.Steps(g));
            if ((tile with { Warps = warps }).SharedBytes(g) <= MaxSharedBytes) return tile with { Warps = warps };
        }

        return null;
    }

    /// <summary>Most slices of the images: partials of a small filter are few bytes, and four blocks a multiprocessor hide each other's loads.</summary>
    public static int Slices(ConvGeometry g) => Math.Max(1, WantedBlocks / Units(g));

    public static CudaGrid Grid(ConvGeometry g, int slices) => new(0, Units(g), 1, slices);

    /// <summary>Emits the kernel.</summary>
    public CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, InputText samples, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        operands.EmitMultiplySamples(writer);
        writer.Helper("sample_at", StepText.SampleAt);
        writer.Helper("typed_pixel", StepText.TypedPixel);
        var kernel = new CudaKernel(name, Threads, Threads > 128 ? 2 : 4, SharedBytes(g));
        string[] parameters = [
            "const Step* __restrict__ step, const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [],
            "float* __restrict__ partials", .. group.Bias is null ? [] : new[] { "float* __restrict__ bias_partials" }, "int batch"];
        using (writer.Kernel(kernel, Comment(layer, group, samples, operands), parameters))
        {
            if (group.Scale != 1) writer.Code.Line(DropoutText.Scale(group.Scale));
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int OUTPUTS = {{Outputs(g)}}, UNITS = K / OUTPUTS, THREADS = {{Threads}}, ROW_TILES = OUTPUTS / 16, REDUCTION = R * S * C, COLUMN_TILES = {{ColumnTiles(g)}}, FLOATS = R * S * C * K;
                constexpr int BAND_H = {{Rows}}, CELLS = BAND_H * OUT_W, STEPS = {{Steps(g)}}, ROWS = {{ConvText.StagedRows(g, "BAND_H * POOL_H")}}, COLUMNS = {{ConvText.StagedColumns(g, "OUT_W * POOL_W")}}, PITCH = OUTPUTS + 8;
                __shared__ __align__(16) u32 shared[{{SharedBytes(g) / 4}}];
                u32* input = shared;                                        // [ROWS][COLUMNS][C]
                u32* dz = shared + {{InputWords(g)}};                                   // [{{(g.Pooled ? "2" : "8")}} * STEPS][PITCH], OUTPUTS channels of it{{(g.Pooled ? ", the winner in the last two bits" : "")}}
                const int thread = threadIdx.x, lane = thread % 32, group = lane / 4, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS, k0 = blockIdx.x % UNITS * OUTPUTS;

                // where the lane's columns, each a tap and a channel, lie from the first tap on; columns behind the last one are not stored
                int at[COLUMN_TILES];
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                {
                    const int column = min(j * 8 + group, REDUCTION - 1), tap = column / C;
                    at[j] = (tap / S * COLUMNS + tap % S) * C + column % C;
                }

                float dw[ROW_TILES][COLUMN_TILES][4] = {};
                {{(group.Bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);\n")}}for (int i = CELLS * PITCH + thread; i < {{(g.Pooled ? "2" : "8")}} * STEPS * PITCH; i += THREADS) dz[i] = 0;
                """);
            using (writer.Code.Block("for (int n = slice; n < batch; n += slices)"))
            {
                writer.Code.Line($"""
                    {StepText.OpaqueThread}
                    const int lane = thread % 32, group = lane / 4;
                    const int sample = sample_at(step, n);            // under way while the gradient is staged
                    """);
                bool banded = Rows < g.OutRows;
                if (banded) writer.Code.Line("#pragma unroll 1");
                using (writer.Code.Block(banded ? "for (int band_row = 0; band_row < OUT_H; band_row += BAND_H)" : ""))
                {
                    if (!banded) writer.Code.Line("constexpr int band_row = 0;");
                    EmitStages(writer, group, samples, operands.Products);
                    EmitProduct(writer, g, operands.Products);
                }
            }

            EmitEpilogue(writer, group);
        }

        return kernel;
    }

    private static void EmitStages(CudaWriter writer, ConvBackwardGroup group, InputText samples, Products products)
    {
        ConvGeometry g = group.Geometry;
        string mask = group.Relu ? $$"""

                    const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                    {{DropoutText.Masked("gradient", group.Scale)}}
            """ : "";
        string input = StepText.EitherType($$"""
            #pragma unroll 8
            for (int i = thread; i < ROWS * COLUMNS * C; i += THREADS)
            {
                const int h = band_row * POOL_H{{ConvText.Down(g)}} + i / (COLUMNS * C){{ConvText.Top(g)}}, w = i / C % COLUMNS{{ConvText.Left(g)}}, c = i % C;
                input[i] = sample_operand({{ConvText.Inside(g)}} ? pixel(step, origin + (h * W + w) * C + c) : 0.0f);
            }
            """);
        string Word(char c) => g.Pooled ? $"sample_operand(gradient.{c}){(products.IsSplit ? " & ~3u" : "")} | winner.{c}" : $"sample_operand(gradient.{c})";
        writer.Code.Line($$"""
            #pragma unroll 4
            for (int i = thread; i < CELLS * (OUTPUTS / 4); i += THREADS)
            {
                const int k = i % (OUTPUTS / 4) * 4, row = band_row + i / (OUTPUTS / 4) / OUT_W, column = i / (OUTPUTS / 4) % OUT_W;
                float4 gradient = make_float4(0, 0, 0, 0);{{(g.Pooled ? "\n    uchar4 winner = make_uchar4(0, 0, 0, 0);" : "")}}
                if (row < OUT_H)
                {
                    const size_t at = (((size_t)n * OUT_H + row) * OUT_W + column) * K + k0 + k;
                    gradient = *reinterpret_cast<const float4*>(&dy[at]);{{mask}}{{(g.Pooled ? "\n        winner = *reinterpret_cast<const uchar4*>(&arg[at]);" : "")}}
                }
                {{(group.Bias is null ? "" : "db.x += gradient.x; db.y += gradient.y; db.z += gradient.z; db.w += gradient.w;\n    ")}}*reinterpret_cast<uint4*>(&dz[i / (OUTPUTS / 4) * PITCH + k]) = make_uint4({{Word('x')}}, {{Word('y')}}, {{Word('z')}}, {{Word('w')}});
            }
            const size_t origin = {{samples.Origin("(H * W * C)")}};
            {{input}}
            __syncthreads();

            """);
    }

    private static void EmitProduct(CudaWriter writer, ConvGeometry g, Products products)
    {
        string down = ConvText.Down(g), across = ConvText.Across(g);
        writer.Code.Line($$"""
            #pragma unroll 2
            for (int step_of_warp = thread / 32; step_of_warp < STEPS; step_of_warp += THREADS / 32)
            {
                u32 a[ROW_TILES]{{products.Parts}}[4], b[2]{{products.Parts}}[COLUMN_TILES];
                #pragma unroll
                for (int half = 0; half < 2; ++half)
                {
                    {{(g.Pooled ? $"""
                    // place lane % 4 of a window; a window behind the last one has gradients of zero
                            const int place = lane % 4, cell = step_of_warp * 2 + half, seen = min(cell, CELLS - 1);
                            const u32* from = input + ((seen / OUT_W * 2 + place / 2){down} * COLUMNS + (seen % OUT_W * 2 + place % 2){across}) * C;
                    """ : $"""
                    // what stands behind the last place has a gradient of zero
                            const int cell = step_of_warp * 8 + half * 4 + lane % 4, seen = min(cell, CELLS - 1);
                            const u32* from = input + (seen / OUT_W{down} * COLUMNS + seen % OUT_W{across}) * C;
                    """)}}
                    #pragma unroll
                    for (int i = 0; i < 2 * ROW_TILES; ++i)
                    {
                        const u32 word = dz[cell * PITCH + i * 8 + group];
                        {{products.Whole("a[i / 2]")}}[2 * half + i % 2] = {{(g.Pooled ? "(word & 3) == place ? word & ~3u : 0" : "word")}};
                    }
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j) {{products.Whole("b[half]")}}[j] = from[at[j]];
                }
            {{ConvTensorWgrad.SampleProducts(products)}}
            }
            __syncthreads();                // the stage is free again
            """);
    }

    private static void EmitEpilogue(CudaWriter writer, ConvBackwardGroup group)
    {
        writer.Code.Line("""

            // epilogue: the warps' sums in order, one partial a slice
            constexpr int VALUES = ROW_TILES * COLUMN_TILES * 4, WARPS = THREADS / 32;
            float* sums = reinterpret_cast<float*>(shared);             // [WARPS][VALUES][lane]
            #pragma unroll
            for (int v = 0; v < VALUES; ++v) sums[(thread / 32 * VALUES + v) * 32 + lane] = dw[v / 4 / COLUMN_TILES][v / 4 % COLUMN_TILES][v % 4];
            __syncthreads();
            for (int i = thread; i < VALUES * 32; i += THREADS)
            {
                const int v = i / 32, k = k0 + v / 4 / COLUMN_TILES * 16 + v % 4 / 2 * 8 + group, column = v / 4 % COLUMN_TILES * 8 + lane % 4 * 2 + v % 2;
                float sum = sums[i];
                #pragma unroll
                for (int warp = 1; warp < WARPS; ++warp) sum += sums[warp * VALUES * 32 + i];
                if (column < REDUCTION) partials[(size_t)slice * FLOATS + k / PANEL * (PANEL * REDUCTION) + column * PANEL + k % PANEL] = sum;
            }
            """);
        if (group.Bias is null) return;
        // A thread staged gradients of the same four channels all along, as the threads are a multiple of the quads.
        writer.Code.Line("""
            __syncthreads();
            float4* bias_sums = reinterpret_cast<float4*>(shared);
            bias_sums[thread] = db;
            __syncthreads();
            if (thread >= OUTPUTS / 4) return;
            for (int other = thread + OUTPUTS / 4; other < THREADS; other += OUTPUTS / 4)
            {
                db.x += bias_sums[other].x; db.y += bias_sums[other].y; db.z += bias_sums[other].z; db.w += bias_sums[other].w;
            }
            *reinterpret_cast<float4*>(&bias_partials[slice * K + k0 + 4 * thread]) = db;
            """);
    }

    private static int Outputs(ConvGeometry g) => g.KStored % 32 == 0 ? 32 : 16;

    private static int Units(ConvGeometry g) => g.KStored / Outputs(g);

    private static int ColumnTiles(ConvGeometry g) => ((g.R * g.S * g.CStored) + 7) / 8;

    /// <summary>Steps of the reduction in a band: two windows, or eight places.</summary>
    private int Steps(ConvGeometry g) => ((Rows * g.OutColumns) + (g.Pooled ? 1 : 7)) / (g.Pooled ? 2 : 8);

    private int InputWords(ConvGeometry g) => ((((((Rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R) * ((((g.OutColumns * g.PoolWidth) - 1) * g.StrideWidth) + g.S) * g.CStored) + 3) / 4 * 4;

    private int SharedBytes(ConvGeometry g) =>
        4 * Math.Max(InputWords(g) + (Steps(g) * (g.Pooled ? 2 : 8) * (Outputs(g) + 8)), Math.Max(Warps * 32 * (Outputs(g) / 16) * ColumnTiles(g) * 4, 4 * Threads));

    private string Comment(string layer, ConvBackwardGroup group, InputText samples, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        return $"""
            // {group.Name} wgrad  <- {layer}
            //   dw[r,s,c,k] = sum(n,p,q) dz[n,p,q,k] x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] over a slice of the images{(group.Bias is null ? "" : ";  db[k] = sum(n,p,q) dz[n,p,q,k]")};  dz = {dz}
            //   {samples.Of}x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set  dy {CudaWriter.MapText(g, output: true)}, both {operands.SamplesStaged}  partials f32[slices][{g.KStored / g.Panel}][{g.R}][{g.S}][{g.CStored}][{g.Panel}], sums f32
            //   GEMM {g.K} x {g.R * g.S * g.C} x N*{g.P * g.Q} on tensor cores; block {Threads} = {Outputs(g)} output channels x the whole filter x {Warps} shares of the {(g.Pooled ? "windows" : "places")}, a warp each; grid {Units(g)} x min(N, {Slices(g)}) slices, image n goes to slice n % slices
            """;
    }
}
