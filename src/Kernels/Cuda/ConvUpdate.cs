using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Adds the partial gradients of all convolutions in a fixed order and takes the optimizer step: a part of the step's last launch.</summary>
public static class ConvUpdate
{
    /// <summary>One parameter with partial gradients.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Offset">In the parameter area.</param>
    /// <param name="Floats">Stored floats.</param>
    /// <param name="Partials">In the area of partials.</param>
    /// <param name="Slices">Most partials of one use.</param>
    /// <param name="Uses">Layers that share the parameter, each with partials of its own: f32[Uses][Slices][Floats].</param>
    /// <param name="Flipped">The convolution whose flipped filter is rewritten, or null.</param>
    /// <param name="FlippedOffset">In the area of derived layouts.</param>
    public sealed record Segment(string Name, int Offset, int Floats, int Partials, int Slices, int Uses, ConvGeometry? Flipped, int FlippedOffset)
    {
        /// <summary>Blocks of so many elements.</summary>
        public int Blocks(int elements) => (Floats + elements - 1) / elements;

        /// <summary>The parameter's operands for tensor cores.</summary>
        public IReadOnlyList<OperandCopy> Copies { get; init; } = [];

        /// <summary>The tunable whose default <see cref="Slices"/> is, or null.</summary>
        public string? Tunable { get; init; }

        /// <summary>Most partials of one use, as the text has it.</summary>
        public string Limit => Tunable ?? $"{Slices}";

        /// <summary>Whether there are that many partials however small the batch is.</summary>
        public bool IsFixed { get; init; }

        /// <summary>Whether the parameter has another form, which is written with it.</summary>
        public bool IsDerived => Flipped is not null || Copies.Count > 0;
    }

    private const int Shares = 16;

    /// <summary>Emits the part's function.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="segments">The parameters.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="threads">Threads of a block.</param>
    public static UpdatePart Emit(CudaWriter writer, IReadOnlyList<Segment> segments, OptimizerSpec optimizer, int threads)
    {
        foreach (Segment segment in segments) EmitFlip(writer, segments, segment);
        foreach (OperandCopy copy in segments.SelectMany(static s => s.Copies)) copy.EmitHelpers(writer);
        Optimizer.Emit(writer, optimizer);
        int elements = 4 * threads / Shares, blocks = segments.Sum(s => s.Blocks(elements));
        bool derives = segments.Any(static s => s.IsDerived), shared = segments.Any(static s => s.Uses > 1), isFixed = segments.Any(static s => s.IsFixed);
        string[] state = [.. new[] { "w", "m", "v" }.Take(1 + optimizer.Moments)], areas = ["parameters", "moment1", "moment2"];
        int start = 0;
        List<string> places = [], stores = [];
        for (int i = 0; i < segments.Count; i++)
        {
            Segment s = segments[i];
            places.Add($"{(i > 0 ? "else " : "")}{(i == segments.Count - 1 ? "" : $"if (block < {start + s.Blocks(elements)}) ")}{{ {(derives ? $"segment = {i}; " : "")}{(start == 0 ? "" : $"block -= {start}; ")}at = {s.Offset}; floats = {s.Floats}; slices = {(isFixed && !s.IsFixed ? $"min(batch, {s.Limit})" : s.Limit)}; {(s.Uses > 1 ? $"uses = {s.Uses}; " : "")}from = partials{(s.Partials == 0 ? "" : $" + {s.Partials}")}; }}");
            start += s.Blocks(elements);
            if (!s.IsDerived) continue;
            string[] written = [
                .. s.Flipped is null ? [] : new[] { $"derived[{Plus(s.FlippedOffset)}{FlipName(segments, s)}(element)] = w;" },
                .. s.Copies.Select(static c => c.StoreElement("element", "w"))];
            stores.Add($"{(stores.Count == 0 ? "" : "else ")}if (segment == {i}) {(written.Length == 1 ? written[0] : $"{{ {string.Join(" ", written)} }}")}");
        }

        writer.Helper("conv_update", $$"""
            // a block of the parameters that have partial gradients: {{elements}} elements x {{Shares}} shares of the slices
            __device__ __forceinline__ void conv_update(float* __restrict__ shared, int block, const Step* __restrict__ step, const float* __restrict__ partials, float* __restrict__ derived, {{Optimizer.Parameters}}, int batch)
            {
                constexpr int ELEMENTS = {{elements}}, QUADS = ELEMENTS / 4, SHARES = {{Shares}};
                int at = 0, floats = 0, slices = 0{{(shared ? ", uses = 1" : "")}}{{(derives ? ", segment = 0" : "")}};
                const float* from = nullptr;
                {{string.Join("\n    ", places)}}

                const int element = block * ELEMENTS + threadIdx.x, quad = block * ELEMENTS + threadIdx.x % QUADS * 4, share = threadIdx.x / QUADS;
                const bool mine = threadIdx.x < ELEMENTS && element < floats;
                {{string.Concat(state.Select((v, i) => $"{(i == 0 ? "float w" : ", " + v)} = mine ? {areas[i]}[at + element] : 0.0f"))}};          // under way while the slices are summed
                {{(shared ? "const int places = slices;\n    " : "")}}{{(isFixed ? "" : "slices = min(batch, slices);")}}
                float4 four = make_float4(0, 0, 0, 0);
                if (quad < floats)
                    {{(shared ? "for (int use = 0; use < uses; ++use)\n            " : "")}}#pragma unroll 8
                    {{(shared ? "    " : "")}}for (int slice = share; slice < slices; slice += SHARES)
                    {{(shared ? "    " : "")}}{
                    {{(shared ? "    " : "")}}    const float4 part = *reinterpret_cast<const float4*>(&from[(size_t){{(shared ? "(use * places + slice)" : "slice")}} * floats + quad]);
                    {{(shared ? "    " : "")}}    four.x += part.x; four.y += part.y; four.z += part.z; four.w += part.w;
                    {{(shared ? "    " : "")}}}
                reinterpret_cast<float4*>(shared)[threadIdx.x] = four;
                __syncthreads();
                if (!mine) return;
                float sum = 0;
                #pragma unroll
                for (int part = 0; part < SHARES; ++part) sum += shared[part * ELEMENTS + threadIdx.x];
                if (step->keep_gradients) gradients[at + element] = sum;
                if (step->keep_gradients || step->bad) return;
                {{(optimizer.Moments == 0 ? "w = learn(step, w, sum);" : $"w = learn(step, w, sum{string.Concat(state.Skip(1).Select(static v => ", " + v))});")}}
                {{string.Join("\n    ", state.Select((v, i) => $"{areas[i]}[at + element] = {v};"))}}
            {{string.Concat(stores.Select(static store => "    " + store + "\n"))}}}
            """);
        string list = string.Join("\n  ", segments.Select(s => $"{s.Name} f32[{s.Floats}] from f32{(s.Uses > 1 ? $"[{s.Uses}]" : "")}[{(s.IsFixed ? s.Slices : $"min(N, {s.Limit})")}][{s.Floats}]{(s.Flipped is null ? "" : "; also stored flipped, for dgrad")}{(s.Copies.Count == 0 ? "" : $"; also stored as {s.Copies[0].Operands.Name} operands")}"));
        return new($"conv_update, {blocks} blocks = {elements} elements x {Shares} shares of the slices: g = sum(slices)\n  {list}", blocks, 16 * threads, ["const float* __restrict__ partials"], [new(CudaArea.Partials)],
            "conv_update(shared, block, step, partials, derived, parameters, moment1, moment2, gradients, batch);");
    }

