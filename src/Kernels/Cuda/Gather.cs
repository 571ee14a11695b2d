using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cuda;

/// <summary>Copies an input of the batch's samples out of the data set, for a first layer that is not a convolution.</summary>
public static class Gather
{
    private const int Threads = 256;

    public static CudaGrid Grid(int stored) => CudaGrid.PerSample((stored + Threads - 1) / Threads);

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="source">The input.</param>
    /// <param name="stored">Floats of a stored sample: whole lines, zeros behind the last value.</param>
    public static CudaKernel Emit(CudaWriter writer, InputText source, int stored)
    {
        InputSpec input = source.Spec;
        writer.Helper("sample_at", StepText.SampleAt);
        writer.Helper("pixel", StepText.Pixel);
        var kernel = new CudaKernel("gather" + source.Suffix, Threads, 4, 4);
        using (writer.Kernel(kernel, $"""
            // gather{source.Suffix}: x[n] = the batch's sample n, in the epoch's order
            //   data set {source.Text}  x f32[N,{stored}], {stored - input.Count} zeros behind a sample
            """, "const Step* __restrict__ step, float* __restrict__ x"))
        {
            writer.Code.Line($$"""
                constexpr int VALUES = {{input.Count}}, STORED = {{stored}}, BLOCKS = {{(stored + Threads - 1) / Threads}};
                __shared__ int sample;
                const int n = blockIdx.x / BLOCKS, i = blockIdx.x % BLOCKS * {{Threads}} + threadIdx.x;
                if (threadIdx.x == 0) sample = sample_at(step, n);
                __syncthreads();
                if (i < STORED) x[(size_t)n * STORED + i] = i < VALUES ? pixel(step, {{source.Origin("VALUES")}} + i) : 0.0f;
                """);
        }

        return kernel;
    }
}
