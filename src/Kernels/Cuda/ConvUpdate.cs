using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Adds the partial gradients of all convolutions in a fixed order and takes the optimizer step, for all of them in one launch.</summary>
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
        public int Blocks => (Floats + 31) / 32;

        /// <summary>The parameter's operands for tensor cores.</summary>
        public IReadOnlyList<OperandCopy> Copies { get; init; } = [];

        /// <summary>Whether the parameter has another form, which is written with it.</summary>
        public bool IsDerived => Flipped is not null || Copies.Count > 0;
    }

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="segments">The parameters.</param>
    /// <param name="optimizer">The epilogue.</param>
    /// <param name="end">What the last block does.</param>
    /// <param name="draws">Whether the model draws masks, so that the step's end counts them.</param>
    public static CudaKernel Emit(CudaWriter writer, IReadOnlyList<Segment> segments, OptimizerSpec optimizer, StepEnd end, bool draws)
    {
        foreach (Segment segment in segments) EmitFlip(writer, segments, segment);
        foreach (OperandCopy copy in segments.SelectMany(static s => s.Copies)) copy.EmitHelpers(writer);
        Optimizer.Emit(writer, optimizer);
        end.EmitHelper(writer);
        var kernel = new CudaKernel("conv_update", 128, 8, 512 + end.SharedBytes);
        string list = string.Join("\n", segments.Select(static s => $"//   {s.Name} f32[{s.Floats}] from f32{(s.Uses > 1 ? $"[{s.Uses}]" : "")}[min(N, {s.Slices})][{s.Floats}], {s.Blocks} {(s.Blocks == 1 ? "block" : "blocks")}{(s.Flipped is null ? "" : "; also stored flipped, for dgrad")}{(s.Copies.Count == 0 ? "" : $"; also stored as {s.Copies[0].Operands.Name} operands")}"));
        using (writer.Kernel(kernel, $"""
            // update of every parameter that has partial gradients: g = sum(slices), then the optimizer
            {list}
            //   block 128 = 32 elements x 4 quarters of the slices; one block more ends the step
            """, "Step* __restrict__ step, const float* __restrict__ partials, float* __restrict__ derived", Optimizer.Parameters, end.Parameters + ", int batch"))
        {
            bool flips = segments.Any(static s => s.IsDerived), shares = segments.Any(static s => s.Uses > 1);
            writer.Code.Line($"""
                __shared__ float sums[4][32];
                __shared__ Sums step_sums;
                const int lane = threadIdx.x % 32, quarter = threadIdx.x / 32;
                int block = blockIdx.x, at = 0, floats = 0, slices = 0{(shares ? ", uses = 1" : "")}{(flips ? ", segment = 0" : "")};
                const float* from = nullptr;
                """);
            int start = 0;
            for (int i = 0; i < segments.Count; i++)
            {
                Segment s = segments[i];
                writer.Code.Line($"{(i > 0 ? "else " : "")}if (block < {start + s.Blocks}) {{ {(flips ? $"segment = {i}; " : "")}{(start == 0 ? "" : $"block -= {start}; ")}at = {s.Offset}; floats = {s.Floats}; slices = {s.Slices}; {(s.Uses > 1 ? $"uses = {s.Uses}; " : "")}from = partials{(s.Partials == 0 ? "" : $" + {s.Partials}")}; }}");
                start += s.Blocks;
            }

            writer.Code.Line($$"""
                else
                {
                    {{end.Call}}
                    {{(draws ? StepText.NextDraw + "\n    " : "")}}return;
                }

                const int element = block * 32 + lane;
                {{(shares ? "const int places = slices;\n" : "")}}slices = min(batch, slices);
                float sum = 0;
                if (element < floats)
                    {{(shares ? "for (int use = 0; use < uses; ++use)\n        " : "")}}#pragma unroll 8
                    {{(shares ? "    " : "")}}for (int slice = quarter; slice < slices; slice += 4) sum += from[(size_t){{(shares ? "(use * places + slice)" : "slice")}} * floats + element];
                sums[quarter][lane] = sum;
                __syncthreads();
                if (quarter != 0 || element >= floats) return;
                """);
            writer.Code.Line($"{(flips ? "const float w = " : "")}apply(step, at + element, (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]), parameters, moment1, moment2, gradients);");
            bool first = true;
            for (int i = 0; i < segments.Count; i++)
            {
                if (!segments[i].IsDerived) continue;
                string[] stores = [
                    .. segments[i].Flipped is null ? [] : new[] { $"derived[{Plus(segments[i].FlippedOffset)}{FlipName(segments, segments[i])}(element)] = w;" },
                    .. segments[i].Copies.Select(static c => c.StoreElement("element", "w"))];
                writer.Code.Line($"{(first ? "" : "else ")}if (segment == {i}) {(stores.Length == 1 ? stores[0] : $"{{ {string.Join(" ", stores)} }}")}");
                first = false;
            }
        }

        return kernel;
    }

    /// <summary>Blocks of <see cref="Emit"/>'s kernel.</summary>
    public static int Blocks(IReadOnlyList<Segment> segments) => segments.Sum(static s => s.Blocks) + 1;

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
