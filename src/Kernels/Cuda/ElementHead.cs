using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The head of an output whose loss is one by elements: a block has a sample, whose loss is the mean over its elements.</summary>
public static class ElementHead
{
    private const int Many = 256, Few = 32;

    public static CudaGrid Grid { get; } = CudaGrid.PerSample(1);

    /// <summary>Emits the kernel; what a pass does not want gets a null pointer.</summary>
    public static CudaKernel Emit(CudaWriter writer, string layer, HeadGroup head, OptimizerSpec? optimizer)
    {
        LossSpec loss = head.Loss!;
        HeadRow.EmitHelpers(writer, head, optimizer);
        int stored = Panels.Pad(head.Classes), threads = head.Elements > Many ? Many : Few;
        bool map = head.Pixels > 1;
        var printer = new CudaPrinter();
        string constants = string.Join(", ", ElementLossStep.Constants(loss, optimizer is not null).Select(static c => $"{c.Name.ToUpperInvariant()} = {CudaWriter.Literal(c.Value)}"));
        var kernel = new CudaKernel(CudaNames.Of(head.Name), threads, threads == Many ? 4 : 16, (4 * threads) + 4);
        using (writer.Kernel(kernel, $"""
            // {CudaNames.Of(head.Name)}  <- {layer}, {loss.Kind}
            //   output[n] = y[n]{(map ? head.ChannelsFirst ? ", [K,P,Q]" : ", [P,Q,K]" : "")};  loss[n] = mean of {ElementLossStep.Formula(loss.Kind)}, d = y - t{(optimizer is null ? "" : $";  dz = {HeadRow.Weight(head)}{ElementLossStep.DerivativeFormula(loss.Kind)} / (N {head.Elements})")}
            //   y, dz f32[N,{(map ? $"{head.Pixels}," : "")}{stored}];  t as the output; block {threads} = a sample, thread = an element at a time; grid N
            """, "Step* __restrict__ step, const float* __restrict__ y, float* __restrict__ output", HeadRow.Measured(head) + (optimizer is null ? "" : ", float* __restrict__ dz"), "int batch"))
        {
            string at = map ? head.ChannelsFirst ? "o * PIXELS + pixel" : "pixel * CLASSES + o" : "o";
            writer.Code.Line($$"""
                constexpr int PIXELS = {{head.Pixels}}, CLASSES = {{head.Classes}}, OUT = {{stored}}, THREADS = {{threads}};
                constexpr float {{constants}};
                __shared__ float sums[THREADS];
                __shared__ int sample;
                const int thread = threadIdx.x, n = blockIdx.x;
                {{HeadRow.Begin(head, optimizer, "n == 0 && thread == 0")}}
                if (thread == 0) sample = losses ? sample_at(step, n) : 0;
                __syncthreads();
                float loss = 0;
                for (int i = thread; i < PIXELS * OUT; i += THREADS)
                {
                    const int o = i % OUT{{(map ? ", pixel = i / OUT" : "")}};
                    const size_t stored = (size_t)n * (PIXELS * OUT) + i;
                    if (o >= CLASSES)
                    {
                        {{(optimizer is null ? "" : "if (dz) dz[stored] = 0.0f;")}}
                        continue;
                    }
                    const float value = y[stored];
                    if (output) output[{{HeadRow.OutputAt(head, "(size_t)n * (PIXELS * CLASSES)")}} + {{at}}] = value;
                    if (losses)
                    {
                        const float d = value - step->targets[{{HeadRow.TargetAt(head, "(size_t)sample * (PIXELS * CLASSES)")}} + {{at}}];
                        loss += {{printer.Print(ElementLossStep.Value(loss.Kind))}};
                        {{(optimizer is null ? "" : $"if (dz) dz[stored] = {CudaWriter.Literal(loss.Weight)} / ((float)batch * (PIXELS * CLASSES)) * ({printer.Print(ElementLossStep.Derivative(loss.Kind))});")}}
                    }
                }
                if (!losses) return;

                // the elements' losses in a fixed order
                sums[thread] = loss;
                for (int half = THREADS / 2; half > 0; half /= 2)
                {
                    __syncthreads();
                    if (thread < half) sums[thread] += sums[thread + half];
                }
                if (thread != 0) return;
                loss = sums[0] / (PIXELS * CLASSES);
                {{HeadRow.Loss(head)}} = loss;{{(optimizer is null ? "" : "\nif (dz && !isfinite(loss)) atomicExch(&step->bad, 1);")}}
                """);
        }

        return kernel;
    }
}
