namespace Convoke.Cuda.Tests.Binding;

/// <summary>Small kernels for the tests of the binding.</summary>
internal static class Sources
{
    public static ReadOnlySpan<byte> Axpy =>
        """
        extern "C" __global__ void axpy(const float* x, float* y, float a, int n)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) y[i] = a * x[i] + y[i];
        }

        extern "C" __global__ void sum_block(const float* x, float* sum)
        {
            __shared__ float part[256];
            part[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
            __syncthreads();
            for (int half = 128; half > 0; half >>= 1)
            {
                if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
                __syncthreads();
            }
            if (threadIdx.x == 0) sum[blockIdx.x] = part[0];
        }
        """u8;

    /// <summary>Kernels that tests run: one that is right, and one that writes anywhere.</summary>
    public static ReadOnlySpan<byte> Device =>
        """
        extern __shared__ float dynamic_shared[];

        extern "C" __global__ void scale(const float* from, float* to, float factor, int count)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < count) to[i] = fmaf(factor, from[i], 1.0f);
        }

        extern "C" __global__ void write_at(float* to, long long at)
        {
            if (threadIdx.x == 0) to[at] = 1.0f;
        }

        extern "C" __global__ void use_shared(float* to, int count)
        {
            for (int i = threadIdx.x; i < count; i += blockDim.x) dynamic_shared[i] = i;
            __syncthreads();
            if (threadIdx.x == 0) to[0] = dynamic_shared[count - 1];
        }
        """u8;

    /// <summary>128 live values in the 32 registers that its launch bounds leave.</summary>
    public static ReadOnlySpan<byte> Spilling =>
        """
        extern "C" __global__ __launch_bounds__(1024, 2) void spill(const float* x, float* y)
        {
            float v[128];
            #pragma unroll
            for (int i = 0; i < 128; i++) v[i] = x[i * 1024 + threadIdx.x];
            __syncthreads();
            #pragma unroll
            for (int i = 0; i < 128; i++) y[(127 - i) * 1024 + threadIdx.x] = v[i] * v[127 - i];
        }
        """u8;
}
