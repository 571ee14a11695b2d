using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Gradient of a dense layer's input, masked by the ReLU that made it.</summary>
public static class DenseDgrad
{
    private const int Threads = 128, Rows = 4;

    public static CudaGrid Grid(DenseDgradGroup group) => CudaGrid.PerSample(Blocks(group), Rows);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseDgradGroup group)
    {
        EmitHelpers(writer);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored);
        var kernel = new CudaKernel(name, Threads, 4, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} dgrad  <- {layer}
            //   dx[n,i] = sum(o) dy[n,o] w[i,o]{(group.ReluOutput is null ? "" : " where x > 0, the relu that made x" + DropoutText.TimesComment(group.Scale))}
            //   dy f32[N,{stored}]  w f32[{stored / panel}][{group.In}][{panel}]  dx f32[N,{group.In}]
            //   GEMM N x {group.In} x {group.Units}; thread = {Rows} rows x 4 features; grid N/{Rows} x {Blocks(group)}
            """, $"const float* __restrict__ dy, const float* __restrict__ weights{(group.ReluOutput is null ? "" : ", const float* __restrict__ x")}, float* __restrict__ dx, int batch"))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, UNITS = {{group.Units}}, OUT = {{stored}}, PANEL = {{panel}}, BLOCKS = {{Blocks(group)}};
                const int n = blockIdx.x / BLOCKS * {{Rows}}, f = (blockIdx.x % BLOCKS * {{Threads}} + threadIdx.x) * 4;
                if (f < IN) dense_dgrad_tile<IN, UNITS, OUT, PANEL>(dy, weights, {{(group.ReluOutput is null ? "nullptr" : "x")}}, dx, n, f, batch{{ScaleArgument(group)}});
                """);
        }

        return kernel;
    }

    /// <summary>Emits dense_dgrad_tile, which the head shares.</summary>
    public static void EmitHelpers(CudaWriter writer) => writer.Helper("dense_dgrad_tile", """
        // dx[n..n+3][f..f+3] = dy w^T, masked where x, if given, is not positive, and there times scale; IN is a multiple of 4
        template <int IN, int UNITS, int OUT, int PANEL>
        __device__ __forceinline__ void dense_dgrad_tile(const float* __restrict__ dy, const float* __restrict__ weights, const float* __restrict__ x, float* __restrict__ dx, int n, int f, int batch, float scale = 1.0f)
        {
            float acc[4][4] = {};
            #pragma unroll (UNITS <= 16 ? 4 : 1)
            for (int o = 0; o < UNITS; o += 4)
            {
                float4 gradients[4], w[4];
                #pragma unroll
                for (int i = 0; i < 4; ++i) gradients[i] = n + i < batch ? *reinterpret_cast<const float4*>(&dy[(size_t)(n + i) * OUT + o]) : make_float4(0, 0, 0, 0);
                #pragma unroll
                for (int j = 0; j < 4; ++j) w[j] = *reinterpret_cast<const float4*>(&weights[o / PANEL * (PANEL * IN) + (f + j) * PANEL + o % PANEL]);
                #pragma unroll
                for (int i = 0; i < 4; ++i)
                    #pragma unroll
                    for (int j = 0; j < 4; ++j)
                        acc[i][j] = fmaf(gradients[i].w, w[j].w, fmaf(gradients[i].z, w[j].z, fmaf(gradients[i].y, w[j].y, fmaf(gradients[i].x, w[j].x, acc[i][j]))));
            }
            #pragma unroll
            for (int i = 0; i < 4; ++i)
            {
                if (n + i >= batch) continue;
                const size_t at = (size_t)(n + i) * IN + f;
                float4 result = make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
                if (x)
                {
                    const float4 open = *reinterpret_cast<const float4*>(&x[at]);
                    result = make_float4(open.x > 0.0f ? result.x * scale : 0.0f, open.y > 0.0f ? result.y * scale : 0.0f, open.z > 0.0f ? result.z * scale : 0.0f, open.w > 0.0f ? result.w * scale : 0.0f);
                }
                *reinterpret_cast<float4*>(&dx[at]) = result;
            }
        }
        """);

    /// <summary>The argument for what dropout kept; none where there is none.</summary>
    public static string ScaleArgument(DenseDgradGroup group) => group.Scale == 1 ? "" : $", {CudaWriter.Literal(group.Scale)}";

    private static int Blocks(DenseDgradGroup group) => ((group.In / 4) + Threads - 1) / Threads;
}
