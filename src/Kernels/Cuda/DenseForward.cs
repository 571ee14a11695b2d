using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>y = act(x w + b) for a tile of rows and units; the threads of a block share the reduction and add their parts in order.</summary>
public static class DenseForward
{
    private const int Threads = 256, Rows = 16;

    /// <summary>Units of a tile.</summary>
    private const int Units = 16;

    public static CudaGrid Grid(DenseForwardGroup group) => CudaGrid.PerSample(Panels.Pad(group.Units) / Units, Rows);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseForwardGroup group)
    {
        EmitHelpers(writer);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), stride = Panels.Pad(group.In);
        var kernel = new CudaKernel(name, Threads, 2, 4 * 4 * Threads * 4);
        string sum = "sum(i) x[n,i] w[i,o]" + (group.Bias is null ? "" : " + b[o]");
        using (writer.Kernel(kernel, $"""
            // {group.Name} forward  <- {layer}
            //   y[n,o] = {(group.Relu ? $"relu({sum})" : sum)}{DropoutText.Comment(group.Drop)}
            //   x f32[N,{stride}]  w f32[{stored / panel}][{group.In}][{panel}] panels of units  y f32[N,{stored}]
            //   GEMM N x {group.Units} x {group.In}; block {Threads} = {Rows} rows x {Units} units x {Threads / 16} shares of the reduction, thread = 4 x 4 sums; grid N/{Rows} x {stored / Units}
            """, [.. DropoutText.Parameter(group.Drop), "const float* __restrict__ x, const float* __restrict__ weights", group.Bias is null ? "float* __restrict__ y, int batch" : "const float* __restrict__ bias, float* __restrict__ y, int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, STRIDE = {{stride}}, OUT = {{stored}}, PANEL = {{panel}}, ROWS = {{Rows}}, UNITS = {{Units}}, SHARES = {{Threads * 16 / (Rows * Units)}};
                __shared__ __align__(16) float sums[SHARES][ROWS][UNITS];
                const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, row = thread / (UNITS / 4) % (ROWS / 4) * 4, share = thread / (ROWS * UNITS / 16);
                const int n0 = blockIdx.x / (OUT / UNITS) * ROWS, o0 = blockIdx.x % (OUT / UNITS) * UNITS;

                dense_tile<IN, STRIDE, PANEL, SHARES>(&sums[share][row][unit], UNITS, x, weights, n0 + row, o0 + unit, share, batch);
                __syncthreads();

                // epilogue: the shares in order{{(group.Bias is null ? "" : ", bias")}}{{(group.Relu ? ", relu" : "")}}
                const int n = n0 + thread / UNITS, o = o0 + thread % UNITS;
                float sum = 0;
                #pragma unroll
                for (int s = 0; s < SHARES; ++s) sum += sums[s][thread / UNITS][thread % UNITS];
                {{(group.Bias is null ? "" : "sum += bias[o];\n")}}{{(group.Drop is null ? "" : DropoutText.Declare(group.Drop) + "\n")}}if (n < batch) y[(size_t)n * OUT + o] = {{DropoutText.Of(group.Drop, group.Relu ? "relu(sum)" : "sum", "n", "o")}};
                """);
        }

        return kernel;
    }

    /// <summary>Emits dense_tile, the reduction that the hidden layers and the head share.</summary>
    public static void EmitHelpers(CudaWriter writer)
    {
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        writer.Helper("dense_tile", """
            // to[4][4], pitch apart: rows n.. and units o.. of x w, summed over the quads of features that fall to one of SHARES threads; rows from batch on are left alone
            template <int IN, int STRIDE, int PANEL, int SHARES>
            __device__ __forceinline__ void dense_tile(float* __restrict__ to, int pitch, const float* __restrict__ x, const float* __restrict__ weights, int n, int o, int share, int batch)
            {
                const float* w = weights + o / PANEL * (PANEL * IN) + o % PANEL;
                float4 acc[4] = {};
                #pragma unroll 2
                for (int f = 4 * share; f < IN; f += 4 * SHARES)
                {
                    float4 quad[4];
                    #pragma unroll
                    for (int i = 0; i < 4; ++i) quad[i] = n + i < batch ? *reinterpret_cast<const float4*>(&x[(size_t)(n + i) * STRIDE + f]) : make_float4(0, 0, 0, 0);
                    const float4 zero = make_float4(0, 0, 0, 0);
                    const float4 w0 = *reinterpret_cast<const float4*>(w + f * PANEL);
                    const float4 w1 = IN % 4 == 0 || f + 1 < IN ? *reinterpret_cast<const float4*>(w + (f + 1) * PANEL) : zero;
                    const float4 w2 = IN % 4 == 0 || f + 2 < IN ? *reinterpret_cast<const float4*>(w + (f + 2) * PANEL) : zero;
                    const float4 w3 = IN % 4 == 0 || f + 3 < IN ? *reinterpret_cast<const float4*>(w + (f + 3) * PANEL) : zero;
                    #pragma unroll
                    for (int i = 0; i < 4; ++i)
                    {
                        multiply_add(acc[i], quad[i].x, w0); multiply_add(acc[i], quad[i].y, w1); multiply_add(acc[i], quad[i].z, w2); multiply_add(acc[i], quad[i].w, w3);
                    }
                }
                #pragma unroll
                for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(to + i * pitch) = acc[i];
            }
            """);
    }
}
