using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>A first convolution on tensor cores: what <see cref="ConvTensorForward"/> is for the others, but it reads the samples out of the data set, and has too few channels for a tap to be a step.</summary>
/// <remarks>
/// The reduction runs over taps and channels together, padded to whole steps with weights of zero: 9 values of 16 for a grey image under 3x3. Samples lie in shared
/// memory as they are, f32, and each lane gathers and rounds the values of its words; the filter's words stay in registers.
/// </remarks>
public static class ConvTensorSamples
{
    private const int MaxWarps = 8, MaxTileBytes = 40 * 1024, MaxReduction = 256, MaxUnrolledSteps = 4;

    /// <summary>Whether the layer can be computed so.</summary>
    public static bool Suits(ConvGeometry g) =>
        g.KStored % 16 == 0 && g.R * g.S * g.CStored <= MaxReduction && (!g.Pooled || (g.PoolHeight == 2 && g.PoolWidth == 2)) && TileBytes(g, 1) <= MaxTileBytes;

    public static CudaGrid Grid(ConvForwardGroup group) => CudaGrid.PerSample(TilesDown(group.Geometry) * ChannelTiles(group.Geometry));

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the winners.</summary>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvForwardGroup group, InputText samples, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        operands.EmitOperand(writer);
        writer.Helper("sample_at", StepText.SampleAt);
        writer.Helper("pixel", StepText.Pixel);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        int rows = TileRows(g), groups = Groups(g, rows), warps = Math.Min(MaxWarps, groups), threads = 32 * warps, steps = ((g.R * g.S * g.CStored) + operands.StepValues - 1) / operands.StepValues;
        int staged = TileBytes(g, rows) / 4, loads = (staged + threads - 1) / threads;
        var kernel = new CudaKernel(name, threads, threads > 128 ? 2 : 4, (4 * staged) + 4);
        string[] parameters = ["const Step* __restrict__ step, const uint4* __restrict__ operands", .. group.Bias is null ? [] : new[] { "const float* __restrict__ bias" }, "float* __restrict__ y", .. g.Pooled ? new[] { "u8* __restrict__ arg" } : []];
        using (writer.Kernel(kernel, Comment(layer, group, operands, rows, threads, steps), parameters))
        {
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int TILE_H = {{rows}}, TILE_W = OUT_W, TILES_H = {{TilesDown(g)}}, BLOCK_K = {{Channels(g)}}, K_TILES = K / BLOCK_K, THREADS = {{threads}}, ROWS = {{ConvText.StagedRows(g, "TILE_H * POOL_H")}}, COLUMNS = {{ConvText.StagedColumns(g, "TILE_W * POOL_W")}};
                constexpr int PACK = {{operands.Pack}}, REDUCTION = R * S * C, STEPS = {{steps}}, ROW_TILES = 2, COLUMN_TILES = BLOCK_K / 8, GROUPS = {{groups}};
                __shared__ float tile[ROWS * COLUMNS * C];         // the samples f32[ROWS][COLUMNS][C]
                __shared__ int sample;
                const int thread = threadIdx.x, lane = thread % 32, n = blockIdx.x / (TILES_H * K_TILES), k0 = blockIdx.x % K_TILES * BLOCK_K;
                {{(TilesDown(g) == 1 ? "constexpr int tile_row = 0" : "const int tile_row = blockIdx.x / K_TILES % TILES_H * TILE_H")}};
                constexpr int tile_column = 0, warp_column = 0;
                {{DropoutText.Declare(group.Drop)}}

                if (thread == 0) sample = sample_at(step, n);
                __syncthreads();
                const size_t origin = {{samples.Origin("(H * W * C)")}};
                #pragma unroll {{Math.Min(loads, 8)}}
                for (int i = thread; i < ROWS * COLUMNS * C; i += THREADS)
                {
                    const int h = tile_row * POOL_H{{ConvText.Down(g)}} + i / (COLUMNS * C){{ConvText.Top(g)}}, w = i / C % COLUMNS{{ConvText.Left(g)}}, c = i % C;
                    tile[i] = {{ConvText.Inside(g)}} ? pixel(step, origin + (h * W + w) * C + c) : 0.0f;
                }
                __syncthreads();

                #pragma unroll 1
                for (int warp_row = thread / 32; warp_row < GROUPS; warp_row += THREADS / 32)
                {
                    // what the lane's rows of each 16-row tile read under the first tap
                    const float* rows[ROW_TILES][2];
                    #pragma unroll
                    for (int i = 0; i < ROW_TILES; ++i)
                        #pragma unroll
                        for (int half = 0; half < 2; ++half)
                        {
                            {{(g.Pooled ? """
                            // one row of eight windows, of which 4 to 7 have their columns in the other order
                                        const int window = min(warp_row * 8 + lane / 4, TILE_H * TILE_W - 1), row = window / TILE_W * 2 + i, column = window % TILE_W * 2 + (half ^ lane / 16);
                            """ : """
                            const int place = min((warp_row * ROW_TILES + i) * 16 + half * 8 + lane / 4, TILE_H * TILE_W - 1), row = place / TILE_W, column = place % TILE_W;
                            """)}}
                            rows[i][half] = tile + (row{{ConvText.Down(g)}} * COLUMNS + column{{ConvText.Across(g)}}) * C;
                        }

                    float acc[ROW_TILES][COLUMN_TILES][4] = {};
                    #pragma unroll{{(steps > MaxUnrolledSteps ? " 1" : "")}}
                    for (int step = 0; step < STEPS; ++step)
                    {
                        uint4 b[COLUMN_TILES / 2];
                        #pragma unroll
                        for (int j = 0; j < COLUMN_TILES / 2; ++j) b[j] = __ldg(&operands[((k0 / 16 + j) * STEPS + step) * 32 + lane]);

                        // where the values of the lane's two words lie, from the first tap on; behind the last one the weights are zero
                        int at[2][PACK];
                        #pragma unroll
                        for (int i = 0; i < 2 * PACK; ++i)
                        {
                            const int value = min((step * 8 + i / PACK * 4 + lane % 4) * PACK + i % PACK, REDUCTION - 1), tap = value / C;
                            at[i / PACK][i % PACK] = (tap / S * COLUMNS + tap % S) * C + value % C;
                        }
                        #pragma unroll
                        for (int i = 0; i < ROW_TILES; ++i)
                        {
                            u32 a[4];
                            #pragma unroll
                            for (int word = 0; word < 4; ++word) a[word] = {{(operands.Pack == 1 ? "operand(rows[i][word % 2][at[word / 2][0]])" : "operand(rows[i][word % 2][at[word / 2][0]], rows[i][word % 2][at[word / 2][1]])")}};
                            #pragma unroll
                            for (int j = 0; j < COLUMN_TILES / 2; ++j)
                            {
                                mma(acc[i][2 * j], a[0], a[1], a[2], a[3], b[j].x, b[j].y);
                                mma(acc[i][2 * j + 1], a[0], a[1], a[2], a[3], b[j].z, b[j].w);
                            }
                        }
                    }
                """);
            ConvTensorForward.EmitEpilogue(writer, group);
            writer.Code.Line("}");
        }

        return kernel;
    }

    /// <summary>Output channels of a block.</summary>
    private static int Channels(ConvGeometry g) => g.KStored % 32 == 0 ? 32 : 16;

    private static int ChannelTiles(ConvGeometry g) => g.KStored / Channels(g);

    private static int TileBytes(ConvGeometry g, int rows) => 4 * ((((rows * g.PoolHeight) - 1) * g.StrideHeight) + g.R) * ((((g.OutColumns * g.PoolWidth) - 1) * g.StrideWidth) + g.S) * g.CStored;

    /// <summary>Output rows of a block: an even share in which every warp has one part and every lane a window, so that a small batch has all its warps at work at once; where there is none, all rows, or as many as fit.</summary>
    private static int TileRows(ConvGeometry g)
    {
        for (int rows = g.OutRows; rows >= 1; rows--)
            if (g.OutRows % rows == 0 && rows * g.OutColumns % (g.Pooled ? 8 : 32) == 0 && Groups(g, rows) <= MaxWarps && TileBytes(g, rows) <= MaxTileBytes) return rows;
        for (int tiles = 1; ; tiles++)
        {
            int rows = (g.OutRows + tiles - 1) / tiles;
            if (TileBytes(g, rows) <= MaxTileBytes) return rows;
        }
    }

    private static int TilesDown(ConvGeometry g) => (g.OutRows + TileRows(g) - 1) / TileRows(g);

    /// <summary>What a warp does at a time: eight windows, or 32 pixels.</summary>
    private static int Groups(ConvGeometry g, int rows) => ((rows * g.OutColumns) + (g.Pooled ? 7 : 31)) / (g.Pooled ? 8 : 32);

    private static string Comment(string layer, ConvForwardGroup group, Operands operands, int rows, int threads, int steps)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
        string winners = g.Pooled ? $"  arg u8[N,{g.OutRows},{g.OutColumns},{g.KStored}], the maximum's place in its window, of equals the first; null when predicting" : "";
        return $"""
            // {group.Name} fprop  <- {layer}
            //   y[n,p,q,k] = {(g.Pooled ? $"max over 2x2 of {value}; bias and relu are monotonic and follow the maximum" : value)}{DropoutText.Comment(group.Drop)}
            //   x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set, in the epoch's order, rounded to {operands.Name} as it is used  operands {operands.Name}[{g.KStored / 16}][{steps}][lane][{4 * operands.Pack}] w, zeros behind the last tap  y {CudaWriter.MapText(g, output: true)} NHWC, sums f32{winners}
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C} on tensor cores, the reduction in {steps} {(steps == 1 ? "step" : "steps")}; block {threads} = {rows}x{g.OutColumns}{(g.Pooled ? " windows" : " pixels")} x {Channels(g)} channels, a warp {(g.Pooled ? "8 windows" : "32 pixels")} at a time; grid N x {TilesDown(g) * ChannelTiles(g)}
            //   proved away: {(g.Pooled ? $"the {g.P}x{g.Q} map reaches no memory; " : "")}{ConvText.Edges(g)}
            """;
    }
}
