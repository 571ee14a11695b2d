using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Maximum pooling that follows no convolution, and its gradient: an element a thread, bound by memory.</summary>
public static class Pooling
{
    private const int Threads = 256;

    public static CudaGrid ForwardGrid(ConvGeometry g) => CudaGrid.PerSample(((g.OutRows * g.OutColumns * g.KStored) + Threads - 1) / Threads);

    public static CudaGrid BackwardGrid(ConvGeometry g) => CudaGrid.PerSample(((g.H * g.W * g.CStored) + Threads - 1) / Threads);

    public static CudaKernel EmitForward(CudaWriter writer, string name, string layer, PoolForwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        var kernel = new CudaKernel(name, Threads, 4, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} forward  <- {layer}
            //   y[n,p,q,c] = max over {g.PoolHeight}x{g.PoolWidth} of x;  arg = the maximum's place in its window, of equals the first; null when predicting
            //   x {CudaWriter.MapText(g, output: false)} NHWC  y {CudaWriter.MapText(g, output: true)}  arg u8 likewise; thread = one element
            """, "const float* __restrict__ x, float* __restrict__ y, u8* __restrict__ arg"))
        {
            writer.Code.Line($$"""
                constexpr int W = {{g.W}}, C = {{g.C}}, C_STORED = {{g.CStored}}, STRIDE = {{Panels.Pad(g.H * g.W * g.CStored)}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}, BLOCKS = {{ForwardGrid(g).PerUnit}};
                const int n = blockIdx.x / BLOCKS, i = blockIdx.x % BLOCKS * {{Threads}} + threadIdx.x;
                if (i >= OUT_H * OUT_W * K) return;
                const int c = i % K, q = i / K % OUT_W, p = i / (K * OUT_W);
                float best = 0.0f;
                int place = 0;
                if (c < C)
                {
                    const float* from = x + (size_t)n * STRIDE + (p * POOL_H * W + q * POOL_W) * C_STORED + c;
                    best = *from;
                    for (int j = 1; j < POOL_H * POOL_W; ++j)
                    {
                        const float value = from[(j / POOL_W * W + j % POOL_W) * C_STORED];
                        if (value > best) { best = value; place = j; }
                    }
                }
                const size_t to = (size_t)n * (OUT_H * OUT_W * K) + i;
                y[to] = best;
                if (arg) arg[to] = (u8)place;
                """);
        }

        return kernel;
    }

    public static CudaKernel EmitBackward(CudaWriter writer, string name, string layer, PoolBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        var kernel = new CudaKernel(name, Threads, 4, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} backward  <- {layer}
            //   dx = dy at each window's winner, else 0;  dy {CudaWriter.MapText(g, output: true)}  dx {CudaWriter.MapText(g, output: false)} NHWC; thread = one element
            """, "const float* __restrict__ dy, const u8* __restrict__ arg, float* __restrict__ dx"))
        {
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}, BLOCKS = {{BackwardGrid(g).PerUnit}};
                const int n = blockIdx.x / BLOCKS, i = blockIdx.x % BLOCKS * {{Threads}} + threadIdx.x;
                if (i >= H * W * C) return;
                const int c = i % C, w = i / C % W, h = i / (C * W), p = h / POOL_H, q = w / POOL_W;
                float gradient = 0.0f;
                if (p < OUT_H && q < OUT_W)
                {
                    const size_t at = (((size_t)n * OUT_H + p) * OUT_W + q) * K + c;
                    if (arg[at] == h % POOL_H * POOL_W + w % POOL_W) gradient = dy[at];
                }
                dx[(size_t)n * (H * W * C) + i] = gradient;
                """);
        }

        return kernel;
    }
}
