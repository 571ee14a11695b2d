using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The head of a map: a row of logits a pixel, a thread each; a block has a sample, whose loss is the mean over its pixels.</summary>
public static class HeadPixels
{
    private const int Threads = 256;

    public static CudaGrid Grid { get; } = CudaGrid.PerSample(1);

    /// <summary>Emits the kernel; what a pass does not want gets a null pointer.</summary>
    public static CudaKernel Emit(CudaWriter writer, string layer, HeadGroup head, OptimizerSpec? optimizer)
    {
        HeadRow.EmitHelpers(writer, head, optimizer);
        int stored = Panels.Pad(head.Classes);
        bool measures = head.Loss is not null, rows = head.Loss == LossKind.CategoricalCrossentropy;
        var kernel = new CudaKernel("head", Threads, 4, measures ? (8 * Threads) + 4 : 0);
        using (writer.Kernel(kernel, $"""
            // head  <- {layer}{HeadRow.Layer(head)}{(head.Loss is { } kind ? $", {kind}" : "")}, of every pixel
            //   output[n] = {HeadRow.Output(head)} of each pixel, {(head.ChannelsFirst ? "[K,P,Q]" : "[P,Q,K]")}{(measures ? $";  loss[n] = mean over pixels of sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / (N {head.Pixels})" : "")}
            //   z, dz f32[N,{head.Pixels},{stored}]{(measures ? $";  {HeadRow.Labels(head)}, of each pixel" : "")}; block {Threads} = a sample, thread = a pixel at a time; grid N
            """, HeadRows.Parameters(head, optimizer)))
        {
            var code = writer.Code;
            code.Line($$"""
                constexpr int PIXELS = {{head.Pixels}}, CLASSES = {{head.Classes}}, OUT = {{stored}}, THREADS = {{Threads}};
                {{(measures ? "__shared__ float sums[THREADS];\n__shared__ int rights[THREADS];\n__shared__ int sample;\n" : "")}}const int thread = threadIdx.x, n = blockIdx.x;
                {{(optimizer is null ? "" : "if (n == 0 && thread == 0 && dz) next_step(step);\n")}}{{(measures ? "if (thread == 0 && losses) sample = sample_at(step, n);\n__syncthreads();\nfloat loss = 0;\nint right = 0;" : "")}}
                """);
            using (code.Block("for (int pixel = thread; pixel < PIXELS; pixel += THREADS)"))
            {
                code.Line($$"""
                    const float* logits = z + ((size_t)n * PIXELS + pixel) * OUT;
                    float largest = logits[0], total = 0;
                    int best = 0;
                    for (int o = 1; o < CLASSES; ++o)
                        if (logits[o] > largest) { largest = logits[o]; best = o; }
                    for (int o = 0; o < CLASSES; ++o) total += expf(logits[o] - largest);
                    if (output)
                        for (int o = 0; o < CLASSES; ++o) output[{{(head.ChannelsFirst ? "((size_t)n * CLASSES + o) * PIXELS + pixel" : "((size_t)n * PIXELS + pixel) * CLASSES + o")}}] = {{HeadRow.Value(head)}};
                    """);
                if (measures) EmitLoss(writer, rows, optimizer is not null);
            }

            if (measures)
            {
                code.Line($$"""
                    if (!losses) return;

                    // the pixels' losses in a fixed order
                    sums[thread] = loss;
                    rights[thread] = right;
                    for (int half = THREADS / 2; half > 0; half /= 2)
                    {
                        __syncthreads();
                        if (thread < half)
                        {
                            sums[thread] += sums[thread + half];
                            rights[thread] += rights[thread + half];
                        }
                    }
                    if (thread != 0) return;
                    loss = sums[0] / PIXELS;
                    losses[n] = loss;
                    correct[n] = rights[0];{{(optimizer is null ? "" : "\nif (dz && !isfinite(loss)) atomicExch(&step->bad, 1);")}}
                    """);
            }
        }

        return kernel;
    }

    private static void EmitLoss(CudaWriter writer, bool rows, bool trains)
    {
        var code = writer.Code;
        using (code.Block("if (losses)"))
        {
            code.Line("const size_t at = (size_t)sample * PIXELS + pixel;");
            code.Line("const float log_sum = largest + logf(total);");
            code.Line(rows ? """
                const float* row = step->targets ? step->targets + at * CLASSES : nullptr;
                const int label = row ? -1 : step->labels[at];
                float mass = 0, wanted_value = -infinity();
                int wanted = 0;
                for (int o = 0; o < CLASSES; ++o)
                {
                    const float t = row ? row[o] : o == label ? 1.0f : 0.0f;
                    mass += t;
                    if (t != 0.0f) loss = fmaf(t, log_sum - logits[o], loss);
                    if (t > wanted_value) { wanted_value = t; wanted = o; }
                }
                """ : """
                const int wanted = step->labels[at];
                loss += log_sum - logits[wanted];
                """);
            code.Line("right += best == wanted;");
            if (!trains) return;
            code.Line($$"""
                if (dz)
                {
                    const float inverse = 1.0f / ((float)batch * PIXELS), scale = inverse{{(rows ? " * mass" : "")}} / total;
                    float* to = dz + ((size_t)n * PIXELS + pixel) * OUT;
                    for (int o = 0; o < CLASSES; ++o)
                    {
                        const float t = {{(rows ? "row ? row[o] : o == label ? 1.0f : 0.0f" : "o == wanted ? 1.0f : 0.0f")}};
                        to[o] = fmaf(expf(logits[o] - largest), scale, -inverse * t);
                    }
                    for (int o = CLASSES; o < OUT; ++o) to[o] = 0.0f;
                }
                """);
        }
    }
}
