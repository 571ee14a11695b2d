using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Gradient of a convolution's input: a convolution of the output's gradient, which is unpooled as it is staged, with the flipped filter.</summary>
public static class ConvDgrad
{
    /// <summary>The convolution that it is: input channels and output channels have changed places, and the output's gradient has a zero border.</summary>
    /// <remarks>
    /// Under a stride the pixels whose places in the padded image leave the same remainder, a phase, see the same taps: every stride-th of the filter. Each
    /// phase is a convolution of its own with a stride of one, over the same gradient; their extents are those of the largest.
    /// </remarks>
    public static ConvGeometry Flipped(ConvGeometry g)
    {
        int taps = Ceiling(g.R, g.StrideHeight), across = Ceiling(g.S, g.StrideWidth);
        int rows = g.IsStrided ? Ceiling(g.H + g.Top, g.StrideHeight) : g.H, columns = g.IsStrided ? Ceiling(g.W + g.Left, g.StrideWidth) : g.W;
        return new(rows + taps - 1, columns + across - 1, g.K, g.KStored, taps, across, rows, columns, g.C, 1, 1);
    }

    private static int Ceiling(int count, int unit) => (count + unit - 1) / unit;

    /// <summary>Floats of the flipped filter.</summary>
    public static int FilterFloats(ConvGeometry g) => g.R * g.S * g.KStored * Panels.Pad(g.CStored);

    public static CudaGrid Grid(ConvBackwardGroup group)
    {
        ConvGeometry flipped = Flipped(group.Geometry);
        return CudaGrid.PerSample(ConvTile.Choose(flipped).Tiles(flipped) * group.Geometry.StrideHeight * group.Geometry.StrideWidth);
    }

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry, flipped = Flipped(g);
        ConvTile tile = ConvTile.Choose(flipped);
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        var kernel = new CudaKernel(name, tile.Threads, ConvText.MinBlocks(g, tile.Threads), 4 * tile.SharedFloats(flipped));
        string[] parameters = ["const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [], "const float* __restrict__ flipped", "float* __restrict__ dx"];
        using (writer.Kernel(kernel, Comment(layer, group, flipped, tile), parameters))
        {
            writer.Code.Line("// K and C have changed places: the reduction runs over output channels, C, and the result has input channels, K");
            if (g.IsStrided) writer.Code.Line("// R and S count the taps of a phase");
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.KStored}, R = {flipped.R}, S = {flipped.S}, K = {flipped.KStored}, PANEL = {flipped.Panel}, POOL_H = 1, POOL_W = 1{(g.IsStrided ? $", FILTER_H = {g.R}, FILTER_W = {g.S}" : "")}{ConvText.Constants(g)};");
            if (group.Scale != 1) writer.Code.Line(DropoutText.Scale(group.Scale));
            writer.Code.Line($"constexpr int P = {g.P}, Q = {g.Q}{(g.IsStrided ? ", PHASES = STRIDE_H * STRIDE_W" : "")}{(g.Pooled ? $", WINDOW_H = {g.PoolHeight}, WINDOW_W = {g.PoolWidth}" : "")};");
            writer.Code.Line(ConvMainloop.Constants(flipped, tile));
            writer.Code.Line(g.IsStrided ? ConvMainloop.Place.Replace("const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES)", "const int n = blockIdx.x / (PHASES * TILES_H * TILES_W * K_TILES)") : ConvMainloop.Place);
            if (g.IsStrided) writer.Code.Line("const int phase = blockIdx.x / (TILES_H * TILES_W * K_TILES) % PHASES, phase_row = phase / STRIDE_W, phase_column = phase % STRIDE_W;");
            writer.Code.Line();
            ConvMainloop.Emit(writer, flipped, tile, Stage(group), g.IsStrided ? "flipped + k / PANEL * (PANEL * FILTER_H * FILTER_W * C) + k % PANEL" : "flipped + k / PANEL * (PANEL * R * S * C) + k % PANEL", g.IsStrided);
            string row = g.IsStrided ? $"(tile_row + row) * STRIDE_H + phase_row{ConvText.Top(g)}" : "tile_row + row", column = g.IsStrided ? $"(tile_column + column + i) * STRIDE_W + phase_column{ConvText.Left(g)}" : "tile_column + column + i";
            writer.Code.Line($$"""

                // epilogue
                #pragma unroll
                for (int i = 0; i < WINDOWS; ++i)
                {
                    const int h = {{row}}, w = {{column}};
                    if ({{(g.IsStrided ? ConvText.Inside(g) : "h < H && w < W")}}) *reinterpret_cast<float4*>(&dx[(((size_t)n * H + h) * W + w) * K + k]) = acc[i][0];
                }
                """);
        }

