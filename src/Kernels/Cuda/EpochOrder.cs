namespace Convoke.Kernels.Cuda;

/// <summary>The order of an epoch, computed once for all its steps: a kernel that needs a sample then has one load to wait for, not the rounds of a bijection.</summary>
public static class EpochOrder
{
    private const int Threads = 256, Blocks = 264;

    public static CudaGrid Grid => CudaGrid.Of(Blocks);

    public static CudaKernel Emit(CudaWriter writer)
    {
        writer.Helper("permuted", Permuted);
        var kernel = new CudaKernel("epoch_order", Threads, 4, 0);
        using (writer.Kernel(kernel, """
            // epoch_order: order[i] = place in the data set of the epoch's sample i; run before the first step of an epoch; grid-stride, any grid
            """, "const Step* __restrict__ step"))
            writer.Code.Line("for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < step->samples; i += gridDim.x * blockDim.x) step->order[i] = permuted(step, i);");
        return kernel;
    }

    private const string Permuted = """
        // half of a Feistel round: two multiplies whose high and low words are folded
        __device__ __forceinline__ u32 mix(u32 half, u32 key)
        {
            u64 product = (u64)(half + key) * 0xD2511F53u;
            product = (u64)((u32)(product >> 32) ^ (u32)product ^ key) * 0xCD9E8D57u;
            return (u32)(product >> 32) ^ (u32)product;
        }

        // a keyed bijection over [0, samples): a Feistel network over the next power of two (Luby and Rackoff 1988); what falls outside walks on (Black and Rogaway 2002)
        __device__ __forceinline__ u32 permuted(const Step* __restrict__ step, u32 value)
        {
            const u32 low_bits = step->low_bits, low_mask = (1u << low_bits) - 1, high_mask = (1u << step->high_bits) - 1, rounds = step->rounds;
            do
            {
                u32 low = value & low_mask, high = value >> low_bits;
                for (u32 round = 0; round < rounds; ++round)
                {
                    const u32 pair = round < 6 ? round : round - 6, shift = round < 6 ? 0 : 0x9E3779B9u;
                    high = (high ^ mix(low, step->keys[2 * pair] + shift)) & high_mask;
                    low = (low ^ mix(high, step->keys[2 * pair + 1] + shift)) & low_mask;
                }
                value = (high << low_bits) | low;
            }
            while (value >= (u32)step->samples);
            return value;
        }
        """;
}
