using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Weight and bias gradients of a dense layer over the whole batch on tensor cores, with the optimizer as their epilogue, which also writes the weight's operands.</summary>
/// <remarks>
/// The reduction runs over samples, a chunk of which is staged at once, so that a small batch waits for memory once; a warp has 16 features and all units of the block, and four warps share
/// the chunk. Then a thread has four neighbouring weights, which with their moments are under way from the start. The products are TF32, or split in two of them, at BF16, too: values of
/// two samples, which that wants side by side in a word, lie apart in memory. F16 is for devices that have no TF32: there a lane takes each word's two values from two rows.
/// </remarks>
public static class DenseTensorUpdate
{
    private const int Shares = 4, Tiles = 4, Features = 16 * Tiles, Chunk = 128;

    /// <summary>Floats behind a row of shared memory, so that lanes of four rows, eight columns each, meet different banks.</summary>
    private const int Skew = 8;

    /// <summary>Threads of a block.</summary>
    public const int Threads = 32 * Shares * Tiles;

    /// <summary>Emits the part's function.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="group">The layer.</param>
    /// <param name="weights">Place of the weights.</param>
    /// <param name="bias">Place of the bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="operands">The precision.</param>
    /// <param name="copies">The weight's operands.</param>
    /// <param name="arguments">Input and gradient of each call.</param>
    public static UpdatePart Emit(CudaWriter writer, string name, DenseUpdateGroup group, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer, Operands operands, IReadOnlyList<OperandCopy> copies, IReadOnlyList<CudaArgument> arguments)
    {
        if (operands.IsHalf) operands.EmitOperand(writer);
        else operands.EmitMultiplySamples(writer);
        operands.Gradients.EmitHelpers(writer);
        operands.EmitCopies(writer);
        foreach (OperandCopy copy in copies) copy.EmitHelpers(writer);
        Optimizer.Emit(writer, optimizer);
        int stored = Panels.Pad(group.Units), panel = Panels.Width(stored), units = UnitTile(group, operands);
        bool guarded = group.In % Features != 0, all = Features * units / 4 == Threads;
        string[] state = [.. new[] { "w", "m", "v" }.Take(1 + optimizer.Moments)], areas = ["parameters", "moment1", "moment2"];
        string mine = string.Join(" && ", new[] { all ? "" : "thread < FEATURES * UNITS / 4", guarded ? "f0 + feature < IN" : "" }.Where(static t => t.Length > 0));
        string Sum(int e) => operands.Gradients.Sum($"acc[j][{e}]");
        string body = $$"""
                constexpr int IN = {{group.In}}, STRIDE = {{Panels.Pad(group.In)}}, OUT = {{stored}}, PANEL = {{panel}}, FEATURES = {{Features}}, UNITS = {{units}}, CHUNK = {{Chunk}}, TILES = {{Tiles}}, SHARES = {{Shares}}, THREADS = {{Threads}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                constexpr int COLUMN_TILES = UNITS / 8, X_PITCH = FEATURES + {{Skew}}, DY_PITCH = UNITS + {{Skew}};
                float* xs = shared;                              // [CHUNK][X_PITCH]
                float* dys = shared + CHUNK * X_PITCH;           // [CHUNK][DY_PITCH]
                const int thread = threadIdx.x, lane = thread % 32, group = lane / 4, tile = thread / 32 % TILES, share = thread / 32 / TILES;
                const int o0 = block % (OUT / UNITS) * UNITS, f0 = block / (OUT / UNITS) * FEATURES;

                // the four weights of a feature that the thread will learn; the block's lie in one panel
                const int feature = thread / (UNITS / 4), unit = thread % (UNITS / 4) * 4, at = WEIGHTS + o0 / PANEL * (PANEL * IN) + o0 % PANEL + (f0 + feature) * PANEL + unit;
                {{(mine.Length == 0 ? "" : $"const bool mine = {mine};")}}
                float4 {{string.Join(", ", state.Select((v, i) => $"{v} = {(mine.Length == 0 ? "" : "!mine ? make_float4(0, 0, 0, 0) : ")}*reinterpret_cast<const float4*>(&{areas[i]}[at])"))}};

                float acc[COLUMN_TILES][4] = {};
                {{(bias is null ? "" : "float db = 0;\n")}}{{DenseUpdate.EachCall(group, use => Accumulate(use, operands, guarded, bias is not null))}}

                // the shares: sums [SHARES][FEATURES][DY_PITCH]{{(bias is null ? "" : ", then those of the bias")}}
                #pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j)
                {
                    float* to = shared + (share * FEATURES + tile * 16 + group) * DY_PITCH + j * 8 + lane % 4 * 2;
                    *reinterpret_cast<float2*>(to) = make_float2({{Sum(0)}}, {{Sum(1)}});
                    *reinterpret_cast<float2*>(to + 8 * DY_PITCH) = make_float2({{Sum(2)}}, {{Sum(3)}});
                }
                {{(bias is null ? "" : "float* bias_sums = shared + SHARES * FEATURES * DY_PITCH;\nif (f0 == 0) bias_sums[thread] = db;\n")}}__syncthreads();

                // epilogue: the shares in order, the optimizer
                {{(mine.Length == 0 ? "{" : "if (mine)\n{")}}
                    float4 g = *reinterpret_cast<const float4*>(shared + feature * DY_PITCH + unit);
                    #pragma unroll
                    for (int s = 1; s < SHARES; ++s)
                    {
                        const float4 other = *reinterpret_cast<const float4*>(shared + (s * FEATURES + feature) * DY_PITCH + unit);
                        g.x += other.x; g.y += other.y; g.z += other.z; g.w += other.w;
                    }
                    if (step->keep_gradients) *reinterpret_cast<float4*>(&gradients[at]) = g;
                    else if (!step->bad)
                    {
                {{string.Concat("xyzw".Select(c => $"        w.{c} = learn(step, w.{c}, g.{c}{string.Concat(state.Skip(1).Select(v => $", {v}.{c}"))});\n"))}}{{string.Concat(state.Select((v, i) => $"        *reinterpret_cast<float4*>(&{areas[i]}[at]) = {v};\n"))}}{{string.Concat(copies.SelectMany(static copy => copy.StoreFour("o0 + unit", "f0 + feature", "w")).Select(static store => $"        {store}\n"))}}    }
                }
                """ + (bias is null ? "" : """

                if (f0 == 0 && thread < UNITS)
                {
                    float g = 0;
                    for (int s = 0; s < THREADS / UNITS; ++s) g += bias_sums[s * UNITS + thread];
                    apply(step, BIAS + o0 + thread, g, parameters, moment1, moment2, gradients);
                }
                """);
        writer.Helper(name, $$"""
            // a block of {{group.Name}}: {{Features}} features x {{units}} units; a warp 16 features x all units x one of {{Shares}} shares of the batch, then a thread four weights
            __device__ __forceinline__ void {{name}}(float* __restrict__ shared, int block, const Step* __restrict__ step, {{DenseUpdate.Parameters(group)}}, {{(copies.Count == 0 ? "" : "float* __restrict__ derived, ")}}{{Optimizer.Parameters}}, int batch)
            {
                {{body.Replace("\n", "\n    ")}}
            }
            """);
        int staged = Chunk * (Features + Skew + units + Skew), sums = (Shares * Features * (units + Skew)) + (bias is null ? 0 : Threads);
        return DenseUpdate.Part(name, group, weights, bias, arguments, Blocks(group, operands), 4 * Math.Max(staged, sums), $"{Features} features x {units} units x {Shares} shares of the batch", operands.SampleFactors, copies.Count == 0 ? "" : "derived, ");
    }

