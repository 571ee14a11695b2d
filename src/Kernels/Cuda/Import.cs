using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Copies an input of the batch's samples out of the data set into stored form, channels padded by zeros.</summary>
public static class Import
{
    private const int Threads = 256;

    public static CudaGrid Grid(ImportGroup group) => CudaGrid.PerSample(Blocks(group));

    public static CudaKernel Emit(CudaWriter writer, ImportGroup group, InputText source)
    {
        InputSpec input = source.Spec;
        ValueStorage extent = group.Extent;
        writer.Helper("sample_at", StepText.SampleAt);
        writer.Helper("pixel", StepText.Pixel);
        var kernel = new CudaKernel("import" + source.Suffix, Threads, 4, 4);
        using (writer.Kernel(kernel, $"""
            // import{source.Suffix}: x[n] = the batch's sample n, in the epoch's order{(extent.Rows < input.Height || extent.Columns < input.Width ? ", as far as it is read" : "")}
            //   data set {source.Text}  x {CudaWriter.MapText(extent)} NHWC; thread = one element; grid N x {Blocks(group)}
            """, "const Step* __restrict__ step, float* __restrict__ x"))
        {
            writer.Code.Line($$"""
                constexpr int {{(source.Suffix.Length == 0 ? $"H = {input.Height}, " : "")}}W = {{input.Width}}, C = {{input.Channels}}, ROWS = {{extent.Rows}}, COLUMNS = {{extent.Columns}}, STORED = {{extent.Stored}}, BLOCKS = {{Blocks(group)}};
                __shared__ int sample;
                const int n = blockIdx.x / BLOCKS, i = blockIdx.x % BLOCKS * {{Threads}} + threadIdx.x, c = i % STORED, w = i / STORED % COLUMNS, h = i / (STORED * COLUMNS);
                if (threadIdx.x == 0) sample = sample_at(step, n);
                __syncthreads();
                if (h < ROWS) x[(size_t)n * (ROWS * COLUMNS * STORED) + i] = c < C ? pixel(step, {{Place(source)}}) : 0.0f;
                """);
        }

        return kernel;
    }

    private static string Place(InputText source) => source.Suffix.Length == 0 ? "(((size_t)sample * H + h) * W + w) * C + c" : source.Origin("") + " + (h * W + w) * C + c";

    private static int Blocks(ImportGroup group) => (group.Extent.Count + Threads - 1) / Threads;
}
