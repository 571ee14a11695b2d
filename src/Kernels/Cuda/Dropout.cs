using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Dropout and its gradient, which draws the same mask again: a thread has the four elements of one Philox block.</summary>
public static class Dropout
{
    public static ElementGrid Grid(DropoutGroup group) => new(group.Extent.Count / 4);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DropoutGroup group)
    {
        writer.Helper("philox", """
            // Philox4x32-10 (Salmon et al. 2011, section 3.3): four words for a counter and a key
            __device__ __forceinline__ uint4 philox(uint4 counter, u64 seed)
            {
                u32 key0 = (u32)seed, key1 = (u32)(seed >> 32);
                #pragma unroll
                for (int round = 0; round < 10; ++round)
                {
                    const u64 product0 = (u64)0xD2511F53u * counter.x, product1 = (u64)0xCD9E8D57u * counter.z;
                    counter = make_uint4((u32)(product1 >> 32) ^ counter.y ^ key0, (u32)product1, (u32)(product0 >> 32) ^ counter.w ^ key1, (u32)product0);
                    key0 += 0x9E3779B9u;
                    key1 += 0xBB67AE85u;
                }
                return counter;
            }
            """);
        ElementGrid grid = Grid(group);
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name}{(group.Backward ? " gradient" : "")}  <- {layer}
            //   y = x / (1 - {group.Rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}) where kept, else 0; element e of sample n is kept where word e % 4 of philox(e / 4, n, site, draw + 2^31) is at least THRESHOLD
            //   x, y {CudaWriter.MapText(group.Extent)} NHWC; no mask is stored: {(group.Backward ? "this is the forward pass's, drawn again" : "the gradient draws it again")}; thread = 4 channels; {grid.Text}
            """, $"const Step* __restrict__ step, const float* __restrict__ x, float* __restrict__ y{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                constexpr int COUNT = {{group.Extent.Count}};
                constexpr u32 SITE = {{group.Site}}, THRESHOLD = {{group.Threshold}}u;
                constexpr float SCALE = {{CudaWriter.Literal(group.Scale)}};
                {{grid.Place}}
                const size_t at = (size_t)n * COUNT + i * 4;
                const uint4 word = philox(make_uint4(i, n, SITE, step->draw | 0x80000000u), step->seed);
                const float4 four = *reinterpret_cast<const float4*>(&x[at]);
                *reinterpret_cast<float4*>(&y[at]) = make_float4(word.x >= THRESHOLD ? four.x * SCALE : 0.0f, word.y >= THRESHOLD ? four.y * SCALE : 0.0f,
                                                                 word.z >= THRESHOLD ? four.z * SCALE : 0.0f, word.w >= THRESHOLD ? four.w * SCALE : 0.0f);
                """);
        }

        return kernel;
    }
}
