using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Gradient of a convolution's input on tensor cores; what <see cref="ConvDgrad"/> is on fused multiply-adds. Strides stay with those.</summary>
public static class ConvTensorDgrad
{
    /// <summary>The cut, or null where the layer stays with fused multiply-adds.</summary>
    public static ConvTensorTile? Tile(ConvGeometry g, Operands operands) => g.IsStrided ? null : ConvTensorTile.Choose(ConvDgrad.Flipped(g), operands);

    public static CudaGrid Grid(ConvBackwardGroup group, ConvTensorTile tile) => CudaGrid.PerSample(tile.Tiles(ConvDgrad.Flipped(group.Geometry)));

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry, flipped = ConvDgrad.Flipped(g);
        operands.EmitMultiply(writer);
        operands.Gradients.EmitHelpers(writer);
        var kernel = new CudaKernel(name, tile.Threads, tile.MinBlocks, tile.SharedBytes(flipped));
        string[] parameters = ["const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [], "const uint4* __restrict__ operands", "float* __restrict__ dx"];
        using (writer.Kernel(kernel, Comment(layer, group, flipped, tile, operands), parameters))
        {
            writer.Code.Line("// K and C have changed places: the reduction runs over output channels, C, and the result has input channels, K");
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.KStored}, R = {flipped.R}, S = {flipped.S}, K = {flipped.KStored}, POOL_H = 1, POOL_W = 1{ConvText.Constants(g)};");
            if (group.Scale != 1) writer.Code.Line(DropoutText.Scale(group.Scale));
            writer.Code.Line($"constexpr int P = {g.P}, Q = {g.Q}{(g.Pooled ? $", WINDOW_H = {g.PoolHeight}, WINDOW_W = {g.PoolWidth}" : "")};");
            writer.Code.Line(ConvTensorMainloop.Constants(flipped, tile));
            writer.Code.Line(ConvTensorMainloop.Place(flipped));
            writer.Code.Line();
            ConvTensorMainloop.Emit(writer, flipped, tile, operands.Products, g.Pooled ? StageWindows(group, flipped, tile, operands.Gradients) : ConvTensorMainloop.Stage(ConvDgrad.Stage(group), operands.Gradients.Store));
            writer.Code.Line($$"""

                // epilogue: two channels of a pixel
                #pragma unroll
                for (int i = 0; i < 2 * ROW_TILES; ++i)
                {
                    const int place = (warp_row * ROW_TILES + i / 2) * 16 + i % 2 * 8 + lane / 4, h = tile_row + place / TILE_W, w = tile_column + place % TILE_W;
                    if (place >= TILE_H * TILE_W || h >= H || w >= W) continue;
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                        *reinterpret_cast<float2*>(&dx[(((size_t)n * H + h) * W + w) * K + k0 + (warp_column * COLUMN_TILES + j) * 8 + lane % 4 * 2]) = make_float2({{operands.Gradients.Sum("acc[i / 2][j][i % 2 * 2]")}}, {{operands.Gradients.Sum("acc[i / 2][j][i % 2 * 2 + 1]")}});
                }
                """);
        }

        return kernel;
    }

    /// <summary>Text that fills the tile under pooling: what a window has is read once for all its places. Windows beside the map are zeros, and so is the border that they make.</summary>
    private static string StageWindows(ConvBackwardGroup group, ConvGeometry flipped, ConvTensorTile tile, GradientFactors factors)
    {
        ConvGeometry g = group.Geometry;
        string mask = group.Relu ? $$"""

                    const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                    {{DropoutText.Masked("four", group.Scale)}}
            """ : "";
        return $$"""
            // windows that the tile's rows and columns meet; a tile begins {{g.R - 1 - g.Top}} rows and {{g.S - 1 - g.Left}} columns before its pixels
            constexpr int DOWN = {{Windows(tile.StagedRows(flipped), tile.TilesDown(flipped) == 1 || tile.Rows % g.PoolHeight == 0, g.Top - g.R + 1, g.PoolHeight)}}, ACROSS = {{Windows(tile.StagedColumns(flipped), tile.TilesAcross(flipped) == 1 || tile.Columns % g.PoolWidth == 0, g.Left - g.S + 1, g.PoolWidth)}};
            const int p0 = tile_row - (R - 1){{(g.Top > 0 ? " + TOP" : "")}}, q0 = tile_column - (S - 1){{(g.Left > 0 ? " + LEFT" : "")}};
            #pragma unroll 4
            for (int i = thread; i < DOWN * ACROSS * (CHANNELS / 4); i += THREADS)
            {
                // the windows begin a multiple of WINDOW before the map
                const int row = (p0 + WINDOW_H * R) / WINDOW_H - R + i / (ACROSS * (CHANNELS / 4)), column = (q0 + WINDOW_W * S) / WINDOW_W - S + i / (CHANNELS / 4) % ACROSS, c = i % (CHANNELS / 4) * 4;
                float4 four = make_float4(0, 0, 0, 0);
                uchar4 winner = make_uchar4(0, 0, 0, 0);
                if (0 <= row && row < P / WINDOW_H && 0 <= column && column < Q / WINDOW_W)
                {
                    const size_t at = (((size_t)n * (P / WINDOW_H) + row) * (Q / WINDOW_W) + column) * C + c0 + c;
                    four = *reinterpret_cast<const float4*>(&dy[at]);
                    winner = *reinterpret_cast<const uchar4*>(&arg[at]);{{mask}}
                }
                {{factors.Prepare("four", "    ")}}#pragma unroll
                for (int place = 0; place < WINDOW_H * WINDOW_W; ++place)
                {
                    const int p = row * WINDOW_H + place / WINDOW_W - p0, q = column * WINDOW_W + place % WINDOW_W - q0;
                    if (0 <= p && p < ROWS && 0 <= q && q < COLUMNS)
                        {{factors.StoreUnpooled("&tile[(p * COLUMNS + q) * PITCH + c / PACK]", "four")}}
                }
            }
            """;
    }

    /// <summary>Windows that <paramref name="staged"/> rows meet: where their first one always stands alike in its window, exactly; else as many as they can meet.</summary>
    private static int Windows(int staged, bool alike, int first, int window)
    {
        int before = alike ? ((first % window) + window) % window : window - 1;
        return (before + staged + window - 1) / window;
    }

    private static string Comment(string layer, ConvBackwardGroup group, ConvGeometry flipped, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        return $"""
            // {group.Name} dgrad  <- {layer}
            //   dx[n,h,w,c] = sum(r,s,k) dz[n,h{(g.Top > 0 ? $"+{g.Top}" : "")}-r,w{(g.Left > 0 ? $"+{g.Left}" : "")}-s,k] w[r,s,c,k];  dz[N,{g.P},{g.Q},{g.KStored}] = {dz}; it exists in shared memory only, as {operands.Name}{operands.Gradients.Comment}
            //   dy {CudaWriter.MapText(g, output: true)}  operands {operands.Name}[{flipped.KStored / 16}][{g.R * g.S}][{g.KStored / operands.StepValues}][lane][{4 * operands.Pack}] w, turned by half a circle  dx {CudaWriter.MapText(g, output: false)} NHWC, sums f32
            //   implicit GEMM N*{g.H * g.W} x {g.C} x {flipped.R * flipped.S * g.K} on tensor cores; block {tile.Threads} = {tile.Rows}x{tile.Columns} pixels x {tile.Channels} channels, warp = {16 * tile.RowTiles} rows x {8 * tile.ColumnTiles} channels; grid N x {tile.Tiles(flipped)}
            """;
    }
}
