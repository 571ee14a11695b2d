using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The head behind a wide layer, whose reduction is long and whose results are few: its logits are made in parts by many blocks, which the head adds in order.</summary>
public static class HeadWide
{
    /// <summary>The parts as a value of the batch.</summary>
    public const int PartialsId = int.MaxValue / 2;

    /// <summary>Parts of a reduction that has a kernel of its own.</summary>
    public const int Splits = 16;

    private const int Threads = 256, Rows = 16, Units = 16, Shares = Threads * 16 / (Rows * Units), MinIn = 1024;

    public static CudaGrid HeadGrid(HeadGroup head, OptimizerSpec? optimizer) => HeadRow.Grid(head, optimizer, HeadRows(head));

    /// <summary>Whether a last layer is wide.</summary>
    public static bool Suits(DenseForwardGroup dense) => dense.In >= MinIn && dense.Units <= 32;

    public static int PartialFloats(DenseForwardGroup dense, int splits) => splits * Panels.Pad(dense.Units);

    public static CudaGrid PartialsGrid(DenseForwardGroup dense) => CudaGrid.PerSample(Splits * Panels.Pad(dense.Units) / Units, Rows);

    /// <summary>Emits the kernel that makes the parts.</summary>
    public static CudaKernel EmitPartials(CudaWriter writer, string name, string layer, DenseForwardGroup dense)
    {
        DenseForward.EmitHelpers(writer);
        int stored = Panels.Pad(dense.Units), panel = Panels.Width(stored);
        var kernel = new CudaKernel(name, Threads, 2, 4 * Shares * Rows * Units);
        using (writer.Kernel(kernel, $"""
            // {dense.Name} in parts  <- {layer}
            //   parts[n,split,o] = sum(i of the split) x[n,i] w[i,o]
            //   x f32[N,{Panels.Pad(dense.In)}]  w f32[{stored / panel}][{dense.In}][{panel}] panels of units  parts f32[N,{Splits},{stored}]
            //   GEMM N x {dense.Units} x {dense.In}; block {Threads} = {Rows} rows x {Units} units x {Shares} shares of a split, thread = 4 x 4 sums; grid N/{Rows} x {stored / Units} x {Splits} splits
            """, "const float* __restrict__ x, const float* __restrict__ weights, float* __restrict__ parts, int batch"))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{dense.In}}, STRIDE = {{Panels.Pad(dense.In)}}, OUT = {{stored}}, PANEL = {{panel}}, ROWS = {{Rows}}, UNITS = {{Units}}, SHARES = {{Shares}}, SPLITS = {{Splits}};
                __shared__ __align__(16) float sums[SHARES][ROWS][UNITS];
                const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, row = thread / (UNITS / 4) % (ROWS / 4) * 4, share = thread / (ROWS * UNITS / 16);
                const int split = blockIdx.x % SPLITS, o0 = blockIdx.x / SPLITS % (OUT / UNITS) * UNITS, n0 = blockIdx.x / (SPLITS * (OUT / UNITS)) * ROWS;

                dense_tile<IN, STRIDE, PANEL, SHARES * SPLITS>(&sums[share][row][unit], UNITS, x, weights, n0 + row, o0 + unit, split * SHARES + share, batch);
                __syncthreads();

                const int n = n0 + thread / UNITS, o = o0 + thread % UNITS;
                float sum = 0;
                #pragma unroll
                for (int s = 0; s < SHARES; ++s) sum += sums[s][thread / UNITS][thread % UNITS];
                if (n < batch) parts[((size_t)n * SPLITS + split) * OUT + o] = sum;
                """);
        }

        return kernel;
    }

    /// <summary>Emits the head; what a pass does not want gets a null pointer.</summary>
    public static CudaKernel EmitHead(CudaWriter writer, string layer, DenseForwardGroup dense, int splits, HeadGroup head, OptimizerSpec? optimizer)
    {
        HeadRow.EmitHelpers(writer, head, optimizer);
        int stored = Panels.Pad(dense.Units);
        var kernel = new CudaKernel("head", Threads, 4, 4 * HeadRows(head) * stored);
        using (writer.Kernel(kernel, $"""
            // head  <- {layer}{HeadRow.Layer(head)}{(head.Loss is { } loss ? $", {loss.Kind}" : "")}
            //   z[n,o] = sum(split) parts[n,split,o]{(dense.Bias is null ? "" : " + b[o]")};  output[n] = {HeadRow.Output(head)}{(head.Loss is null ? "" : $"\n//   loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {HeadRow.Weight(head)}(softmax(z) sum(t) - t) / N")}
            //   parts f32[N,{splits},{stored}]  dz f32[N,{stored}]{(head.Loss is null ? "" : $";  {HeadRow.Labels(head)}")}; block {Threads} = {HeadRows(head)} samples, {HeadRow.Lanes(head)} lanes each; grid N/{HeadRows(head)}
            """, [
                (head.Loss is null ? "" : "Step* __restrict__ step, ") + "const float* __restrict__ parts" + (dense.Bias is null ? "" : ", const float* __restrict__ bias") + ", float* __restrict__ output",
                .. head.Loss is null ? [] : new[] { HeadRow.Measured(head) + (optimizer is null ? "" : ", float* __restrict__ dz") },
                "int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int CLASSES = {{head.Classes}}, OUT = {{stored}}, ROWS = {{HeadRows(head)}}, LANES = {{HeadRow.Lanes(head)}}, SPLITS = {{splits}};
                __shared__ float z[ROWS][OUT];
                const int thread = threadIdx.x, lane = thread % LANES, n = blockIdx.x * ROWS + thread / LANES;
                {{HeadRow.BeginApart(head, optimizer)}}
                {{HeadRow.Sample(head, "n", "n < batch")}}
                if (n < batch && lane < OUT)
                {
                    float sum = {{(dense.Bias is null ? "0" : "bias[lane]")}};
                    #pragma unroll
                    for (int split = 0; split < SPLITS; ++split) sum += parts[((size_t)n * SPLITS + split) * OUT + lane];
                    z[thread / LANES][lane] = sum;
                }
                __syncwarp();
                if (n < batch)
                """);
            HeadRow.Emit(writer, head, optimizer is not null, "z[thread / LANES]");
        }

        return kernel;
    }

    private static int HeadRows(HeadGroup head) => Threads / HeadRow.Lanes(head);
}
