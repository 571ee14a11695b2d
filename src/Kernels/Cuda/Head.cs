using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The end of the network in one kernel: the last dense layer, softmax, cross-entropy, whether the answer is right, and the gradients that go back.</summary>
public static class Head
{
    private const int Threads = 256, Rows = 4, MaxKept = 256;

    public static CudaGrid Grid(HeadGroup head, OptimizerSpec? optimizer) => HeadRow.Grid(head, optimizer, Rows);

    /// <summary>Whether logits and their gradients stay in the block; of more classes they go through memory.</summary>
    public static bool KeepsLogits(DenseForwardGroup dense) => Panels.Pad(dense.Units) <= MaxKept;

    /// <summary>Emits the kernel; what a pass does not want gets a null pointer.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="layer">The model's member.</param>
    /// <param name="dense">The last dense layer.</param>
    /// <param name="head">Softmax and loss.</param>
    /// <param name="dgrad">The gradient of the dense layer's input, where something before it learns.</param>
    /// <param name="optimizer">Null for a model that only predicts.</param>
    public static CudaKernel Emit(CudaWriter writer, string layer, DenseForwardGroup dense, HeadGroup head, DenseDgradGroup? dgrad, OptimizerSpec? optimizer)
    {
        DenseForward.EmitHelpers(writer);
        if (dgrad is not null) DenseDgrad.EmitHelpers(writer);
        HeadRow.EmitHelpers(writer, head, optimizer);
        int stored = Panels.Pad(dense.Units), panel = Panels.Width(stored), tile = Math.Min(stored, 64), shares = Threads / (tile / 4);
        while (stored % tile != 0 || Threads % (tile / 4) != 0) tile -= 16;
        bool kept = KeepsLogits(dense), keptGradient = kept && dgrad is not null && optimizer is not null;
        // More shares than the reduction has quads would add zeros.
        shares = Math.Min(Threads / (tile / 4), (dense.In + 3) / 4);
        var kernel = new CudaKernel("head", Threads, 2, 4 * ((shares * Rows * tile) + (kept ? Rows * stored : 0) + (keptGradient ? Rows * stored : 0)));
        using (writer.Kernel(kernel, $"""
            // head  <- {layer}{HeadRow.Layer(head)}{(head.Loss is { } loss ? $", {loss.Kind}" : "")}
            //   z[n,o] = sum(i) x[n,i] w[i,o]{(dense.Bias is null ? "" : " + b[o]")};  output[n] = {HeadRow.Output(head)}{(head.Loss is null ? "" : $"\n//   loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {HeadRow.Weight(head)}(softmax(z) sum(t) - t) / N")}{(dgrad is null ? "" : $";  dx[n,i] = sum(o) dz[n,o] w[i,o]{(dgrad.ReluOutput is null ? "" : " where x > 0" + DropoutText.TimesComment(dgrad.Scale))}")}
            //   x f32[N,{Panels.Pad(dense.In)}]  w f32[{stored / panel}][{dense.In}][{panel}] panels of units  {(kept ? "dz" : "z, dz")} f32[N,{stored}]{(head.Loss is null ? "" : $";  {HeadRow.Labels(head)}")}
            //   block {Threads} = {Rows} samples: the reduction in {shares} shares, then {HeadRow.Lanes(head)} lanes a sample, then a thread four features; grid N/{Rows}
            """, [
                head.Loss is null ? "const float* __restrict__ x, const float* __restrict__ weights" : "Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ weights",
                (dense.Bias is null ? "" : "const float* __restrict__ bias, ") + (kept ? "" : "float* __restrict__ z, ") + "float* __restrict__ output",
                .. head.Loss is null ? [] : new[] { HeadRow.Measured(head) + (optimizer is null ? "" : ", float* __restrict__ dz") + (dgrad is null ? "" : ", float* __restrict__ dx") },
                "int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{dense.In}}, STRIDE = {{Panels.Pad(dense.In)}}, CLASSES = {{dense.Units}}, OUT = {{stored}}, PANEL = {{panel}}, ROWS = {{Rows}}, UNITS = {{tile}}, SHARES = {{shares}}, LANES = {{HeadRow.Lanes(head)}}, THREADS = {{Threads}};
                __shared__ __align__(16) float sums[SHARES][ROWS][UNITS]{{(kept ? ", z[ROWS][OUT]" : "")}}{{(keptGradient ? ", gradients[ROWS][OUT]" : "")}};
                const int thread = threadIdx.x, own = thread / LANES, lane = thread % LANES, n0 = blockIdx.x * ROWS;
                {{HeadRow.BeginApart(head, optimizer)}}
                {{HeadRow.Sample(head, "n0 + own", "own < ROWS && n0 + own < batch")}}

                // logits
                {{(tile == stored ? "constexpr int o0 = 0;\n{" : "for (int o0 = 0; o0 < OUT; o0 += UNITS)\n{")}}
                    {{(shares < Threads / (tile / 4) ? "if (thread < SHARES * (UNITS / 4)) " : "")}}dense_tile<IN, STRIDE, PANEL, SHARES>(&sums[thread / (UNITS / 4)][0][thread % (UNITS / 4) * 4], UNITS, x, weights, n0, o0 + thread % (UNITS / 4) * 4, thread / (UNITS / 4), batch);
                    __syncthreads();
                    for (int i = thread; i < ROWS * UNITS; i += THREADS)
                    {
                        float sum = 0;
                        #pragma unroll
                        for (int s = 0; s < SHARES; ++s) sum += sums[s][i / UNITS][i % UNITS];
                        {{(dense.Bias is null ? "" : "sum += bias[o0 + i % UNITS];")}}
                        {{(kept ? "z[i / UNITS][o0 + i % UNITS] = sum;" + (keptGradient ? "\n        gradients[i / UNITS][o0 + i % UNITS] = 0;       // and stays it in a row that there is no sample for" : "") : "if (n0 + i / UNITS < batch) z[(size_t)(n0 + i / UNITS) * OUT + o0 + i % UNITS] = sum;")}}
                    }
                    __syncthreads();
                }

                // softmax{{(head.Loss is null ? "" : " and loss")}}: LANES lanes a sample
                const int n = n0 + own;
                if (own < ROWS && n < batch)
                """);
            HeadRow.Emit(writer, head, optimizer is not null, kept ? "z[own]" : "z + (size_t)n * OUT", keptGradient ? "gradients[own]" : null);
            if (dgrad is not null)
            {
                writer.Code.Line($$"""

                    // dx: a thread four features of all the block's samples
                    if (!dz) return;
                    __syncthreads();
                    for (int f = 4 * thread; f < IN; f += 4 * THREADS) dense_dgrad_tile<IN, CLASSES, OUT, PANEL>({{(keptGradient ? "gradients[0]" : "dz + (size_t)n0 * OUT")}}, weights, {{(dgrad.ReluOutput is null ? "nullptr" : "x + (size_t)n0 * IN")}}, dx + (size_t)n0 * IN, 0, f, batch - n0{{DenseDgrad.ScaleArgument(dgrad)}});
                    """);
            }
        }

        return kernel;
    }
}
