namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How a dense layer's rows become operands: each lane rounds four words of a row that are neighbours, in the order of <c>dense_operand</c>.</summary>
public static class DenseTensorLoads
{
    /// <summary>Emits load_row.</summary>
    public static void Emit(CudaWriter writer, Operands operands)
    {
        operands.EmitOperand(writer);
        writer.Helper("load_row", Text(operands));
    }

    /// <summary>Emits the same of gradients, where those are other factors.</summary>
    public static void EmitOfGradients(CudaWriter writer, Operands operands)
    {
        operands.EmitOperand(writer);
        operands.Gradients.EmitHelpers(writer);
        writer.Helper(operands.Gradients.LoadRow, operands.Gradients.IsScaled ? Text(operands).Replace("load_row", operands.Gradients.LoadRow).Replace("= operand(", "= gradient_operand(") : Text(operands));
    }

    private static string Text(Operands operands) => operands.Pack == 1 ? """
            // row n's words 16 * step + 4 * (lane % 4) on; zeros from batch on
            template <int STRIDE>
            __device__ __forceinline__ void load_row(u32 (&a)[4], const float* __restrict__ x, int n, int step, int lane, int batch)
            {
                const int f = step * 16 + lane % 4 * 4;
                const float4 four = n < batch ? *reinterpret_cast<const float4*>(&x[(size_t)n * STRIDE + f]) : make_float4(0, 0, 0, 0);
                a[0] = operand(four.x); a[1] = operand(four.y); a[2] = operand(four.z); a[3] = operand(four.w);
            }
            """ : """
            // row n's words 16 * step + 4 * (lane % 4) on; zeros from batch on, and behind the row
            template <int STRIDE>
            __device__ __forceinline__ void load_row(u32 (&a)[4], const float* __restrict__ x, int n, int step, int lane, int batch)
            {
                const int f = step * 32 + lane % 4 * 8;
                const bool inside = n < batch && (STRIDE % 32 == 0 || f < STRIDE);
                const float4* from = reinterpret_cast<const float4*>(&x[(size_t)n * STRIDE + f]);
                const float4 low = inside ? from[0] : make_float4(0, 0, 0, 0), high = inside ? from[1] : make_float4(0, 0, 0, 0);
                a[0] = operand(low.x, low.y); a[1] = operand(low.z, low.w); a[2] = operand(high.x, high.y); a[3] = operand(high.z, high.w);
            }
            """;

    /// <summary>Text of a double step of the reduction, into acc[tiles][4].</summary>
    /// <param name="stride">Text for the floats of a row.</param>
    /// <param name="rows">Name of the rows.</param>
    /// <param name="products">How factors become products.</param>
    /// <param name="tiles">Text for the 8-column tiles.</param>
    /// <param name="at">Text for the place of tile j's operands.</param>
    /// <param name="behind">Text: whether tile j is behind the last one; none is where it is left out.</param>
    /// <param name="row">Text for the lane's upper row.</param>
    /// <param name="count">Text for how many rows there are.</param>
    /// <param name="load">Name of what loads a row.</param>
    public static string Step(string stride, string rows, Products products, string tiles, string at, string? behind = null, string row = "n0 + lane / 4", string count = "batch", string load = "load_row")
    {
        // Whole factors are multiplied as they come; of split ones, those of all tiles are there before, so that no product waits for the one before it.
        string loads = $"""
            u32 upper{products.Parts}[4], lower{products.Parts}[4];
            {load}<{stride}>({products.Whole("upper")}, {rows}, {row}, step, lane, {count});
            {load}<{stride}>({products.Whole("lower")}, {rows}, {row} + 8, step, lane, {count});
            """;
        if (!products.IsSplit)
        {
            return loads + $$"""

                #pragma unroll
                for (int j = 0; j < {{tiles}}; ++j)
                {
                {{(behind is null ? "" : $"    if ({behind}) break;\n")}}    const uint4 b = __ldg(&operands[{{at}}]);
                    mma(acc[j], upper[0], lower[0], upper[1], lower[1], b.x, b.y);
                    mma(acc[j], upper[2], lower[2], upper[3], lower[3], b.z, b.w);
                }
                """;
        }

        return loads + $$"""

            uint4 b[2][{{tiles}}];
            #pragma unroll
            for (int j = 0; j < {{tiles}}; ++j) b[0][j] = {{(behind is null ? "" : $"{behind} ? make_uint4(0, 0, 0, 0) : ")}}__ldg(&operands[{{at}}]);{{products.Split("", "upper", "lower", "b")}}
            {{products.Add("", "acc", tiles, (sums, left, right) => $$"""
                #pragma unroll
                for (int j = 0; j < {{tiles}}; ++j)
                {
                    mma({{sums}}[j], upper{{left}}[0], lower{{left}}[0], upper{{left}}[1], lower{{left}}[1], b{{right}}[j].x, b{{right}}[j].y);
                    mma({{sums}}[j], upper{{left}}[2], lower{{left}}[2], upper{{left}}[3], lower{{left}}[3], b{{right}}[j].z, b{{right}}[j].w);
                }
                """)}}
            """;
    }
}
