using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The reduction that fprop and dgrad share: an input tile in shared memory, weights through the first-level cache, sums in registers.</summary>
/// <remarks>
/// Lanes run over channels first, so that the weights of a warp are one or two lines and a staged pixel is read by many lanes at once. Four input channels
/// are read at a time: for WINDOWS windows of POOL positions that is 4 + WINDOWS * POOL loads of 16 bytes for 16 * WINDOWS * POOL multiply-adds.
/// </remarks>
public static class ConvMainloop
{
    /// <summary>Reductions up to this length are unrolled whole.</summary>
    private const int UnrollLimit = 32;

    /// <summary>Constants of the tile; those of the layer stand before them.</summary>
    public static string Constants(ConvGeometry g, ConvTile tile) =>
        $"constexpr int TILE_H = {tile.Rows}, TILE_W = {tile.Columns}, TILES_H = {tile.TilesDown(g)}, TILES_W = {tile.TilesAcross(g)}, K_TILES = {tile.ChannelTiles(g)}, QUADS = {tile.Quads}, WINDOWS = {tile.Windows}, THREADS = {tile.Threads};\n"
        + $"constexpr int PIECE_H = {tile.PieceRows}, PIECE_W = {tile.PieceColumns}, POSITIONS = PIECE_H * PIECE_W, CHUNK = {tile.Chunk}, PITCH = {tile.Pitch}, ROWS = {ConvText.StagedRows(g, "TILE_H * POOL_H")}, COLUMNS = {ConvText.StagedColumns(g, "TILE_W * POOL_W")};";

    /// <summary>Which tile the block has and which windows the thread.</summary>
    public const string Place = """
        __shared__ __align__(16) float tile[ROWS * COLUMNS * PITCH];       // input f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
        const int thread = threadIdx.x, quad = thread % QUADS, column = thread / QUADS % (TILE_W / WINDOWS) * WINDOWS, row = thread / QUADS / (TILE_W / WINDOWS);
        const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES), k = (blockIdx.x % K_TILES * QUADS + quad) * 4;
        const int tile_row = blockIdx.x / (K_TILES * TILES_W) % TILES_H * TILE_H, tile_column = blockIdx.x / K_TILES % TILES_W * TILE_W;
        """;

    /// <summary>Emits the loops around <paramref name="stage"/>, which fills the tile with CHUNK channels from c0 on, into acc[WINDOWS][POSITIONS].</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="g">Extents.</param>
    /// <param name="tile">The cut.</param>
    /// <param name="stage">Text that fills the tile.</param>
    /// <param name="weights">Expression of the weights of channel k: [R][S][C][PANEL].</param>
    /// <param name="phased">Whether the taps are every STRIDE_H-th and STRIDE_W-th of the filter, from (phase_row, phase_column) on, the last of them first.</param>
    public static void Emit(CudaWriter writer, ConvGeometry g, ConvTile tile, string stage, string weights, bool phased = false)
    {
        bool chunked = tile.Chunk < g.CStored, small = g.R * g.S * tile.Chunk <= UnrollLimit;
        string unroll = small ? "#pragma unroll" : "#pragma unroll 1", piece = tile.InPieces(g) ? " + piece_" : "";
        writer.Code.Line($"const float* __restrict__ filter = {weights};");
        writer.Code.Line("float4 acc[WINDOWS][POSITIONS] = {};");
        using (writer.Code.Block(chunked ? "for (int c0 = 0; c0 < C; c0 += CHUNK)" : ""))
        {
            if (!chunked) writer.Code.Line("constexpr int c0 = 0;");
            if (chunked || tile.InPieces(g)) writer.Code.Line("__syncthreads();         // the tile is free again");
            writer.Code.Line(stage);
            writer.Code.Line("__syncthreads();");
            writer.Code.Line();
            writer.Code.Line(unroll);
            using (writer.Code.Block("for (int r = 0; r < R; ++r)"))
            {
                if (phased) writer.Code.Line("const int tap_row = phase_row + STRIDE_H * (R - 1 - r);\nif (tap_row >= FILTER_H) continue;");
                writer.Code.Line(unroll);
                using (writer.Code.Block("for (int s = 0; s < S; ++s)"))
                {
                    if (phased) writer.Code.Line("const int tap_column = phase_column + STRIDE_W * (S - 1 - s);\nif (tap_column >= FILTER_W) continue;");
                    string down = piece.Length > 0 ? piece + "row" : "", right = piece.Length > 0 ? piece + "column" : "";
                    writer.Code.Line(g.IsStrided
                        ? $"const float* from = tile + (((row * POOL_H{down}) * STRIDE_H + r) * COLUMNS + (column * POOL_W{right}) * STRIDE_W + s) * PITCH;"
                        : $"const float* from = tile + ((row * POOL_H + r{down}) * COLUMNS + column * POOL_W + s{right}) * PITCH;");
                    writer.Code.Line(phased
                        ? "const float* w = filter + (((FILTER_H - 1 - tap_row) * FILTER_W + FILTER_W - 1 - tap_column) * C + c0) * PANEL;"
                        : "const float* w = filter + ((r * S + s) * C + c0) * PANEL;");
                    if (!tile.Vectorised && small) writer.Code.Line("#pragma unroll");
                    writer.Code.Line((tile.Vectorised ? Vectorised : Scalar).Replace("PLACE", g.IsStrided ? "(j / PIECE_W * STRIDE_H * COLUMNS + (i * POOL_W + j % PIECE_W) * STRIDE_W)" : "(j / PIECE_W * COLUMNS + i * POOL_W + j % PIECE_W)"));
                }
            }
        }
    }

    private const string Vectorised = """
        for (int c = 0; c < CHUNK; c += 4)
        {
            const float4 w0 = __ldg(reinterpret_cast<const float4*>(w + c * PANEL)), w1 = __ldg(reinterpret_cast<const float4*>(w + (c + 1) * PANEL));
            const float4 w2 = __ldg(reinterpret_cast<const float4*>(w + (c + 2) * PANEL)), w3 = __ldg(reinterpret_cast<const float4*>(w + (c + 3) * PANEL));
            #pragma unroll
            for (int i = 0; i < WINDOWS; ++i)
                #pragma unroll
                for (int j = 0; j < POSITIONS; ++j)
                {
                    const float4 x = *reinterpret_cast<const float4*>(from + PLACE * PITCH + c);
                    multiply_add(acc[i][j], x.x, w0); multiply_add(acc[i][j], x.y, w1); multiply_add(acc[i][j], x.z, w2); multiply_add(acc[i][j], x.w, w3);
                }
        }
        """;

    private const string Scalar = """
        for (int c = 0; c < CHUNK; ++c)
        {
            const float4 wc = __ldg(reinterpret_cast<const float4*>(w + c * PANEL));
            #pragma unroll
            for (int i = 0; i < WINDOWS; ++i)
                #pragma unroll
                for (int j = 0; j < POSITIONS; ++j)
                    multiply_add(acc[i][j], from[PLACE * PITCH + c], wc);
        }
        """;
}
