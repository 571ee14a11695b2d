using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>
/// Moments of the map that a convolution stores and a normalization reads, made as it is stored: each block leaves those of its tile, of which one small kernel makes the batch's, so that
/// no kernel reads the map for them.
/// </summary>
/// <remarks>
/// Parts are f32[K/4][N][tiles of an image][2][4], mean and squared deviations: what merges four channels reads one run. How many values a part is of follows from its place.
/// A block's merge is by its warps' lanes, then in shared memory.
/// </remarks>
/// <param name="Rows">Output rows of a tile.</param>
/// <param name="Columns">Output columns of a tile.</param>
/// <param name="Geometry">The convolution.</param>
public sealed record TileMoments(int Rows, int Columns, ConvGeometry Geometry)
{
    /// <summary>Parts of an image from which on a block of the merge has twice as many threads.</summary>
    private const int ManyTiles = 4;

    private int TilesDown => (Geometry.OutRows + Rows - 1) / Rows;

    private int TilesAcross => (Geometry.OutColumns + Columns - 1) / Columns;

    /// <summary>Floats of the parts of a sample.</summary>
    public int SampleFloats => 2 * Geometry.KStored * TilesDown * TilesAcross;

    /// <summary>Text of the parts, for a kernel's comment.</summary>
    public string Text => $"f32[{Geometry.KStored / 4}][N][{TilesDown * TilesAcross}][2][4]";

    /// <summary>Grid of the kernel that merges: a block has four channels.</summary>
    public CudaGrid Grid => CudaGrid.Of(Geometry.KStored / 4);

    /// <summary>The parameter that a convolution with moments has more.</summary>
    public const string Parameter = "float* __restrict__ parts";

    private int Threads => TilesDown * TilesAcross >= ManyTiles ? 512 : 256;

    /// <summary>Id of the parts in the plan of a batch, by that of the map.</summary>
    public static int Id(int y) => (int.MaxValue / 4) + y;

    /// <summary>What a convolution's comment says of it, to stand at the end of a line.</summary>
    public static string Comment(TileMoments? moments) => moments is null ? "" : $"\n//   parts {moments.Text} = mean and squared deviations of y over the block's tile";

    /// <summary>Text that declares what a thread stores, <paramref name="rows"/> of it by some quads of channels, to stand before the stores.</summary>
    public static string Declare(string rows, string? quads) => $"float kept{(quads is null ? "" : $"[{quads}]")}[{rows}][4] = {{}};\nbool live[{rows}] = {{}};";

    /// <summary>Text that notes <c>result</c>, which is stored.</summary>
    public static string Keep(string row, string? quad)
    {
        string to = quad is null ? $"kept[{row}]" : $"kept[{quad}][{row}]";
        return $"{to}[0] = result.x; {to}[1] = result.y; {to}[2] = result.z; {to}[3] = result.w;";
    }

    /// <summary>The array of a kernel that has been read and has room for so many sets; null where none has.</summary>
    public static string? Room(int sets, params (string Name, int Bytes)[] arrays) => arrays.Where(a => a.Bytes >= MomentsText.Bytes * sets).Select(static a => a.Name).FirstOrDefault();

    /// <summary>Bytes of shared memory that sets take beside the kernel's.</summary>
    public static int ExtraBytes(int sets, string? room) => room is null ? MomentsText.Bytes * sets : 0;

    /// <summary>Text that declares <c>sets</c>.</summary>
    public static string Sets(int sets, string? room) => room is null
        ? $"__shared__ Moments sets[{sets}];"
        : $"Moments* sets = reinterpret_cast<Moments*>({room});\n__syncthreads();         // which has been read";

    /// <summary>Text of the end, where <c>sets[shares][QUADS]</c> hold the tile's.</summary>
    /// <param name="shares">How many there are of each quad of channels.</param>
    /// <param name="first">The block's first quad.</param>
    public static string Store(string shares, string first) => $"""
        merge_shares<{shares}, QUADS, THREADS>(sets);
        if (thread < QUADS) store_moments(parts, (size_t)({first} + thread) * (gridDim.x / K_TILES) + blockIdx.x / K_TILES, sets[thread]);
        """;

