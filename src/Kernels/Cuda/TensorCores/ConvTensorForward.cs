using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Convolution, bias, ReLU and 2x2 maximum pooling on tensor cores; what <see cref="ConvForward"/> is on fused multiply-adds.</summary>
public static class ConvTensorForward
{
    public static CudaGrid Grid(ConvForwardGroup group, ConvTensorTile tile) => CudaGrid.PerSample(tile.Tiles(group.Geometry));

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the winners.</summary>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvForwardGroup group, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        operands.EmitMultiply(writer);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        var kernel = new CudaKernel(name, tile.Threads, tile.MinBlocks, tile.SharedBytes(g));
        string[] parameters = [.. DropoutText.Parameter(group.Drop), "const float* __restrict__ x", "const uint4* __restrict__ operands", .. group.Bias is null ? [] : new[] { "const float* __restrict__ bias" }, "float* __restrict__ y", .. g.Pooled ? new[] { "u8* __restrict__ arg" } : []];
        using (writer.Kernel(kernel, Comment(layer, group, tile, operands), parameters))
        {
            writer.Code.Line($"constexpr int H = {g.H}, W = {g.W}, C = {g.CStored}, R = {g.R}, S = {g.S}, K = {g.KStored}, POOL_H = {g.PoolHeight}, POOL_W = {g.PoolWidth}, OUT_H = {g.OutRows}, OUT_W = {g.OutColumns}{ConvText.Constants(g)};");
            writer.Code.Line(ConvTensorMainloop.Constants(g, tile));
            writer.Code.Line(ConvTensorMainloop.Place(g));
            if (group.Drop is not null) writer.Code.Line(DropoutText.Declare(group.Drop));
            writer.Code.Line();
            ConvTensorMainloop.Emit(writer, g, tile, ConvTensorMainloop.Stage(ConvForward.QuadStage(g)));
            EmitEpilogue(writer, group);
        }

        return kernel;
    }

    /// <summary>Emits the end of a tile, whose sums are acc[ROW_TILES][COLUMN_TILES][4].</summary>
    public static void EmitEpilogue(CudaWriter writer, ConvForwardGroup group)
    {
        bool pooled = group.Geometry.Pooled;
        string first = Finished("best[0]", 0), second = Finished("best[1]", 1);
        writer.Code.Line(pooled
            ? $$"""

                // epilogue: pool{{(group.Bias is null ? "" : ", bias")}}{{(group.Relu ? ", relu" : "")}}, store two channels of a window
                #pragma unroll
                for (int i = 0; i < ROW_TILES; i += 2)
                {
                    const int window = (warp_row * (ROW_TILES / 2) + i / 2) * 8 + lane / 4, p = tile_row + window / TILE_W, q = tile_column + window % TILE_W;
                    const bool turned = lane / 16 == 1;         // windows 4 to 7 have their columns in the other order
                    if (window >= TILE_H * TILE_W || p >= OUT_H || q >= OUT_W) continue;
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                    {
                        const int k = k0 + (warp_column * COLUMN_TILES + j) * 8 + lane % 4 * 2;
                        float best[2];
                        int at[2];
                        #pragma unroll
                        for (int e = 0; e < 2; ++e)
                        {
                            const float (&upper)[4] = acc[i][j], (&lower)[4] = acc[i + 1][j];
                            const float window_values[4] = { turned ? upper[2 + e] : upper[e], turned ? upper[e] : upper[2 + e], turned ? lower[2 + e] : lower[e], turned ? lower[e] : lower[2 + e] };
                            best[e] = window_values[0];
                            at[e] = 0;
                            #pragma unroll
                            for (int place = 1; place < 4; ++place)
                                if (window_values[place] > best[e]) { best[e] = window_values[place]; at[e] = place; }      // of equals the first stays
                        }
                        const size_t to = (((size_t)n * OUT_H + p) * OUT_W + q) * K + k;
                        *reinterpret_cast<float2*>(&y[to]) = {{DropoutText.Of(group.Drop, $"make_float2({first}, {second})", "n", "(p * OUT_W + q) * K + k")}};
                        if (arg) *reinterpret_cast<uchar2*>(&arg[to]) = make_uchar2(at[0], at[1]);
                    }
                }
                """
            : $$"""

                // epilogue{{(group.Bias is null ? "" : ": bias")}}{{(group.Relu ? (group.Bias is null ? ": relu" : ", relu") : "")}}; store two channels of a pixel
                #pragma unroll
                for (int i = 0; i < 2 * ROW_TILES; ++i)
                {
                    const int place = (warp_row * ROW_TILES + i / 2) * 16 + i % 2 * 8 + lane / 4, p = tile_row + place / TILE_W, q = tile_column + place % TILE_W;
                    if (place >= TILE_H * TILE_W || p >= OUT_H || q >= OUT_W) continue;
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                    {
                        const int k = k0 + (warp_column * COLUMN_TILES + j) * 8 + lane % 4 * 2;
                        const float best[2] = { acc[i / 2][j][i % 2 * 2], acc[i / 2][j][i % 2 * 2 + 1] };
                        *reinterpret_cast<float2*>(&y[(((size_t)n * OUT_H + p) * OUT_W + q) * K + k]) = {{DropoutText.Of(group.Drop, $"make_float2({first}, {second})", "n", "(p * OUT_W + q) * K + k")}};
                    }
                }
                """);

        string Finished(string value, int channel)
        {
            string sum = value + (group.Bias is null ? "" : channel == 0 ? " + bias[k]" : " + bias[k + 1]");
            return group.Relu ? $"relu({sum})" : sum;
        }
    }

    private static string Comment(string layer, ConvForwardGroup group, ConvTensorTile tile, Operands operands)
    {
        ConvGeometry g = group.Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
        string winners = g.Pooled ? $"  arg u8[N,{g.OutRows},{g.OutColumns},{g.KStored}], the maximum's place in its window, of equals the first; null when predicting" : "";
        return $"""
            // {group.Name} fprop  <- {layer}
            //   y[n,p,q,k] = {(g.Pooled ? $"max over 2x2 of {value}; bias and relu are monotonic and follow the maximum" : value)}{DropoutText.Comment(group.Drop)}
            //   x {CudaWriter.MapText(g, output: false)} NHWC, rounded to {operands.Name} where it is staged  operands {operands.Name}[{g.KStored / 16}][{g.R * g.S}][{g.CStored / operands.StepValues}][lane][{4 * operands.Pack}] w  y {CudaWriter.MapText(g, output: true)} NHWC, sums f32{winners}
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C} on tensor cores; block {tile.Threads} = {tile.Rows}x{tile.Columns}{(g.Pooled ? " windows" : " pixels")} x {tile.Channels} channels, warp = {16 * tile.RowTiles} rows x {8 * tile.ColumnTiles} channels; grid N x {tile.Tiles(g)}
            //   proved away: {(g.Pooled ? $"the {g.P}x{g.Q} map reaches no memory; " : "")}{ConvText.Edges(g)}
            """;
    }
}
