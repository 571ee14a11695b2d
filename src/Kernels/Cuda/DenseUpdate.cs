using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Weight and bias gradients of a dense layer over the whole batch, with the optimizer as their epilogue: a weight is read and written once. A part of the step's last launch.</summary>
public static class DenseUpdate
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    private const int Features = 32;

    /// <summary>Emits the part's function.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="arguments">Input and gradient of each call.</param>
    public static UpdatePart Emit(CudaWriter writer, string name, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, IReadOnlyList<CudaArgument> arguments)
    {
        Optimizer.Emit(writer, optimizer);
        writer.Helper("multiply_add", StepText.MultiplyAdd4);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group), shares = Threads / (Features / 4 * (units / 4));
        bool guarded = group.In % Features != 0;
        writer.Helper(name, $$"""
            // a block of {{group.Name}}: {{Features}} features x {{units}} units x {{shares}} shares of the batch
            __device__ __forceinline__ void {{name}}(float* __restrict__ shared, int block, const Step* __restrict__ step, {{Parameters(group)}}, {{Optimizer.Parameters}}, int batch)
            {
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, FEATURES = {{Features}}, UNITS = {{units}}, SHARES = {{shares}}, THREADS = {{Threads}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                float (*sums)[FEATURES][UNITS] = reinterpret_cast<float (*)[FEATURES][UNITS]>(shared);              // [SHARES]
                {{(bias is null ? "" : "float (*bias_sums)[UNITS] = reinterpret_cast<float (*)[UNITS]>(shared + SHARES * FEATURES * UNITS);\n    ")}}const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, feature = thread / (UNITS / 4) % (FEATURES / 4) * 4, share = thread / (FEATURES * UNITS / 16);
                const int o0 = block % (OUT / UNITS) * UNITS, f0 = block / (OUT / UNITS) * FEATURES;

                float4 dw[4] = {};
                {{(bias is null ? "" : "float4 db = make_float4(0, 0, 0, 0);\n    ")}}{{EachCall(group, use => $$"""
                    {{(guarded ? "if (f0 + feature < IN)\n    " : "")}}#pragma unroll 8
                    {{(guarded ? "    " : "")}}for (int n = share; n < batch; n += SHARES)
                    {{(guarded ? "    " : "")}}{
                    {{(guarded ? "    " : "")}}    const float4 quad = *reinterpret_cast<const float4*>(&x{{use}}[(size_t)n * STRIDE + f0 + feature]), gradient = *reinterpret_cast<const float4*>(&dy{{use}}[(size_t)n * OUT + o0 + unit]);
                    {{(guarded ? "    " : "")}}    multiply_add(dw[0], quad.x, gradient); multiply_add(dw[1], quad.y, gradient); multiply_add(dw[2], quad.z, gradient); multiply_add(dw[3], quad.w, gradient);
                    {{(bias is null ? "" : (guarded ? "    " : "") + "    multiply_add(db, 1.0f, gradient);\n")}}{{(guarded ? "    " : "")}}}
                    """).Replace("\n", "\n    ")}}
                #pragma unroll
                for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(&sums[share][feature + i][unit]) = dw[i];
                {{(bias is null ? "" : "if (feature == 0) *reinterpret_cast<float4*>(&bias_sums[share][unit]) = db;\n    ")}}__syncthreads();

                // epilogue: the shares in order, the optimizer
                for (int i = thread; i < FEATURES * UNITS; i += THREADS)
                {
                    const int f = f0 + i / UNITS, o = o0 + i % UNITS;
                    float g = 0;
                    #pragma unroll
                    for (int s = 0; s < SHARES; ++s) g += sums[s][i / UNITS][i % UNITS];
                    {{(guarded ? "if (f < IN) " : "")}}apply(step, WEIGHTS + o / PANEL * (PANEL * IN) + f * PANEL + o % PANEL, g, parameters, moment1, moment2, gradients);
                }
            {{(bias is null ? "" : """
                if (f0 == 0 && thread < UNITS)
                {
                    float g = 0;
                    #pragma unroll
                    for (int s = 0; s < SHARES; ++s) g += bias_sums[s][thread];
                    apply(step, BIAS + o0 + thread, g, parameters, moment1, moment2, gradients);
                }

            """)}}}
            """);
        return Part(name, group, weights, bias, arguments, Blocks(group), 4 * ((shares * Features * units) + (bias is null ? 0 : shares * units)), $"{Features} features x {units} units x {shares} shares of the batch", "f32", "");
    }

    /// <summary>The part that a dense layer's update is, by whichever unit it multiplies.</summary>
    /// <param name="name">Name of the function.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="arguments">Input and gradient of each call.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="sharedBytes">Shared memory of a block.</param>
    /// <param name="form">What a block is, for the comment.</param>
    /// <param name="factors">What the factors are, for the comment.</param>
    /// <param name="derived">Argument of the call for what is written with the weight, with a comma behind it.</param>
    public static UpdatePart Part(string name, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, IReadOnlyList<CudaArgument> arguments, int blocks, int sharedBytes, string form, string factors, string derived)
    {
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored);
        string[] names = [.. group.Uses.SelectMany((_, use) => new[] { $"{name}_x{Suffix(use)}", $"{name}_dy{Suffix(use)}" })];
        return new($"{name}, {blocks} {(blocks == 1 ? "block" : "blocks")} = {form}: dw[i,o] = sum(n) x[n,i] dy[n,o]{Calls(group)}{(bias is null ? "" : ";  db[o] = sum(n) dy[n,o]")}{(derived.Length == 0 ? "" : "; the weight is stored as operands, too")}\n"
            + $"  GEMM {group.In} x {group.Units} x N  x f32[N,{Panels.Pad(group.In)}]  dy f32[N,{stored}]{(factors == "f32" ? "" : $", rounded to {factors}")}  w f32[{stored / panel}][{group.In}][{panel}] at {weights.Offset}{(bias is null ? "" : $"  b f32[{stored}] at {bias.Offset}")} of the parameters",
            blocks, sharedBytes, [string.Join(", ", names.Select(static n => "const float* __restrict__ " + n))], arguments,
            $"{name}(shared, block, step, {string.Join(", ", names)}, {derived}parameters, moment1, moment2, gradients, batch);");
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
