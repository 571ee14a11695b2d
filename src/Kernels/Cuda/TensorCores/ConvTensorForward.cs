using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Convolution, bias, ReLU and 2x2 maximum pooling on tensor cores; what <see cref="ConvForward"/> is on fused multiply-adds.</summary>
public static class ConvTensorForward
{
    public static CudaGrid Grid(ConvForwardGroup group, ConvTensorTile tile) => CudaGrid.PerSample(tile.Tiles(group.Geometry));

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the winners.</summary>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvForwardGroup group, ConvTensorTile tile, Operands operands, TileMoments? moments = null)
    {
        ConvGeometry g = group.Geometry;
        int sets = tile.WarpsDown * tile.Channels / 4;
        string? room = TileMoments.Room(sets, ("tile", tile.TileBytes(g)), ("filter", tile.FilterBytes(g)));
        if (moments is not null) MomentsText.EmitHelpers(writer);
        operands.EmitMultiply(writer);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        var kernel = new CudaKernel(name, tile.Threads, tile.MinBlocks, tile.SharedBytes(g) + (moments is null ? 0 : TileMoments.ExtraBytes(sets, room)));
        string[] parameters = [.. DropoutText.Parameter(group.Drop), "const float* __restrict__ x", "const uint4* __restrict__ operands", .. group.Bias is null ? [] : new[] { "const float* __restrict__ bias" }, "float* __restrict__ y", .. g.Pooled ? new[] { "u8* __restrict__ arg" } : [], .. moments is null ? [] : new[] { TileMoments.Parameter }];
        using (writer.Kernel(kernel, Comment(layer, group, tile, operands) + TileMoments.Comment(moments), parameters))
        {
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.CStored}, R = {g.R}, S = {g.S}, K = {g.KStored}, POOL_H = {g.PoolHeight}, POOL_W = {g.PoolWidth}, OUT_H = {g.OutRows}, OUT_W = {g.OutColumns}{ConvText.Constants(g)};");
            writer.Code.Line(ConvTensorMainloop.Constants(g, tile));
            writer.Code.Line(ConvTensorMainloop.Place(g));
            if (group.Drop is not null) writer.Code.Line(DropoutText.Declare(group.Drop));
            writer.Code.Line();
            ConvTensorEpilogue epilogue = Epilogue(group) with { Keeps = moments is not null };
            bool isFull = moments is not null && operands.Products.IsSplit;        // no registers are left for the bias
            if (!isFull) epilogue.EmitBias(writer);
            ConvTensorMainloop.Emit(writer, g, tile, operands.Products, ConvTensorMainloop.Stage(ConvForward.QuadStage(g)));
            if (isFull) epilogue.EmitBias(writer);
            epilogue.Emit(writer);
            if (moments is null) return kernel;
            writer.Code.Line($$"""

                // moments of the tile
                constexpr int QUADS = BLOCK_K / 4;
                {{TileMoments.Sets(sets, room)}}
                Moments moments[COLUMN_TILES / 2];
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES / 2; ++j) moments[j] = moments_of(kept[j], live);
                {{TileMoments.StoreLanes("WARPS_DOWN", "warp_row", "warp_column * (COLUMN_TILES / 2) + ")}}
                """);
        }

        return kernel;
    }

    /// <summary>The end of a tile.</summary>
    private static ConvTensorEpilogue Epilogue(ConvForwardGroup group)
    {
        string number = group.Geometry.Pooled ? "window" : "place";
        return new(
            group, group.Geometry.Pooled ? "(warp_row * (ROW_TILES / 2) + i / 2) * 8 + lane / 4" : "(warp_row * ROW_TILES + i / 2) * 16 + i % 2 * 8 + lane / 4",
            $"tile_row + {number} / TILE_W", $"tile_column + {number} % TILE_W", $"{number} >= TILE_H * TILE_W || p >= OUT_H || q >= OUT_W", "k0 + (warp_column * (COLUMN_TILES / 2) + j) * 16 + lane % 4 * 4", IsTurned: true);
    }

    private static string Comment(string layer, ConvForwardGroup group, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
        string winners = g.Pooled ? $"  arg u8[N,{g.OutRows},{g.OutColumns},{g.KStored}], the maximum's place in its window, of equals the first; null when predicting" : "";
        return $"""
            // {group.Name} fprop  <- {layer}
            //   y[n,p,q,k] = {(g.Pooled ? $"max over 2x2 of {value}; bias and relu are monotonic and follow the maximum" : value)}{DropoutText.Comment(group.Drop)}
            //   x {CudaWriter.MapText(g, output: false)} NHWC, {operands.Staged}  operands {operands.Name}[{g.KStored / 16}][{g.R * g.S}][{g.CStored / operands.StepValues}][lane][{4 * operands.Pack}] w  y {CudaWriter.MapText(g, output: true)} NHWC, sums f32{winners}
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C} on tensor cores; block {tile.Threads} = {tile.Rows}x{tile.Columns}{(g.Pooled ? " windows" : " pixels")} x {tile.Channels} channels, warp = {16 * tile.RowTiles} rows x {8 * tile.ColumnTiles} channels; grid N x {tile.Tiles(g)}
            //   proved away: {(g.Pooled ? $"the {g.P}x{g.Q} map reaches no memory; " : "")}{ConvText.Edges(g)}
            """;
    }
}