    /// <summary>Text of the same end for tensor cores, where a lane has <c>moments[COLUMN_TILES / 2]</c>.</summary>
    /// <param name="shares">Warps over the tile's rows.</param>
    /// <param name="share">The warp's number among them.</param>
    /// <param name="columns">Its first 16 columns.</param>
    public static string StoreLanes(string shares, string share, string columns) => $$"""
        #pragma unroll
        for (int j = 0; j < COLUMN_TILES / 2; ++j)
        {
            merge_lanes<4>(moments[j]);
            if (lane < 4) sets[{{share}} * QUADS + ({{columns}}j) * 4 + lane] = moments[j];
        }
        {{Store(shares, "k0 / 4")}}
        """;

    /// <summary>Emits what merges the parts into the batch's mean, variance and scale.</summary>
    public CudaKernel EmitStatistics(CudaWriter writer, string name, string layer, BatchMomentsGroup group)
    {
        MomentsText.EmitHelpers(writer);
        int pixels = Geometry.OutRows * Geometry.OutColumns;
        var kernel = new CudaKernel(name, Threads, 1, MomentsText.Bytes * Threads / 32);
        using (writer.Kernel(kernel, $"""
            // {group.Name} statistics  <- {layer}
            //   mean, variance = squares / m and scale = gamma / sqrt(variance + epsilon) of each channel over the batch, m = N * {pixels}, of what each block of the convolution left of its tile
            //   parts {Text} = mean, squares  gamma f32[{Geometry.KStored}]  norm f32[8][{Geometry.KStored}]; block {Threads} = 4 channels; grid {Geometry.KStored / 4}
            """, "const float* __restrict__ parts, const float* __restrict__ gamma, float* __restrict__ norm, int batch"))
        {
            writer.Code.Line($$"""
                constexpr int PIXELS = {{pixels}}, K = {{Geometry.KStored}}, OUT_H = {{Geometry.OutRows}}, OUT_W = {{Geometry.OutColumns}}, TILE_H = {{Rows}}, TILE_W = {{Columns}}, TILES_H = {{TilesDown}}, TILES_W = {{TilesAcross}}, THREADS = {{Threads}};
                constexpr float EPSILON = {{CudaWriter.Literal(group.Parameters.Epsilon)}};
                __shared__ Moments sets[THREADS / 32];
                const int thread = threadIdx.x, k = blockIdx.x * 4, count = batch * (TILES_H * TILES_W);
                const float4* from = reinterpret_cast<const float4*>(parts) + (size_t)blockIdx.x * count * 2;
                const float4 origin = from[0];         // means relative to the first one, which is near

                Moments moments = {};
                #pragma unroll 4
                for (int part = thread; part < count; part += THREADS)
                {
                    const int tile = part % (TILES_H * TILES_W), rows = min(TILE_H, OUT_H - tile / TILES_W * TILE_H), columns = min(TILE_W, OUT_W - tile % TILES_W * TILE_W);
                    const float4 mean = from[2 * part], squares = from[2 * part + 1];
                    const Moments other = { (float)(rows * columns), { mean.x - origin.x, mean.y - origin.y, mean.z - origin.z, mean.w - origin.w }, { squares.x, squares.y, squares.z, squares.w } };
                    merge_moments(moments, other);
                }
                merge_lanes<1>(moments);
                if (thread % 32 == 0) sets[thread / 32] = moments;
                merge_shares<THREADS / 32, 1, THREADS>(sets);
                if (thread > 0) return;

                const float inverse = 1.0f / ((float)batch * PIXELS);
                const float4 factor = *reinterpret_cast<const float4*>(&gamma[k]);
                const float4 variance = make_float4(sets[0].squares[0] * inverse, sets[0].squares[1] * inverse, sets[0].squares[2] * inverse, sets[0].squares[3] * inverse);
                *reinterpret_cast<float4*>(&norm[{{At(NormVector.Mean)}}]) = make_float4(origin.x + sets[0].mean[0], origin.y + sets[0].mean[1], origin.z + sets[0].mean[2], origin.w + sets[0].mean[3]);
                *reinterpret_cast<float4*>(&norm[{{At(NormVector.Variance)}}]) = variance;
                *reinterpret_cast<float4*>(&norm[{{At(NormVector.Scale)}}]) = make_float4(factor.x / sqrtf(variance.x + EPSILON), factor.y / sqrtf(variance.y + EPSILON), factor.z / sqrtf(variance.z + EPSILON), factor.w / sqrtf(variance.w + EPSILON));
                """);
        }

        return kernel;
    }

    private static string At(NormVector vector) => BatchNorm.At(vector);
}
