using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The head where no dense layer makes the logits: a row a sample, read from memory, a warp or half of one each.</summary>
public static class HeadRows
{
    private const int Threads = 256;

    public static CudaGrid Grid(HeadGroup head, OptimizerSpec? optimizer) => HeadRow.Grid(head, optimizer, Rows(head));

    /// <summary>Emits the kernel; what a pass does not want gets a null pointer.</summary>
    public static CudaKernel Emit(CudaWriter writer, string layer, HeadGroup head, OptimizerSpec? optimizer)
    {
        HeadRow.EmitHelpers(writer, head, optimizer);
        int stored = Panels.Pad(head.Classes);
        var kernel = new CudaKernel(CudaNames.Of(head.Name), Threads, 4, 0);
        using (writer.Kernel(kernel, $"""
            // {CudaNames.Of(head.Name)}  <- {layer}{HeadRow.Layer(head)}{(head.Loss is { } loss ? $", {loss.Kind}" : "")}
            //   output[n] = {HeadRow.Output(head)}{(head.Loss is null ? "" : $";  loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {HeadRow.Weight(head)}(softmax(z) sum(t) - t) / N")}
            //   z, dz f32[N,{stored}]{(head.Loss is null ? "" : $";  {HeadRow.Labels(head)}")}; block {Threads} = {Rows(head)} samples, {HeadRow.Lanes(head)} lanes each; grid N/{Rows(head)}
            """, Parameters(head, optimizer)))
        {
            writer.Code.Line($$"""
                constexpr int CLASSES = {{head.Classes}}, OUT = {{stored}}, ROWS = {{Rows(head)}}, LANES = {{HeadRow.Lanes(head)}};
                const int thread = threadIdx.x, lane = thread % LANES, n = blockIdx.x * ROWS + thread / LANES;
                {{HeadRow.BeginApart(head, optimizer)}}
                {{HeadRow.Sample(head, "n", "n < batch")}}
                if (n < batch)
                """);
            HeadRow.Emit(writer, head, optimizer is not null);
        }

        return kernel;
    }

    private static int Rows(HeadGroup head) => Threads / HeadRow.Lanes(head);

    /// <summary>Parameters of a head that reads its logits.</summary>
    public static string[] Parameters(HeadGroup head, OptimizerSpec? optimizer) => [
        (head.Loss is null ? "" : "Step* __restrict__ step, ") + "const float* __restrict__ z, float* __restrict__ output",
        .. head.Loss is null ? [] : new[] { HeadRow.Measured(head) + (optimizer is null ? "" : ", float* __restrict__ dz") },
        "int batch"];
}
