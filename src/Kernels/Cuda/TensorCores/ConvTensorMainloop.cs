using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>The reduction of fprop and dgrad on tensor cores: pixels and filter in shared memory, sums in registers.</summary>
/// <remarks>
/// Rows of a 16-row tile are pixels, or, where windows of 2x2 are pooled, one row of eight windows: a lane then has all four values of a window. Windows 4 to 7
/// have their columns in the other order, so that the eight rows of a matrix lie in different banks (windows are two pixels apart).
/// </remarks>
public static class ConvTensorMainloop
{
    /// <summary>Constants of the tile; those of the layer stand before them.</summary>
    public static string Constants(ConvGeometry g, ConvTensorTile tile) =>
        $"constexpr int TILE_H = {tile.Rows}, TILE_W = {tile.Columns}, TILES_H = {tile.TilesDown(g)}, TILES_W = {tile.TilesAcross(g)}, BLOCK_K = {tile.Channels}, K_TILES = K / BLOCK_K, THREADS = {tile.Threads};\n"
        + $"constexpr int PACK = {tile.Pack}, CHUNK = {tile.Chunk}, CHANNELS = CHUNK * PACK, PITCH = CHUNK + 4, STEPS = CHUNK / 8, ROWS = {ConvText.StagedRows(g, "TILE_H * POOL_H")}, COLUMNS = {ConvText.StagedColumns(g, "TILE_W * POOL_W")};\n"
        + $"constexpr int ROW_TILES = {tile.RowTiles}, COLUMN_TILES = {tile.ColumnTiles}, WARPS_DOWN = {tile.WarpsDown};";

    /// <summary>Which tile the block has, and which rows and channels the warp.</summary>
    public static string Place(ConvGeometry g) => $$"""
        __shared__ __align__(16) u32 tile[ROWS * COLUMNS * PITCH];              // input [ROWS][COLUMNS][PITCH] words, CHANNELS channels of it
        __shared__ uint4 filter[BLOCK_K / 16 * R * S * STEPS * 32];             // [BLOCK_K / 16][R * S][STEPS][lane]
        const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, warp_row = warp % WARPS_DOWN, warp_column = warp / WARPS_DOWN;
        const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES), k0 = blockIdx.x % K_TILES * BLOCK_K;
        const int tile_row = blockIdx.x / (K_TILES * TILES_W) % TILES_H * TILE_H, tile_column = blockIdx.x / K_TILES % TILES_W * TILE_W;

        // the row of each 16-row tile that this lane names to load_matrix
        u32 rows[ROW_TILES];
        #pragma unroll
        for (int i = 0; i < ROW_TILES; ++i)
        {
            {{(g.Pooled ? """
            const int window = min((warp_row * (ROW_TILES / 2) + i / 2) * 8 + lane % 8, TILE_H * TILE_W - 1);
                const int row = window / TILE_W * 2 + i % 2, column = window % TILE_W * 2 + (lane / 8 % 2 ^ lane / 4 % 2);
            """ : """
            const int place = min((warp_row * ROW_TILES + i) * 16 + lane % 16, TILE_H * TILE_W - 1), row = place / TILE_W, column = place % TILE_W;
            """)}}
            rows[i] = shared_address(tile + (row{{ConvText.Down(g)}} * COLUMNS + column{{ConvText.Across(g)}}) * PITCH + lane / 16 * 4);
        }
        """;

