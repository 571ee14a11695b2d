using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Weight and bias gradients of a dense layer over the whole batch, with the optimizer as their epilogue: a weight is read and written once.</summary>
public static class DenseUpdate
{
    private const int Threads = 256, Features = 32;

    public static CudaGrid Grid(DenseUpdateGroup group, bool finishes) => CudaGrid.Of(Blocks(group) + (finishes ? 1 : 0));

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The model's member.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="end">What one block more does where it ends the step; else null.</param>
    /// <param name="draws">Whether the model draws masks, so that the step's end counts them.</param>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, StepEnd? end, bool draws)
    {
        Optimizer.Emit(writer, optimizer);
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        end?.EmitHelper(writer);
        bool finishes = end is not null;
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group), shares = Threads / (Features / 4 * (units / 4));
        bool guarded = group.In % Features != 0;
        var kernel = new CudaKernel(name, Threads, 2, (4 * shares * Features * units) + (bias is null ? 0 : 4 * shares * units) + (end?.SharedBytes ?? 0));
        using (writer.Kernel(kernel, $"""
            // {group.Name} wgrad and update  <- {layer}
            //   dw[i,o] = sum(n) x[n,i] dy[n,o]{Calls(group)};  {(bias is null ? "" : "db[o] = sum(n) dy[n,o];  ")}then the optimizer
            //   x f32[N,{Panels.Pad(group.In)}]  dy f32[N,{stored}]  w f32[{stored / panel}][{group.In}][{panel}] at {weights.Offset}{(bias is null ? "" : $"  b f32[{stored}] at {bias.Offset}")} of the parameters
            //   GEMM {group.In} x {group.Units} x N; block {Threads} = {Features} features x {units} units x {shares} shares of the batch, thread = 4 x 4 sums; grid {Blocks(group)}{(finishes ? " and one block more, which ends the step" : "")}
            """, $"{(finishes ? "" : "const ")}Step* __restrict__ step, {Parameters(group)}", Optimizer.Parameters, (end is null ? "" : end.Parameters + ", ") + "int batch"))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, FEATURES = {{Features}}, UNITS = {{units}}, SHARES = {{shares}}, THREADS = {{Threads}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                {{(finishes ? $$"""
                __shared__ Sums step_sums;
                if (blockIdx.x == {{Blocks(group)}})
                {
                    {{end!.Call}}
                    {{(draws ? StepText.NextDraw + "\n    " : "")}}return;
                }

                """ : "")}}__shared__ __align__(16) float sums[SHARES][FEATURES][UNITS];
                {{(bias is null ? "" : "__shared__ __align__(16) float bias_sums[SHARES][UNITS];\n")}}const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, feature = thread / (UNITS / 4) % (FEATURES / 4) * 4, share = thread / (FEATURES * UNITS / 16);
                const int o0 = blockIdx.x % (OUT / UNITS) * UNITS, f0 = blockIdx.x / (OUT / UNITS) * FEATURES;

                float4 dw[4] = {};
                {{(bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);\n")}}{{EachCall(group, use => $$"""
                    {{(guarded ? "if (f0 + feature < IN)\n    " : "")}}#pragma unroll 8
                    {{(guarded ? "    " : "")}}for (int n = share; n < batch; n += SHARES)
                    {{(guarded ? "    " : "")}}{
                    {{(guarded ? "    " : "")}}    const float4 quad = *reinterpret_cast<const float4*>(&x{{use}}[(size_t)n * STRIDE + f0 + feature]), gradient = *reinterpret_cast<const float4*>(&dy{{use}}[(size_t)n * OUT + o0 + unit]);
                    {{(guarded ? "    " : "")}}    multiply_add(dw[0], quad.x, gradient); multiply_add(dw[1], quad.y, gradient); multiply_add(dw[2], quad.z, gradient); multiply_add(dw[3], quad.w, gradient);
                    {{(bias is null ? "" : (guarded ? "    " : "") + "    multiply_add(db, 1.0f, gradient);\n")}}{{(guarded ? "    " : "")}}}
                    """)}}
                #pragma unroll
                for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(&sums[share][feature + i][unit]) = dw[i];
                {{(bias is null ? "" : "if (feature == 0) *reinterpret_cast<float4*>(&bias_sums[share][unit]) = db;\n")}}__syncthreads();

                // epilogue: the shares in order, the optimizer
                for (int i = thread; i < FEATURES * UNITS; i += THREADS)
                {
                    const int f = f0 + i / UNITS, o = o0 + i % UNITS;
                    float g = 0;
                    #pragma unroll
                    for (int s = 0; s < SHARES; ++s) g += sums[s][i / UNITS][i % UNITS];
                    {{(guarded ? "if (f < IN) " : "")}}apply(step, WEIGHTS + o / PANEL * (PANEL * IN) + f * PANEL + o % PANEL, g, parameters, moment1, moment2, gradients);
                }
                """);
            if (bias is null) return kernel;
            writer.Code.Line("""
                if (f0 == 0 && thread < UNITS)
                {
                    float g = 0;
                    #pragma unroll
                    for (int s = 0; s < SHARES; ++s) g += bias_sums[s][thread];
                    apply(step, BIAS + o0 + thread, g, parameters, moment1, moment2, gradients);
                }
                """);
        }

        return kernel;
    }

    /// <summary>Parameters of the kernel: input and gradient of each call.</summary>
    public static string Parameters(DenseUpdateGroup group) => string.Join(", ", group.Uses.Select(static (_, use) => $"const float* __restrict__ x{Suffix(use)}, const float* __restrict__ dy{Suffix(use)}"));

    /// <summary>What a comment says of a layer that is called several times.</summary>
    public static string Calls(DenseUpdateGroup group) => group.Uses.Count > 1 ? $", summed over the {group.Uses.Count} calls of the layer in their order" : "";

    /// <summary>The text for each call, given what stands behind the names of its parameters.</summary>
    public static string EachCall(DenseUpdateGroup group, Func<string, string> text) => string.Join("\n", group.Uses.Select((_, use) => text(Suffix(use))));

    private static string Suffix(int use) => use == 0 ? "" : use.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static int UnitTile(DenseUpdateGroup group) => Panels.Pad(group.Units) % 32 == 0 ? 32 : 16;

    private static int Blocks(DenseUpdateGroup group) => (group.In + Features - 1) / Features * (Panels.Pad(group.Units) / UnitTile(group));
}
