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
        bool measures = head.Loss is not null, rows = head.Loss?.Kind.TakesRows() ?? false, counts = head.Place.Counts;
        var kernel = new CudaKernel(CudaNames.Of(head.Name), Threads, 4, measures ? ((counts ? 8 : 4) * Threads) + 4 : 0);
        using (writer.Kernel(kernel, $"""
            // {CudaNames.Of(head.Name)}  <- {layer}{HeadRow.Layer(head)}{(head.Loss is { } loss ? $", {loss.Kind}" : "")}, of every pixel
            //   output[n] = {HeadRow.Output(head)} of each pixel, {(head.ChannelsFirst ? "[K,P,Q]" : "[P,Q,K]")}{(measures ? $";  loss[n] = mean over pixels of sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {HeadRow.Weight(head)}(softmax(z) sum(t) - t) / (N {head.Pixels})" : "")}
            //   z, dz f32[N,{head.Pixels},{stored}]{(measures ? $";  {HeadRow.Labels(head)}, of each pixel" : "")}; block {Threads} = a sample, thread = a pixel at a time; grid N
            """, HeadRows.Parameters(head, optimizer)))
        {
            var code = writer.Code;
            code.Line($$"""
                constexpr int PIXELS = {{head.Pixels}}, CLASSES = {{head.Classes}}, OUT = {{stored}}, THREADS = {{Threads}};
                {{(measures ? $"__shared__ float sums[THREADS];\n{(counts ? "__shared__ int rights[THREADS];\n" : "")}__shared__ int sample;\n" : "")}}const int thread = threadIdx.x, n = blockIdx.x;
                {{HeadRow.Begin(head, optimizer, "n == 0 && thread == 0")}}
                {{(measures ? "if (thread == 0 && losses) sample = sample_at(step, n);\n__syncthreads();\nfloat loss = 0;" + (counts ? "\nint right = 0;" : "") : "")}}
                """);
            using (code.Block("for (int pixel = thread; pixel < PIXELS; pixel += THREADS)"))
            {
                code.Line($$"""
                    const float* logits = z + ((size_t)n * PIXELS + pixel) * OUT;
                    float largest = logits[0], total = 0;{{(counts ? "\nint best = 0;" : "")}}
                    for (int o = 1; o < CLASSES; ++o)
                        if (logits[o] > largest) {{(counts ? "{ largest = logits[o]; best = o; }" : "largest = logits[o];")}}
                    for (int o = 0; o < CLASSES; ++o) total += expf(logits[o] - largest);
                    if (output)
                        for (int o = 0; o < CLASSES; ++o) output[{{OutputAt(head)}}] = {{HeadRow.Value(head)}};
                    """);
                if (measures) EmitLoss(writer, head, rows, optimizer is not null);
            }

            if (measures)
            {
                code.Line($$"""
                    if (!losses) return;

                    // the pixels' losses in a fixed order
                    sums[thread] = loss;{{(counts ? "\nrights[thread] = right;" : "")}}
                    for (int half = THREADS / 2; half > 0; half /= 2)
                    {
                        __syncthreads();
                        if (thread < half)
                        {
                            sums[thread] += sums[thread + half];{{(counts ? "\n        rights[thread] += rights[thread + half];" : "")}}
                        }
                    }
                    if (thread != 0) return;
                    loss = sums[0] / PIXELS;
                    {{HeadRow.Loss(head)}} = loss;{{(counts ? "\ncorrect[n] = rights[0];" : "")}}{{(optimizer is null ? "" : "\nif (dz && !isfinite(loss)) atomicExch(&step->bad, 1);")}}
                    """);
            }
        }

        return kernel;
    }

    private static string OutputAt(HeadGroup head) => (head.Place.Outputs == head.Elements, head.ChannelsFirst) switch
    {
        (true, true) => "((size_t)n * CLASSES + o) * PIXELS + pixel",
        (true, false) => "((size_t)n * PIXELS + pixel) * CLASSES + o",
        (false, true) => HeadRow.OutputAt(head, "") + " + o * PIXELS + pixel",
        (false, false) => HeadRow.OutputAt(head, "") + " + pixel * CLASSES + o",
    };

    private static void EmitLoss(CudaWriter writer, HeadGroup head, bool rows, bool trains)
    {
        var code = writer.Code;
        using (code.Block("if (losses)"))
        {
            if (!rows || HeadRow.MayHaveLabels(head)) code.Line($"const size_t at = {HeadRow.LabelAt(head, "(size_t)sample * PIXELS")} + pixel;");
            code.Line("const float log_sum = largest + logf(total);");
            code.Line(rows ? $$"""
                {{HeadRow.TargetRow(head, HeadRow.MayHaveLabels(head) ? "at * CLASSES" : head.Place.Targets == head.Elements ? "((size_t)sample * PIXELS + pixel) * CLASSES" : HeadRow.TargetAt(head, "") + " + pixel * CLASSES", "at")}}
                float mass = 0{{(head.Place.Counts ? ", wanted_value = -infinity();\nint wanted = 0" : "")}};
                for (int o = 0; o < CLASSES; ++o)
                {
                    const float t = {{HeadRow.Target(head)}};
                    mass += t;
                    if (t != 0.0f) loss = fmaf(t, log_sum - logits[o], loss);
                    {{(head.Place.Counts ? "if (t > wanted_value) { wanted_value = t; wanted = o; }" : "")}}
                }
                """ : """
                const int wanted = step->labels[at];
                loss += log_sum - logits[wanted];
                """);
            if (head.Place.Counts) code.Line("right += best == wanted;");
            if (!trains) return;
            code.Line($$"""
                if (dz)
                {
                    const float inverse = {{CudaWriter.Literal(head.Loss!.Weight)}} / ((float)batch * PIXELS), scale = inverse{{(rows ? " * mass" : "")}} / total;
                    float* to = dz + ((size_t)n * PIXELS + pixel) * OUT;
                    for (int o = 0; o < CLASSES; ++o)
                    {
                        const float t = {{(rows ? HeadRow.Target(head) : "o == wanted ? 1.0f : 0.0f")}};
                        to[o] = fmaf(expf(logits[o] - largest), scale, -inverse * t);
                    }
                    for (int o = CLASSES; o < OUT; ++o) to[o] = 0.0f;
                }
                """);
        }
    }
}