    /// <summary>The products of one call of the layer, added to the warp's sums.</summary>
    private static string Accumulate(string use, Operands operands, bool guarded, bool hasBias) => $$"""
        for (int first = 0; first < batch; first += CHUNK)
        {
            const int samples = min(CHUNK, batch - first);
            #pragma unroll 1
            for (int i = thread; i < CHUNK * (FEATURES / 4); i += THREADS)
            {
                const int n = i / (FEATURES / 4), f = i % (FEATURES / 4) * 4;
                float* to = xs + n * X_PITCH + f;
                if (n < samples{{(guarded ? " && f0 + f < STRIDE" : "")}}) copy_async(to, &x{{use}}[(size_t)(first + n) * STRIDE + f0 + f]);
                else *reinterpret_cast<float4*>(to) = make_float4(0, 0, 0, 0);
            }
            #pragma unroll 1
            for (int i = thread; i < CHUNK * (UNITS / 4); i += THREADS)
            {
                const int n = i / (UNITS / 4), o = i % (UNITS / 4) * 4;
                float* to = dys + n * DY_PITCH + o;
                if (n < samples) copy_async(to, &dy{{use}}[(size_t)(first + n) * OUT + o0 + o]);
                else *reinterpret_cast<float4*>(to) = make_float4(0, 0, 0, 0);
            }
            wait_copies();
            __syncthreads();

            {{(operands.IsHalf ? Halves : Words(operands.Products)).Replace("\n", "\n    ")}}
            {{(hasBias ? "if (f0 == 0)\n        for (int n = thread / UNITS; n < samples; n += THREADS / UNITS) db += dys[n * DY_PITCH + thread % UNITS];\n" : "")}}    __syncthreads();            // what is staged is free again
        }
        """;