    /// <summary>Emits the kernel that rewrites all flipped filters.</summary>
    public static CudaKernel EmitDerive(CudaWriter writer, IReadOnlyList<Segment> segments, IReadOnlyList<(OperandCopy Copy, int Offset, int Floats)> copies)
    {
        foreach ((OperandCopy copy, _, _) in copies) copy.EmitHelpers(writer);
        foreach (Segment segment in segments) EmitFlip(writer, segments, segment);
        var kernel = new CudaKernel("derive", 256, 4, 0);
        using (writer.Kernel(kernel, """
            // derived layouts anew, after parameters were set from outside; grid-stride, any grid
            """, "const float* __restrict__ parameters, float* __restrict__ derived"))
        {
            writer.Code.Line("const int first = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;");
            foreach (Segment s in segments.Where(static s => s.Flipped is not null))
                writer.Code.Line($"for (int i = first; i < {s.Floats}; i += stride) derived[{Plus(s.FlippedOffset)}{FlipName(segments, s)}(i)] = parameters[{Plus(s.Offset)}i];");
            foreach ((OperandCopy copy, int offset, int floats) in copies)
                writer.Code.Line($"for (int i = first; i < {floats}; i += stride) {copy.StoreElement("i", $"parameters[{Plus(offset)}i]")}");
        }

        return kernel;
    }

    private static string Plus(int offset) => offset == 0 ? "" : $"{offset} + ";

    /// <summary>Filters of one form are flipped by one function, which has the first one's name.</summary>
    private static string FlipName(IReadOnlyList<Segment> segments, Segment segment) =>
        "flip_" + CudaNames.Of(segments.First(s => s.Flipped is { } g && Extents(g) == Extents(segment.Flipped!)).Name);

    private static (int, int, int, int) Extents(ConvGeometry g) => (g.CStored, g.R, g.S, g.KStored);

    private static void EmitFlip(CudaWriter writer, IReadOnlyList<Segment> segments, Segment segment)
    {
        if (segment.Flipped is not { } g) return;
        ConvGeometry flipped = ConvDgrad.Flipped(g);
        writer.Helper(FlipName(segments, segment), $$"""
            // {{segment.Name}}: where element i of [K/PANEL][R][S][C][PANEL] goes in [C/C_PANEL][R][S][K][C_PANEL], turned by half a circle
            __device__ __forceinline__ int {{FlipName(segments, segment)}}(int i)
            {
                constexpr int C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, C_PANEL = {{flipped.Panel}};
                const int k = i / (PANEL * R * S * C) * PANEL + i % PANEL, c = i / PANEL % C, s = i / (PANEL * C) % S, r = i / (PANEL * C * S) % R;
                return ((c / C_PANEL * R + R - 1 - r) * S + S - 1 - s) * (K * C_PANEL) + k * C_PANEL + c % C_PANEL;
            }
            """);
    }
}
