namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How a dense layer's rows become operands: each lane rounds four words of a row that are neighbours, in the order of <c>dense_operand</c>.</summary>
public static class DenseTensorLoads
{
    public static void Emit(CudaWriter writer, Operands operands)
    {
        operands.EmitOperand(writer);
        writer.Helper("load_row", operands.Pack == 1 ? """
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
            """);
    }
}
