using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Gradient of a convolution's input on tensor cores; what <see cref="ConvDgrad"/> is on fused multiply-adds. Strides stay with those.</summary>
public static class ConvTensorDgrad
{
    /// <summary>The cut, or null where the layer stays with fused multiply-adds.</summary>
    public static ConvTensorTile? Tile(ConvGeometry g, Operands operands) => g.IsStrided ? null : ConvTensorTile.Choose(ConvDgrad.Flipped(g), operands.Pack);

    public static CudaGrid Grid(ConvBackwardGroup group, ConvTensorTile tile) => CudaGrid.PerSample(tile.Tiles(ConvDgrad.Flipped(group.Geometry)));

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry, flipped = ConvDgrad.Flipped(g);
        operands.EmitMultiply(writer);
        var kernel = new CudaKernel(name, tile.Threads, tile.MinBlocks, tile.SharedBytes(flipped));
        string[] parameters = ["const float* __restrict__ dy", .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [], "const uint4* __restrict__ operands", "float* __restrict__ dx"];
        using (writer.Kernel(kernel, Comment(layer, group, flipped, tile, operands), parameters))
        {
            writer.Code.Line("// K and C have changed places: the reduction runs over output channels, C, and the result has input channels, K");
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.KStored}, R = {flipped.R}, S = {flipped.S}, K = {flipped.KStored}, POOL_H = 1, POOL_W = 1{ConvText.Constants(g)};");
            writer.Code.Line($"constexpr int P = {g.P}, Q = {g.Q}{(g.Pooled ? $", WINDOW_H = {g.PoolHeight}, WINDOW_W = {g.PoolWidth}" : "")};");
            writer.Code.Line(ConvTensorMainloop.Constants(flipped, tile));
            writer.Code.Line(ConvTensorMainloop.Place(flipped));
            writer.Code.Line();
            ConvTensorMainloop.Emit(writer, flipped, tile, ConvTensorMainloop.Stage(ConvDgrad.Stage(group)));
            writer.Code.Line("""

                // epilogue: two channels of a pixel
                #pragma unroll
                for (int i = 0; i < 2 * ROW_TILES; ++i)
                {
                    const int place = (warp_row * ROW_TILES + i / 2) * 16 + i % 2 * 8 + lane / 4, h = tile_row + place / TILE_W, w = tile_column + place % TILE_W;
                    if (place >= TILE_H * TILE_W || h >= H || w >= W) continue;
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                        *reinterpret_cast<float2*>(&dx[(((size_t)n * H + h) * W + w) * K + k0 + (warp_column * COLUMN_TILES + j) * 8 + lane % 4 * 2]) = make_float2(acc[i / 2][j][i % 2 * 2], acc[i / 2][j][i % 2 * 2 + 1]);
                }
                """);
        }

        return kernel;
    }

    private static string Comment(string layer, ConvBackwardGroup group, ConvGeometry flipped, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "");
        return $"""
            // {group.Name} dgrad  <- {layer}
            //   dx[n,h,w,c] = sum(r,s,k) dz[n,h{(g.Top > 0 ? $"+{g.Top}" : "")}-r,w{(g.Left > 0 ? $"+{g.Left}" : "")}-s,k] w[r,s,c,k];  dz[N,{g.P},{g.Q},{g.KStored}] = {dz}; it exists in shared memory only, as {operands.Name}
            //   dy {CudaWriter.MapText(g, output: true)}  operands {operands.Name}[{flipped.KStored / 16}][{g.R * g.S}][{g.KStored / operands.StepValues}][lane][{4 * operands.Pack}] w, turned by half a circle  dx {CudaWriter.MapText(g, output: false)} NHWC, sums f32
            //   implicit GEMM N*{g.H * g.W} x {g.C} x {flipped.R * flipped.S * g.K} on tensor cores; block {tile.Threads} = {tile.Rows}x{tile.Columns} pixels x {tile.Channels} channels, warp = {16 * tile.RowTiles} rows x {8 * tile.ColumnTiles} channels; grid N x {tile.Tiles(flipped)}
            """;
    }
}
