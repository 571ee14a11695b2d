using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What the head does with one row of logits by a warp or half of one: softmax, output, loss, whether the answer is right, gradient.</summary>
public static class HeadRow
{
    public static void EmitHelpers(CudaWriter writer, HeadGroup head, OptimizerSpec? optimizer)
    {
        if (head.Loss is not null) writer.Helper("sample_at", StepText.SampleAt);
        if (optimizer is not null && head.Place.IsFirstLoss) writer.Helper("next_step", StepText.Clock(optimizer));
        writer.Helper("infinity", """
            __device__ __forceinline__ float infinity()
            {
                return __int_as_float(0x7f800000);
            }
            """);
        writer.Helper("row_sum", """
            // lanes that share a row: 16 or 32 neighbours
            template <int LANES>
            __device__ __forceinline__ u32 row_lanes()
            {
                return LANES == 32 ? 0xffffffffu : 0xffffu << (threadIdx.x & 16);
            }

            // sum over the row's lanes, the same in every one
            template <int LANES>
            __device__ __forceinline__ float row_sum(float x)
            {
                #pragma unroll
                for (int offset = LANES / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(row_lanes<LANES>(), x, offset);
                return x;
            }

            // largest value over the row's lanes and its place, of equals the lowest, the same in every one
            template <int LANES>
            __device__ __forceinline__ void row_largest(float& x, int& place)
            {
                #pragma unroll
                for (int offset = LANES / 2; offset > 0; offset /= 2)
                {
                    const float other = __shfl_xor_sync(row_lanes<LANES>(), x, offset);
                    const int there = __shfl_xor_sync(row_lanes<LANES>(), place, offset);
                    if (other > x || (other == x && there < place)) { x = other; place = there; }
                }
            }
            """);
    }

    /// <summary>Lanes that share a row, which a kernel knows as LANES: half a warp where a row has no more, so that two rows are under way.</summary>
    public static int Lanes(HeadGroup head) => Panels.Pad(head.Classes) <= 16 ? 16 : 32;

    /// <summary>", softmax", for comments.</summary>
    public static string Layer(HeadGroup head) => head.Output switch { ActivationKind.Softmax => ", softmax", ActivationKind.LogSoftmax => ", log-softmax", _ => "" };

    /// <summary>The output of a row, for comments.</summary>
    public static string Output(HeadGroup head) => head.Output switch { ActivationKind.Softmax => "softmax(z[n])", ActivationKind.LogSoftmax => "log softmax(z[n])", _ => "z[n]" };

    public static string Labels(HeadGroup head) => !head.Loss!.Kind.TakesRows() ? "class indices" : MayHaveLabels(head) ? "target rows t, or class indices, which stand for rows with a single one" : "target rows t";

    /// <summary>Whether class indices may stand for target rows, as they do in a data set; beside other losses there are rows only.</summary>
    public static bool MayHaveLabels(HeadGroup head) => head.Place.Losses == 1;

    /// <summary>A weight, for comments.</summary>
    public static string Weight(HeadGroup head) => head.Loss!.Weight == 1 ? "" : FormattableString.Invariant($"{head.Loss.Weight} ");

    /// <summary>Where sample n's loss goes.</summary>
    public static string Loss(HeadGroup head) => head.Place.Losses == 1 ? "losses[n]" : $"losses[(size_t)n * {head.Place.Losses} + {head.Place.Loss}]";

    /// <summary>Place of the head's first output of sample n, or in <paramref name="own"/>'s words where the model has no other output.</summary>
    public static string OutputAt(HeadGroup head, string own) => head.Place.Outputs == head.Elements ? own : $"(size_t)n * {head.Place.Outputs} + {head.Place.Output}";

    /// <summary>Likewise of its first target value of a sample of the set.</summary>
    public static string TargetAt(HeadGroup head, string own) => head.Place.Targets == head.Elements ? own : $"(size_t)sample * {head.Place.Targets} + {head.Place.Target}";

    /// <summary>Likewise of its first class index.</summary>
    public static string LabelAt(HeadGroup head, string own) => head.Place.Labels is 0 || head.Place.Labels == head.Pixels ? own : $"(size_t)sample * {head.Place.Labels} + {head.Place.Label}";

    /// <summary>Opens a row of targets: "row", or "label" where there are class indices instead.</summary>
    public static string TargetRow(HeadGroup head, string row, string label) => MayHaveLabels(head)
        ? $"const float* row = step->targets ? step->targets + {row} : nullptr;\nconst int label = row ? -1 : step->labels[{label}];"
        : $"const float* row = step->targets + {row};";

    /// <summary>Target o of a row so opened.</summary>
    public static string Target(HeadGroup head) => MayHaveLabels(head) ? "row ? row[o] : o == label ? 1.0f : 0.0f" : "row[o]";

    /// <summary>Parameters for what is measured.</summary>
    public static string Measured(HeadGroup head) => "float* __restrict__ losses" + (head.Place.Counts ? ", int* __restrict__ correct" : "");

    /// <summary>Blocks of a head of <paramref name="rows"/> samples a block; where it begins the step, one block more does.</summary>
    public static CudaGrid Grid(HeadGroup head, OptimizerSpec? optimizer, int rows) => CudaGrid.PerSample(1, rows) with { Fixed = Begins(head, optimizer) ? 1 : 0 };

    /// <summary>Text by which the last block begins the step, which takes as long as a row does, and returns.</summary>
    public static string BeginApart(HeadGroup head, OptimizerSpec? optimizer) => !Begins(head, optimizer) ? "" : """
        if (blockIdx.x == gridDim.x - 1)
        {
            if (thread == 0 && dz) next_step(step);
            return;
        }

        """;

    private static bool Begins(HeadGroup head, OptimizerSpec? optimizer) => optimizer is not null && head.Place.IsFirstLoss;