    /// <summary>Text of the products of what is staged, of words that are one value.</summary>
    private static string Words(Products products) => $$"""
        // of samples lane % 4 and the fourth behind it
        #pragma unroll 2
        for (int n = share * 8; n < samples; n += SHARES * 8)
        {
            const float* features = xs + (n + lane % 4) * X_PITCH + tile * 16 + group;
            const float* gradient = dys + (n + lane % 4) * DY_PITCH + group;
            u32 a{{products.Parts}}[4], b[2]{{products.Parts}}[COLUMN_TILES];
            #pragma unroll
            for (int i = 0; i < 4; ++i) {{products.Whole("a")}}[i] = sample_operand(features[i / 2 * (4 * X_PITCH) + i % 2 * 8]);
            #pragma unroll
            for (int i = 0; i < 2 * COLUMN_TILES; ++i) {{products.Whole("b[i % 2]")}}[i / 2] = sample_operand(gradient[i % 2 * (4 * DY_PITCH) + i / 2 * 8]);
            {{(products.Split("    ", "a", "b[0]", "b[1]") + "\n    ").TrimStart()}}{{products.Add("    ", "acc", "COLUMN_TILES", static (sums, left, right) => $$"""
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) sample_mma({{sums}}[j], a{{left}}[0], a{{left}}[1], a{{left}}[2], a{{left}}[3], b[0]{{right}}[j], b[1]{{right}}[j]);
            """)}}
        }
        """;

    /// <summary>The same of words that are two.</summary>
    private const string Halves = """
        // of samples lane % 4 and the fourth behind it, and of those eight behind both
        #pragma unroll 2
        for (int n = share * 16; n < samples; n += SHARES * 16)
        {
            const float* features = xs + (n + lane % 4) * X_PITCH + tile * 16 + group;
            const float* gradient = dys + (n + lane % 4) * DY_PITCH + group;
            u32 a[4], b[2][COLUMN_TILES];
            #pragma unroll
            for (int i = 0; i < 4; ++i) a[i] = operand(features[i / 2 * (8 * X_PITCH) + i % 2 * 8], features[i / 2 * (8 * X_PITCH) + 4 * X_PITCH + i % 2 * 8]);
            #pragma unroll
            for (int i = 0; i < 2 * COLUMN_TILES; ++i) b[i % 2][i / 2] = gradient_operand(gradient[i % 2 * (8 * DY_PITCH) + i / 2 * 8], gradient[i % 2 * (8 * DY_PITCH) + 4 * DY_PITCH + i / 2 * 8]);
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) mma(acc[j], a[0], a[1], a[2], a[3], b[0][j], b[1][j]);
        }
        """;

    private static int UnitTile(DenseUpdateGroup group, Operands operands) => Panels.Pad(group.Units) % 32 == 0 && !operands.Products.IsSplit ? 32 : 16;

    private static int Blocks(DenseUpdateGroup group, Operands operands) => (group.In + Features - 1) / Features * (Panels.Pad(group.Units) / UnitTile(group, operands));
}
