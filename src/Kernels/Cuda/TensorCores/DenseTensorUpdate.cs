using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Weight and bias gradients of a dense layer over the whole batch on tensor cores, with the optimizer as their epilogue, which also writes the weight's operands.</summary>
/// <remarks>
/// The reduction runs over samples; a warp has 16 features and up to 32 units, and four warps share the batch. The weight and its moments are
/// under way while the shares are added. The products are TF32 in either mode: values of two samples, which BF16 wants side by side in a word, lie apart in memory.
/// </remarks>
public static class DenseTensorUpdate
{
    private const int Shares = 4, Tiles = 4, Threads = 32 * Shares * Tiles, Features = 16 * Tiles;

    public static CudaGrid Grid(DenseUpdateGroup group, bool finishes) => CudaGrid.Of(Blocks(group) + (finishes ? 1 : 0));

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The model's member.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="copies">The weight's operands.</param>
    /// <param name="end">What one block more does, which ends the step; null where there is none.</param>
    /// <param name="draws">Whether the model draws masks, so that the step's end counts them.</param>
    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, IReadOnlyList<OperandCopy> copies, StepEnd? end, bool draws)
    {
        Operands.EmitMultiplySamples(writer);
        foreach (OperandCopy copy in copies) copy.EmitHelpers(writer);
        Optimizer.Emit(writer, optimizer);
        end?.EmitHelper(writer);
        bool finishes = end is not null;
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group);
        bool guarded = group.In % Features != 0;
        string[] state = [.. new[] { "w", "m", "v" }.Take(1 + optimizer.Moments)], areas = ["parameters", "moment1", "moment2"];
        int shared = 4 * (Shares - 1) * Tiles * 32 * (units / 8) * (bias is null ? 4 : 5);
        var kernel = new CudaKernel(name, Threads, 1, shared + (end?.SharedBytes ?? 0));
        using (writer.Kernel(kernel, $"""
            // {group.Name} wgrad and update  <- {layer}
            //   dw[i,o] = sum(n) x[n,i] dy[n,o]{DenseUpdate.Calls(group)};  {(bias is null ? "" : "db[o] = sum(n) dy[n,o];  ")}then the optimizer{(copies.Count == 0 ? "" : "; the weight is stored as operands, too")}
            //   x f32[N,{Panels.Pad(group.In)}]  dy f32[N,{stored}], both rounded to tf32  w f32[{stored / panel}][{group.In}][{panel}] at {weights.Offset}{(bias is null ? "" : $"  b f32[{stored}] at {bias.Offset}")} of the parameters
            //   GEMM {group.In} x {group.Units} x N on tensor cores; block {Threads} = {Tiles} tiles of 16 features x {units} units x {Shares} shares of the batch, a warp each; grid {Blocks(group)}{(finishes ? " and one block more, which ends the step" : "")}
            """, [
                $"{(finishes ? "" : "const ")}Step* __restrict__ step, {DenseUpdate.Parameters(group)}", Optimizer.Parameters, .. copies.Count == 0 ? [] : new[] { "float* __restrict__ derived" },
                (end is null ? "" : end.Parameters + ", ") + "int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, UNITS = {{units}}, COLUMN_TILES = UNITS / 8, SUMS = COLUMN_TILES * {{(bias is null ? 4 : 5)}}, TILES = {{Tiles}}, SHARES = {{Shares}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                {{(finishes ? $$"""
                __shared__ Sums step_sums;
                if (blockIdx.x == {{Blocks(group)}})
                {
                    {{end!.Call}}
                    {{(draws ? StepText.NextDraw + "\n    " : "")}}return;
                }

                """ : "")}}__shared__ float sums[SHARES - 1][TILES][SUMS][32];
                const int lane = threadIdx.x % 32, group = lane / 4, tile = threadIdx.x / 32 % TILES, share = threadIdx.x / 32 / TILES;
                const int o0 = blockIdx.x % (OUT / UNITS) * UNITS, f0 = (blockIdx.x / (OUT / UNITS) * TILES + tile) * 16{{(copies.Count == 0 ? "" : ", first_unit = o0 + lane % 4 * 2")}};

                float acc[COLUMN_TILES][4] = {};
                {{(bias is null ? "" : "float db[COLUMN_TILES] = {};\n")}}{{DenseUpdate.EachCall(group, use => Accumulate(use, guarded, bias is not null))}}

                const bool learns = share == 0 && !step->keep_gradients && !step->bad;

                // a tile lies in one panel; element e of column tile j: feature f0 + group + 8 * (e / 2), unit first_unit + 8 * j + e % 2
                const int base = WEIGHTS + o0 / PANEL * (PANEL * IN) + o0 % PANEL + (f0 + group) * PANEL + lane % 4 * 2;
                float {{string.Join(", ", state.Select(static v => v + "[COLUMN_TILES][4]"))}};
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                    #pragma unroll
                    for (int e = 0; e < 4; ++e)
                    {
                        const int at = base + e / 2 * 8 * PANEL + 8 * j + e % 2;
                        const bool mine = learns{{(guarded ? " && f0 + group + e / 2 * 8 < IN" : "")}};
                {{string.Concat(state.Select((v, i) => $"        {v}[j][e] = mine ? {areas[i]}[at] : 0.0f;\n"))}}    }

                // the shares in order, onto the first
                if (share > 0)
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                    {
                        #pragma unroll
                        for (int e = 0; e < 4; ++e) sums[share - 1][tile][j * 4 + e][lane] = acc[j][e];
                        {{(bias is null ? "" : "sums[share - 1][tile][COLUMN_TILES * 4 + j][lane] = db[j];\n    ")}}}
                __syncthreads();
                if (share > 0) return;
                #pragma unroll
                for (int s = 0; s < SHARES - 1; ++s)
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES; ++j)
                    {
                        #pragma unroll
                        for (int e = 0; e < 4; ++e) acc[j][e] += sums[s][tile][j * 4 + e][lane];
                        {{(bias is null ? "" : "db[j] += sums[s][tile][COLUMN_TILES * 4 + j][lane];\n    ")}}}

                // epilogue: the optimizer
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                    #pragma unroll
                    for (int e = 0; e < 4; ++e)
                    {
                        const int at = base + e / 2 * 8 * PANEL + 8 * j + e % 2{{(guarded || copies.Count > 0 ? ", f = f0 + group + e / 2 * 8" : "")}}{{(copies.Count == 0 ? "" : ", o = first_unit + 8 * j + e % 2")}};
                        {{(guarded ? "if (f >= IN) continue;\n        " : "")}}if (step->keep_gradients) gradients[at] = acc[j][e];
                        if (!learns) continue;
                        const float learned = learn(step, w[j][e], acc[j][e]{{string.Concat(state.Skip(1).Select(static v => $", {v}[j][e]"))}});
                        parameters[at] = learned;
                {{string.Concat(state.Skip(1).Select((v, i) => $"        {areas[i + 1]}[at] = {v}[j][e];\n"))}}{{string.Concat(copies.Select(static copy => "        " + copy.Store("o", "f", "learned") + "\n"))}}    }
                """);
            if (bias is null) return kernel;
            writer.Code.Line("""
                if (f0 != 0) return;
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                {
                    // the samples of the four lanes of a unit
                    db[j] += __shfl_xor_sync(0xffffffffu, db[j], 1);
                    db[j] += __shfl_xor_sync(0xffffffffu, db[j], 2);
                    if (lane % 4 == 0) apply(step, BIAS + o0 + j * 8 + group, db[j], parameters, moment1, moment2, gradients);
                }
                """);
        }

        return kernel;
    }

    /// <summary>The products of one call of the layer, added to the warp's sums.</summary>
    private static string Accumulate(string use, bool guarded, bool hasBias) => $$"""
        #pragma unroll 2
        for (int first = share * 8; first < batch; first += SHARES * 8)
        {
            // of samples lane % 4 and the fourth behind it
            u32 a[4], b[2][COLUMN_TILES];
            #pragma unroll
            for (int half = 0; half < 2; ++half)
            {
                const int n = first + half * 4 + lane % 4;
                const bool inside = n < batch{{(guarded ? " && f0 < STRIDE" : "")}};
                const float* features = &x{{use}}[(size_t)n * STRIDE + f0 + group];
                const float* gradient = &dy{{use}}[(size_t)n * OUT + o0 + group];
                a[2 * half] = sample_operand(inside ? features[0] : 0.0f);
                a[2 * half + 1] = sample_operand(inside ? features[8] : 0.0f);
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                {
                    const float dz = inside ? gradient[j * 8] : 0.0f;
                    b[half][j] = sample_operand(dz);
                    {{(hasBias ? "db[j] += dz;" : "")}}
                }
            }
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) sample_mma(acc[j], a[0], a[1], a[2], a[3], b[0][j], b[1][j]);
        }
        """;

    private static int UnitTile(DenseUpdateGroup group) => Panels.Pad(group.Units) % 32 == 0 ? 32 : 16;

    private static int Blocks(DenseUpdateGroup group) => (group.In + Features - 1) / Features * (Panels.Pad(group.Units) / UnitTile(group));
}
