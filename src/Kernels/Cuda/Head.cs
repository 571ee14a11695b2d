using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The end of the network in one kernel: the last dense layer, softmax, cross-entropy, whether the answer is right, and the gradients that go back.</summary>
public static class Head
{
    private const int Threads = 256, Rows = 4;

    public static CudaGrid Grid { get; } = CudaGrid.PerSample(1, Rows);

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
        if (head.Loss is not null) writer.Helper("sample_at", StepText.SampleAt);
        if (optimizer is not null) writer.Helper("next_step", StepText.Clock(optimizer));
        writer.Helper("infinity", """
            __device__ __forceinline__ float infinity()
            {
                return __int_as_float(0x7f800000);
            }
            """);
        writer.Helper("warp_sum", """
            // sum over the warp, the same in every lane
            __device__ __forceinline__ float warp_sum(float x)
            {
                #pragma unroll
                for (int offset = 16; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffffu, x, offset);
                return x;
            }
            """);
        writer.Helper("warp_largest", """
            // largest value over the warp and its place, of equals the lowest, the same in every lane
            __device__ __forceinline__ void warp_largest(float& x, int& place)
            {
                #pragma unroll
                for (int offset = 16; offset > 0; offset /= 2)
                {
                    const float other = __shfl_xor_sync(0xffffffffu, x, offset);
                    const int there = __shfl_xor_sync(0xffffffffu, place, offset);
                    if (other > x || (other == x && there < place)) { x = other; place = there; }
                }
            }
            """);
        int stored = Panels.Pad(dense.Units), panel = Panels.Width(stored), tile = Math.Min(stored, 64), shares = Threads / (tile / 4);
        while (stored % tile != 0 || Threads % (tile / 4) != 0) tile -= 16;
        shares = Threads / (tile / 4);
        var kernel = new CudaKernel("head", Threads, 2, 4 * shares * Rows * tile);
        string labels = head.Loss == LossKind.CategoricalCrossentropy ? "target rows t, or class indices, which stand for rows with a single one" : "class indices";
        using (writer.Kernel(kernel, $"""
            // head  <- {layer}{(head.Softmax ? ", softmax" : "")}{(head.Loss is { } kind ? $", {kind}" : "")}
            //   z[n,o] = sum(i) x[n,i] w[i,o]{(dense.Bias is null ? "" : " + b[o]")};  output[n] = {(head.Softmax ? "softmax(z[n])" : "z[n]")}{(head.Loss is null ? "" : "\n//   loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / N")}{(dgrad is null ? "" : $";  dx[n,i] = sum(o) dz[n,o] w[i,o]{(dgrad.ReluOutput is null ? "" : " where x > 0")}")}
            //   x f32[N,{Panels.Pad(dense.In)}]  w f32[{stored / panel}][{dense.In}][{panel}] panels of units  z, dz f32[N,{stored}]{(head.Loss is null ? "" : $";  {labels}")}
            //   block {Threads} = {Rows} samples: the reduction in {shares} shares, then a warp a sample, then a thread four features; grid N/{Rows}
            """, [
                head.Loss is null ? "const float* __restrict__ x, const float* __restrict__ weights" : "Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ weights",
                (dense.Bias is null ? "" : "const float* __restrict__ bias, ") + "float* __restrict__ z, float* __restrict__ output",
                .. head.Loss is null ? [] : new[] { "float* __restrict__ losses, int* __restrict__ correct" + (optimizer is null ? "" : ", float* __restrict__ dz") + (dgrad is null ? "" : ", float* __restrict__ dx") },
                "int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{dense.In}}, STRIDE = {{Panels.Pad(dense.In)}}, CLASSES = {{dense.Units}}, OUT = {{stored}}, PANEL = {{panel}}, ROWS = {{Rows}}, UNITS = {{tile}}, SHARES = {{shares}}, THREADS = {{Threads}};
                __shared__ __align__(16) float sums[SHARES][ROWS][UNITS];
                const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, n0 = blockIdx.x * ROWS;
                {{(optimizer is null ? "" : "if (blockIdx.x == 0 && thread == 0 && dz) next_step(step);")}}

                // logits
                {{(tile == stored ? "constexpr int o0 = 0;\n{" : "for (int o0 = 0; o0 < OUT; o0 += UNITS)\n{")}}
                    dense_tile<IN, STRIDE, PANEL, SHARES>(&sums[thread / (UNITS / 4)][0][thread % (UNITS / 4) * 4], UNITS, x, weights, n0, o0 + thread % (UNITS / 4) * 4, thread / (UNITS / 4), batch);
                    __syncthreads();
                    for (int i = thread; i < ROWS * UNITS; i += THREADS)
                    {
                        float sum = 0;
                        for (int s = 0; s < SHARES; ++s) sum += sums[s][i / UNITS][i % UNITS];
                        {{(dense.Bias is null ? "" : "sum += bias[o0 + i % UNITS];")}}
                        if (n0 + i / UNITS < batch) z[(size_t)(n0 + i / UNITS) * OUT + o0 + i % UNITS] = sum;
                    }
                    __syncthreads();
                }

                // softmax{{(head.Loss is null ? "" : " and loss")}}: a warp a sample
                const int n = n0 + warp;
                if (warp < ROWS && n < batch)
                {
                    const float* logits = z + (size_t)n * OUT;
                    float largest = lane < CLASSES ? logits[lane] : -infinity();
                    int best = lane;
                    for (int o = lane + 32; o < CLASSES; o += 32)
                        if (logits[o] > largest) { largest = logits[o]; best = o; }
                    warp_largest(largest, best);
                    float total = 0;
                    for (int o = lane; o < CLASSES; o += 32) total += expf(logits[o] - largest);
                    total = warp_sum(total);
                    if (output)
                        for (int o = lane; o < CLASSES; o += 32) output[(size_t)n * CLASSES + o] = {{(head.Softmax ? "expf(logits[o] - largest) / total" : "logits[o]")}};
                """);
            EmitLoss(writer, head, optimizer is not null);
            writer.Code.Line("}");
            if (dgrad is not null)
            {
                writer.Code.Line($$"""

                    // dx: a thread four features of all the block's samples
                    if (!dz) return;
                    __syncthreads();
                    for (int f = 4 * thread; f < IN; f += 4 * THREADS) dense_dgrad_tile<IN, CLASSES, OUT, PANEL>(dz, weights, {{(dgrad.ReluOutput is null ? "nullptr" : "x")}}, dx, n0, f, batch);
                    """);
            }
        }

        return kernel;
    }

    private static void EmitLoss(CudaWriter writer, HeadGroup head, bool trains)
    {
        if (head.Loss is not { } loss) return;
        bool rows = loss == LossKind.CategoricalCrossentropy;
        writer.Code.Line($$"""
                if (losses)
                {
                    const int sample = sample_at(step, n);
                    const float log_sum = largest + logf(total);
            """);
        writer.Code.Line(rows ? """
                    const float* row = step->targets ? step->targets + (size_t)sample * CLASSES : nullptr;
                    const int label = row ? -1 : step->labels[sample];
                    float sum = 0, mass = 0, wanted_value = -infinity();
                    int wanted = lane;
                    for (int o = lane; o < CLASSES; o += 32)
                    {
                        const float t = row ? row[o] : o == label ? 1.0f : 0.0f;
                        mass += t;
                        if (t != 0.0f) sum = fmaf(t, log_sum - logits[o], sum);
                        if (t > wanted_value) { wanted_value = t; wanted = o; }
                    }
                    sum = warp_sum(sum);
                    mass = warp_sum(mass);
                    warp_largest(wanted_value, wanted);
            """ : """
                    const int wanted = step->labels[sample];
                    const float sum = log_sum - logits[wanted];
            """);
        writer.Code.Line("""
                    if (lane == 0)
                    {
                        losses[n] = sum;
                        correct[n] = best == wanted;
            """);
        if (trains) writer.Code.Line("            if (dz && !isfinite(sum)) atomicExch(&step->bad, 1);");
        writer.Code.Line("        }");
        if (trains)
        {
            writer.Code.Line($$"""
                        if (dz)
                        {
                            const float inverse = 1.0f / batch, scale = inverse{{(rows ? " * mass" : "")}} / total;
                            for (int o = lane; o < OUT; o += 32)
                            {
                                const float t = o >= CLASSES ? 0.0f : {{(rows ? "row ? row[o] : o == label ? 1.0f : 0.0f" : "o == wanted ? 1.0f : 0.0f")}};
                                dz[(size_t)n * OUT + o] = o < CLASSES ? fmaf(expf(logits[o] - largest), scale, -inverse * t) : 0.0f;
                            }
                        }
                """);
        }

        writer.Code.Line("    }");
    }
}
