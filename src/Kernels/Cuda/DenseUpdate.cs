using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Weight and bias gradients of a dense layer over the whole batch, with the optimizer as their epilogue: a weight is read and written once.</summary>
public static class DenseUpdate
{
    private const int MaxThreads = 128;

    public static CudaGrid Grid(DenseUpdateGroup group, bool finishes) => CudaGrid.Of(Blocks(group) + (finishes ? 1 : 0));

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The model's member.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="finishes">Whether one block more ends the step.</param>
    /// <param name="draws">Whether the model draws masks, so that the step's end counts them.</param>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, bool finishes, bool draws)
    {
        Optimizer.Emit(writer, optimizer);
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        if (finishes) writer.Helper("finish", StepText.Finish);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group), features = MaxThreads / (units / 4) * 4;
        var kernel = new CudaKernel(name, MaxThreads, 4, finishes ? StepText.FinishSharedBytes : 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} wgrad and update  <- {layer}
            //   dw[i,o] = sum(n) x[n,i] dy[n,o];  {(bias is null ? "" : "db[o] = sum(n) dy[n,o];  ")}then the optimizer
            //   x f32[N,{Panels.Pad(group.In)}]  dy f32[N,{stored}]  w f32[{stored / panel}][{group.In}][{panel}] at {weights.Offset}{(bias is null ? "" : $"  b f32[{stored}] at {bias.Offset}")} of the parameters
            //   GEMM {group.In} x {group.Units} x N; block {MaxThreads} = {features} features x {units} units, thread = 4 x 4 sums over the whole batch; grid {Blocks(group)}{(finishes ? " and one block more, which ends the step" : "")}
            """, $"{(finishes ? "" : "const ")}Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ dy", Optimizer.Parameters, (finishes ? "const float* __restrict__ losses, const int* __restrict__ correct, " : "") + "int batch"))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, FEATURES = {{features}}, UNITS = {{units}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                {{(finishes ? $$"""
                __shared__ Sums step_sums;
                if (blockIdx.x == {{Blocks(group)}})
                {
                    finish(step_sums, step, losses, correct, batch);
                    {{(draws ? StepText.NextDraw + "\n    " : "")}}return;
                }

                """ : "")}}const int thread = threadIdx.x, o = blockIdx.x % (OUT / UNITS) * UNITS + thread % (UNITS / 4) * 4, f = blockIdx.x / (OUT / UNITS) * FEATURES + thread / (UNITS / 4) * 4;
                if (f >= IN) return;
                float4 dw[4] = {};
                {{(bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);\n")}}#pragma unroll 2
                for (int n = 0; n < batch; ++n)
                {
                    const float4 quad = *reinterpret_cast<const float4*>(&x[(size_t)n * STRIDE + f]), gradient = *reinterpret_cast<const float4*>(&dy[(size_t)n * OUT + o]);
                    multiply_add(dw[0], quad.x, gradient); multiply_add(dw[1], quad.y, gradient); multiply_add(dw[2], quad.z, gradient); multiply_add(dw[3], quad.w, gradient);
                    {{(bias is null ? "" : "if (f == 0) multiply_add(db, 1.0f, gradient);")}}
                }

                // epilogue
                #pragma unroll
                for (int i = 0; i < 4; ++i)
                {
                    const int at = WEIGHTS + o / PANEL * (PANEL * IN) + (f + i) * PANEL + o % PANEL;
                    const float g[4] = { dw[i].x, dw[i].y, dw[i].z, dw[i].w };
                    if (IN % 4 == 0 || f + i < IN)
                        #pragma unroll
                        for (int j = 0; j < 4; ++j) apply(step, at + j, g[j], parameters, moment1, moment2, gradients);
                }
                """);
            if (bias is null) return kernel;
            writer.Code.Line("""
                if (f == 0)
                {
                    const float g[4] = { db.x, db.y, db.z, db.w };
                    #pragma unroll
                    for (int j = 0; j < 4; ++j) apply(step, BIAS + o + j, g[j], parameters, moment1, moment2, gradients);
                }
                """);
        }

        return kernel;
    }

    private static int UnitTile(DenseUpdateGroup group) => Panels.Pad(group.Units) % 32 == 0 ? 32 : 16;

    private static int Blocks(DenseUpdateGroup group)
    {
        int units = UnitTile(group), features = MaxThreads / (units / 4) * 4;
        return (group.In + features - 1) / features * (Panels.Pad(group.Units) / units);
    }
}
