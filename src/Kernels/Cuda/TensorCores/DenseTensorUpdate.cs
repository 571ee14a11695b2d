using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Weight and bias gradients of a dense layer over the whole batch on tensor cores, with the optimizer as their epilogue, which also writes the weight's operands.</summary>
/// <remarks>
/// The reduction runs over samples; a warp has 16 features and up to 32 units, and four warps share the batch, and then the weights, which with their moments are
/// under way while the shares are exchanged. The products are TF32 in either mode: values of two samples, which BF16 wants side by side in a word, lie apart in memory.
/// </remarks>
public static class DenseTensorUpdate
{
    private const int Shares = 4, Tiles = 4, Features = 16 * Tiles, NarrowUnits = 16;

    /// <summary>Threads of a block.</summary>
    public const int Threads = 32 * Shares * Tiles;

    /// <summary>Emits the part's function.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="copies">The weight's operands.</param>
    /// <param name="arguments">Input and gradient of each call.</param>
    public static UpdatePart Emit(CudaWriter writer, string name, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, IReadOnlyList<OperandCopy> copies, IReadOnlyList<CudaArgument> arguments)
    {
        Operands.EmitMultiplySamples(writer);
        foreach (OperandCopy copy in copies) copy.EmitHelpers(writer);
        Optimizer.Emit(writer, optimizer);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group);
        bool guarded = group.In % Features != 0;
        string[] state = [.. new[] { "w", "m", "v" }.Take(1 + optimizer.Moments)], areas = ["parameters", "moment1", "moment2"];

        // Narrow tiles leave registers for the weights and their moments, which are then under way from the start.
        bool early = units == NarrowUnits;
        string weightsText = $$"""
            // each share finishes an equal part of the tile's sums, whose weights are under way meanwhile; a tile lies in one panel; sum q: column tile q / 4, feature f0 + group + 8 * (q / 2 % 2)
            constexpr int MINE = COLUMN_TILES * 4 / SHARES;
            const bool learns = !step->keep_gradients && !step->bad;
            const int base = WEIGHTS + o0 / PANEL * (PANEL * IN) + o0 % PANEL + (f0 + group) * PANEL + lane % 4 * 2;
            float {{string.Join(", ", state.Select(static v => v + "[MINE]"))}};
            #pragma unroll
            for (int i = 0; i < MINE; ++i)
            {
                const int q = share * MINE + i, at = base + q / 2 % 2 * 8 * PANEL + q / 4 * 8 + q % 2;{{(guarded ? "\n    const bool inside = f0 + group + q / 2 % 2 * 8 < IN;" : "")}}
            {{string.Concat(state.Select((v, i) => $"    {v}[i] = {(guarded ? "inside ? " : "")}{areas[i]}[at]{(guarded ? " : 0.0f" : "")};\n"))}}}
            """;
        string body = $$"""
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, UNITS = {{units}}, COLUMN_TILES = UNITS / 8, SUMS = COLUMN_TILES * {{(bias is null ? 4 : 5)}}, TILES = {{Tiles}}, SHARES = {{Shares}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                float (*sums)[TILES][SUMS][32] = reinterpret_cast<float (*)[TILES][SUMS][32]>(shared);              // [SHARES]
                const int lane = threadIdx.x % 32, group = lane / 4, tile = threadIdx.x / 32 % TILES, share = threadIdx.x / 32 / TILES;
                const int o0 = block % (OUT / UNITS) * UNITS, f0 = (block / (OUT / UNITS) * TILES + tile) * 16{{(copies.Count == 0 ? "" : ", first_unit = o0 + lane % 4 * 2")}};

                {{(early ? weightsText + "\n\n" : "")}}float acc[COLUMN_TILES][4] = {};
                {{(bias is null ? "" : "float db[COLUMN_TILES] = {};\n")}}{{DenseUpdate.EachCall(group, use => Accumulate(use, guarded, bias is not null, units))}}

                {{(early ? "" : weightsText + "\n")}}#pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                {
                    #pragma unroll
                    for (int e = 0; e < 4; ++e) sums[share][tile][j * 4 + e][lane] = acc[j][e];
                    {{(bias is null ? "" : "sums[share][tile][COLUMN_TILES * 4 + j][lane] = db[j];\n")}}}
                __syncthreads();
                auto total = [&](int q)
                {
                    float sum = sums[0][tile][q][lane];
                    #pragma unroll
                    for (int s = 1; s < SHARES; ++s) sum += sums[s][tile][q][lane];
                    return sum;
                };

                // epilogue: the shares in order, the optimizer
                #pragma unroll
                for (int i = 0; i < MINE; ++i)
                {
                    const int q = share * MINE + i, at = base + q / 2 % 2 * 8 * PANEL + q / 4 * 8 + q % 2{{(guarded || copies.Count > 0 ? ", f = f0 + group + q / 2 % 2 * 8" : "")}}{{(copies.Count == 0 ? "" : ", o = first_unit + q / 4 * 8 + q % 2")}};
                    {{(guarded ? "if (f >= IN) continue;\n    " : "")}}const float g = total(q);
                    if (step->keep_gradients) gradients[at] = g;
                    if (!learns) continue;
                    const float learned = learn(step, w[i], g{{string.Concat(state.Skip(1).Select(static v => $", {v}[i]"))}});
                    parameters[at] = learned;
                {{string.Concat(state.Skip(1).Select((v, i) => $"    {areas[i + 1]}[at] = {v}[i];\n"))}}{{string.Concat(copies.Select(static copy => "    " + copy.Store("o", "f", "learned") + "\n"))}}}
                """ + (bias is null ? "" : """

                // bias: a share has a column tile, whose units have the samples of four lanes each
                if (f0 != 0 || share >= COLUMN_TILES) return;
                float db_total = total(COLUMN_TILES * 4 + share);
                db_total += __shfl_xor_sync(0xffffffffu, db_total, 1);
                db_total += __shfl_xor_sync(0xffffffffu, db_total, 2);
                if (lane % 4 == 0) apply(step, BIAS + o0 + share * 8 + group, db_total, parameters, moment1, moment2, gradients);
                """);
        writer.Helper(name, $$"""
            // a block of {{group.Name}}: {{Tiles}} tiles of 16 features x {{units}} units x {{Shares}} shares of the batch, a warp each
            __device__ __forceinline__ void {{name}}(float* __restrict__ shared, int block, const Step* __restrict__ step, {{DenseUpdate.Parameters(group)}}, {{(copies.Count == 0 ? "" : "float* __restrict__ derived, ")}}{{Optimizer.Parameters}}, int batch)
            {
                {{body.Replace("\n", "\n    ")}}
            }
            """);
        return DenseUpdate.Part(name, group, weights, bias, arguments, Blocks(group), 4 * Shares * Tiles * 32 * (units / 8) * (bias is null ? 4 : 5), $"{Tiles} tiles of 16 features x {units} units x {Shares} shares of the batch, a warp each", "tf32", copies.Count == 0 ? "" : "derived, ");
    }

    /// <summary>The products of one call of the layer, added to the warp's sums.</summary>
    private static string Accumulate(string use, bool guarded, bool hasBias, int units) => $$"""
        #pragma unroll {{(units == NarrowUnits ? 4 : 2)}}
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

    private static int UnitTile(DenseUpdateGroup group) => Panels.Pad(group.Units) % 32 == 0 ? 32 : NarrowUnits;

    private static int Blocks(DenseUpdateGroup group) => (group.In + Features - 1) / Features * (Panels.Pad(group.Units) / UnitTile(group));
}