    /// <summary>The first thread of the first head begins the step.</summary>
    public static string Begin(HeadGroup head, OptimizerSpec? optimizer, string isFirst) => !Begins(head, optimizer) ? "" : $"if ({isFirst} && dz) next_step(step);";

    /// <summary>Output o of a row, out of largest and total.</summary>
    public static string Value(HeadGroup head) => head.Output switch
    {
        ActivationKind.Softmax => "expf(logits[o] - largest) / total",
        ActivationKind.LogSoftmax => "logits[o] - largest - logf(total)",
        _ => "logits[o]",
    };

    /// <summary>Text that declares what the row's sample should be: each load waits for the one before, and the last is wanted late.</summary>
    public static string Sample(HeadGroup head, string n, string exists)
    {
        if (head.Loss is not { } loss) return "";
        string sample = $"const bool is_measured = losses && {exists};\nconst int sample = is_measured ? sample_at(step, {n}) : 0;\n", row = TargetAt(head, "(size_t)sample * CLASSES");
        if (!loss.Kind.TakesRows()) return sample + $"const int wanted = is_measured ? step->labels[{LabelAt(head, "sample")}] : 0;";
        return sample + (MayHaveLabels(head)
            ? $"const float* row = losses && step->targets ? step->targets + {row} : nullptr;\nconst int label = is_measured && !row ? step->labels[sample] : 0;"
            : $"const float* row = losses ? step->targets + {row} : nullptr;");
    }

    /// <summary>Emits the block behind "if (these lanes have a row)": sample n; lane is the number among them.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="head">The head.</param>
    /// <param name="trains">Whether there may be gradients.</param>
    /// <param name="logits">Where its logits lie.</param>
    /// <param name="kept">Where its gradient is kept besides; null: nowhere.</param>
    /// <param name="only">Whether this block writes what it finds, where several find it; null: it does.</param>
    /// <param name="hasOutput">Whether there is a place for the output.</param>
    public static void Emit(CudaWriter writer, HeadGroup head, bool trains, string logits = "z + (size_t)n * OUT", string? kept = null, string? only = null, bool hasOutput = true)
    {
        writer.Code.Line($$"""
                {
                    const float* logits = {{logits}};
                    float largest = lane < CLASSES ? logits[lane] : -infinity();
                    int best = lane;
                    for (int o = lane + LANES; o < CLASSES; o += LANES)
                        if (logits[o] > largest) { largest = logits[o]; best = o; }
                    row_largest<LANES>(largest, best);
                    float total = 0;
                    for (int o = lane; o < CLASSES; o += LANES) total += expf(logits[o] - largest);
                    total = row_sum<LANES>(total);
                """);
        if (hasOutput) writer.Code.Line($"    if (output)\n        for (int o = lane; o < CLASSES; o += LANES) output[{OutputAt(head, "(size_t)n * CLASSES")} + o] = {Value(head)};");
        EmitLoss(writer, head, trains, kept, only);
        writer.Code.Line("}");
    }

    private static void EmitLoss(CudaWriter writer, HeadGroup head, bool trains, string? kept, string? only)
    {
        if (head.Loss is not { } loss) return;
        bool rows = loss.Kind.TakesRows();
        writer.Code.Line($$"""
                if (losses)
                {
                    const float log_sum = largest + logf(total);
            """);
        writer.Code.Line(rows ? $$"""
                    float sum = {{(MayHaveLabels(head) ? "log_sum - logits[label], mass = 1" : "0, mass = 0")}};
                    int wanted = {{(MayHaveLabels(head) ? "label" : "lane")}};
                    {{(MayHaveLabels(head) ? "if (row)\n        " : "")}}{
                        float wanted_value = -infinity();
                        sum = mass = 0;
                        wanted = lane;
                        for (int o = lane; o < CLASSES; o += LANES)
                        {
                            const float t = row[o];
                            mass += t;
                            if (t != 0.0f) sum = fmaf(t, log_sum - logits[o], sum);
                            if (t > wanted_value) { wanted_value = t; wanted = o; }
                        }
                        sum = row_sum<LANES>(sum);
                        mass = row_sum<LANES>(mass);
                        row_largest<LANES>(wanted_value, wanted);
                    }
            """ : "        const float sum = log_sum - logits[wanted];");
        writer.Code.Line($$"""
                    if (lane == 0{{(only is null ? "" : " && " + only)}})
                    {
                        {{Loss(head)}} = sum;{{(head.Place.Counts ? "\n            correct[n] = best == wanted;" : "")}}
            """);
        if (trains) writer.Code.Line("            if (dz && !isfinite(sum)) atomicExch(&step->bad, 1);");
        writer.Code.Line("        }");
        if (trains)
        {
            writer.Code.Line($$"""
                        if (dz)
                        {
                            const float inverse = {{CudaWriter.Literal(loss.Weight)}} / batch, scale = inverse{{(rows ? " * mass" : "")}} / total;
                            for (int o = lane; o < OUT; o += LANES)
                            {
                                const float t = o >= CLASSES ? 0.0f : {{(rows ? Target(head) : "o == wanted ? 1.0f : 0.0f")}};
                                {{(only is null
                                    ? (kept is null ? "" : $"{kept}[o] = ") + "dz[(size_t)n * OUT + o] = o < CLASSES ? fmaf(expf(logits[o] - largest), scale, -inverse * t) : 0.0f;"
                                    : $"{kept}[o] = o < CLASSES ? fmaf(expf(logits[o] - largest), scale, -inverse * t) : 0.0f;\n                if ({only}) dz[(size_t)n * OUT + o] = {kept}[o];")}}
                            }
                        }
                """);
        }

        writer.Code.Line("    }");
    }
}