        return kernel;
    }

    private static string Comment(string layer, ConvBackwardGroup group, ConvGeometry flipped, ConvTile tile)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        return $"""
            // {group.Name} dgrad  <- {layer}
            //   dx[n,h,w,c] = sum(r,s,k) dz[n,{OutputIndex("h", "r", g.Top, g.StrideHeight)},{OutputIndex("w", "s", g.Left, g.StrideWidth)},k] w[r,s,c,k]{(g.IsStrided ? " where the strides divide" : "")};  dz f32[N,{g.P},{g.Q},{g.KStored}] = {dz}; it exists in shared memory only
            //   dy {CudaWriter.MapText(g, output: true)}  flipped f32[{flipped.KStored / flipped.Panel}][{g.R}][{g.S}][{g.KStored}][{flipped.Panel}] panels of input channels  dx {CudaWriter.MapText(g, output: false)} NHWC
            //   implicit GEMM N*{g.H * g.W} x {g.C} x {flipped.R * flipped.S * g.K}; block {tile.Threads} = {tile.Rows}x{tile.Columns} pixels{(g.IsStrided ? " of a phase" : "")} x {4 * tile.Quads} channels, thread = {tile.Windows} pixels x 4 channels; grid N x {(g.IsStrided ? $"{g.StrideHeight * g.StrideWidth} phases x " : "")}{tile.Tiles(flipped)}{(g.IsStrided ? $"\n//   proved away: pixels whose row and column leave one remainder see the same taps, {flipped.R * flipped.S} of {g.R * g.S} at most; no product with the zeros between the gradient's elements" : "")}
            """;
    }

    private static string OutputIndex(string place, string tap, int before, int stride)
    {
        string shifted = $"{place}{(before > 0 ? $"+{before}" : "")}-{tap}";
        return stride > 1 ? $"({shifted})/{stride}" : shifted;
    }

    /// <summary>Text that fills the tile with four channels of dz at a time: zero outside of the map, and inside where a window's winner is elsewhere.</summary>
    public static string Stage(ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        bool pooled = g.Pooled;
        string top = g.IsStrided ? "" : g.Top > 0 ? " + TOP" : "", left = g.IsStrided ? "" : g.Left > 0 ? " + LEFT" : "";
        string cell = pooled ? "(((size_t)n * (P / WINDOW_H) + p / WINDOW_H) * (Q / WINDOW_W) + q / WINDOW_W) * C + c0 + c" : "(((size_t)n * P + p) * Q + q) * C + c0 + c";
        string mask = (pooled ? """

                const uchar4 winner = *reinterpret_cast<const uchar4*>(&arg[at]);
                const int place = p % WINDOW_H * WINDOW_W + q % WINDOW_W;
                four = make_float4(winner.x == place ? four.x : 0.0f, winner.y == place ? four.y : 0.0f, winner.z == place ? four.z : 0.0f, winner.w == place ? four.w : 0.0f);
        """ : "") + (group.Relu ? $$"""

                const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                {{DropoutText.Masked("four", group.Scale)}}
        """ : "");
        return $$"""
            for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
            {
                const int p = tile_row + i / (COLUMNS * (CHUNK / 4)) - (R - 1){{top}}, q = tile_column + i / (CHUNK / 4) % COLUMNS - (S - 1){{left}}, c = i % (CHUNK / 4) * 4;
                float4 four = make_float4(0, 0, 0, 0);
                if (0 <= p && p < P && 0 <= q && q < Q)
                {
                    const size_t at = {{cell}};
                    four = *reinterpret_cast<const float4*>(&dy[at]);{{mask}}
                }
                *reinterpret_cast<float4*>(&tile[i / (CHUNK / 4) * PITCH + c]) = four;
            }
            """;
    }
}