    /// <summary>Emits the loops around <paramref name="stage"/>, which fills the tile with CHANNELS channels from c0 on, into acc[ROW_TILES][COLUMN_TILES][4].</summary>
    public static void Emit(CudaWriter writer, ConvGeometry g, ConvTensorTile tile, Products products, string stage)
    {
        bool chunked = tile.Chunk * tile.Pack < g.CStored, large = g.R * g.S * (tile.Chunk / 8) > (products.IsSplit ? 12 : 36);
        writer.Code.Line("float acc[ROW_TILES][COLUMN_TILES][4] = {};");
        if (chunked) writer.Code.Line("#pragma unroll 1");
        using (writer.Code.Block(chunked ? "for (int c0 = 0; c0 < C; c0 += CHANNELS)" : ""))
        {
            writer.Code.Line(chunked ? "if (c0 > 0) __syncthreads();         // the tile is free again" : "constexpr int c0 = 0;");
            writer.Code.Line($$"""
                for (int i = thread; i < BLOCK_K / 16 * R * S * STEPS * 32; i += THREADS)
                    copy_async(&filter[i], &operands[(k0 / 16 * R * S + i / (STEPS * 32)) * (C / (8 * PACK) * 32) + c0 / (8 * PACK) * 32 + i % (STEPS * 32)]);
                {{stage}}
                wait_copies();
                __syncthreads();

                {{Product(products, large, "filter[(((warp_column * (COLUMN_TILES / 2) + j) * R + r) * S + s) * (STEPS * 32) + step * 32 + lane]", "(r * COLUMNS + s) * PITCH")}}
                """);
        }
    }

    /// <summary>The reduction over taps and channels, into acc[ROW_TILES][COLUMN_TILES][4].</summary>
    /// <param name="products">How factors become products.</param>
    /// <param name="large">Whether it is too long to be unrolled as a whole.</param>
    /// <param name="word">Text for the filter's operands of 16 columns j at tap (r, s) and step.</param>
    /// <param name="place">Text for the words from a window's first tap to tap (r, s).</param>
    /// <param name="masked">Whether masks of dropout want registers, too.</param>
    public static string Product(Products products, bool large, string word, string place, bool masked = false) => $$"""
        #pragma unroll{{(large ? " 1" : "")}}
        for (int r = 0; r < R; ++r)
        {
            #pragma unroll{{(products.IsSplit ? " 1" : "")}}
            for (int s = 0; s < S; ++s)
            {
                #pragma unroll{{(!products.IsSplit ? "" : masked ? " 1" : " 2")}}
                for (int step = 0; step < STEPS; ++step)
                {
                    uint4 b{{products.Parts}}[COLUMN_TILES / 2];
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES / 2; ++j) {{products.Whole("b")}}[j] = {{word}};{{products.Split("            ", "b")}}
                    #pragma unroll
                    for (int i = 0; i < ROW_TILES; ++i)
                    {
                        u32 a{{products.Parts}}[4];
                        load_matrix({{products.Whole("a")}}, rows[i] + ({{place}} + step * 8) * 4);{{products.Split("                ", "a")}}
                        {{products.Add("                ", "acc[i]", "COLUMN_TILES", Term)}}
                    }
                }
            }
        }
        """;

    /// <summary>Text of one term's products of a row of tiles, whose factors are a[4] and b[COLUMN_TILES / 2].</summary>
    public static string Term(string sums, string left, string right) => $$"""
        #pragma unroll
        for (int j = 0; j < COLUMN_TILES / 2; ++j)
        {
            mma({{sums}}[2 * j], a{{left}}[0], a{{left}}[1], a{{left}}[2], a{{left}}[3], b{{right}}[j].x, b{{right}}[j].y);
            mma({{sums}}[2 * j + 1], a{{left}}[0], a{{left}}[1], a{{left}}[2], a{{left}}[3], b{{right}}[j].z, b{{right}}[j].w);
        }
        """;

    /// <summary>A stage's text for values, made one for operands.</summary>
    /// <param name="values">The text.</param>
    /// <param name="function">What stores four of them.</param>
    public static string Stage(string values, string function = "store_operands")
    {
        string text = values.Replace("CHUNK", "CHANNELS");
        string store = "*reinterpret_cast<float4*>(&tile[i / (CHANNELS / 4) * PITCH + c]) = four;";
        if (!text.Contains(store)) throw new InvalidOperationException("the stage has no store of four values");
        return "#pragma unroll 4\n" + text.Replace(store, $"{function}(&tile[i / (CHANNELS / 4) * PITCH + c / PACK], four);");
    }
}
