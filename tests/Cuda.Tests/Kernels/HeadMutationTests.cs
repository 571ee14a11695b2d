using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>The net of two heads on the emulator, and faults planted into what it has beside other nets: its ends, and the sums of several losses.</summary>
public class HeadMutationTests
{
    private const int Seed = 2;

    /// <summary>Flat heads or maps, kernel (or helper), text, what stands there instead. Only the first occurrence is changed.</summary>
    public static TheoryData<bool, string, string, string> Mutations => new()
    {
        // values: target, layout, loss, gradient
        { false, "head_Boxes", "- step->targets[", "+ step->targets[" },
        { false, "head_Boxes", "output[(size_t)n * 10 + 6 + o]", "output[(size_t)n * 10 + o]" },
        { true, "head_Boxes", "+ o * PIXELS + pixel] = value;", "+ pixel * CLASSES + o] = value;" },
        { true, "head_Boxes", "if (dz) dz[stored] = 0.0f;", "" },
        { false, "head_Boxes", "3.0f / ((float)batch", "1.0f / ((float)batch" },
        { false, "head_Boxes", "(float)batch * (PIXELS * CLASSES)", "(float)batch" },
        { false, "head_Boxes", "HALFBETA)", "BETA)" },
        { false, "head_Boxes", "? INVERSEBETA * d", "? d" },
        { false, "head_Boxes", "ONE : MINUSONE", "ONE : ONE" },
        { false, "head_Boxes", "losses[(size_t)n * 2 + 1] = loss;", "losses[(size_t)n * 2] = loss;" },
        { true, "head_Boxes", "if (thread < half) sums[thread] += sums[thread + half];", "" },
        { true, "head_Boxes", "__syncthreads();\n        if (thread < half)", "if (thread < half)" },
        { false, "head_Boxes", "loss = sums[0] / (PIXELS * CLASSES);", "loss = sums[0];" },
        { false, "head_Boxes", "sample_at(step, n)", "n" },

        // classes beside values
        { false, "head_Classes", "0.5f / batch", "1.0f / batch" },
        { false, "head_Classes", "losses[(size_t)n * 2 + 0]", "losses[n]" },
        { true, "head_Classes", "0.5f / ((float)batch", "1.0f / ((float)batch" },
        { true, "head_Classes", "(size_t)n * 252 + 0 + o * PIXELS", "(size_t)n * PIXELS + 0 + o * PIXELS" },

        // one step for both
        { false, "head_Classes", "if (thread == 0 && dz) next_step(step);", "" },
        { false, "head_Boxes", "if (thread == 0) sample", "if (n == 0 && thread == 0 && dz) step->step += 1;\n    if (thread == 0) sample" },

        // sums of several losses
        { false, "void finish", "losses[(size_t)n * LOSSES + which]", "losses[(size_t)n * LOSSES]" },
        { false, "void finish", "totals[which] +=", "totals[0] +=" },
        { false, "void finish", "__syncthreads();        // thread 0", ";        // thread 0" },
        { false, "void finish", "step->correct += sums.correct[0];", "" },
        { false, "void finish", "step->position += batch;", "" },
    };

    public static TheoryData<bool, LossKind, LossKind, int> Nets => new()
    {
        { false, LossKind.CrossEntropy, LossKind.SmoothL1, 1 }, { false, LossKind.CrossEntropy, LossKind.SmoothL1, 5 }, { true, LossKind.CrossEntropy, LossKind.SmoothL1, 9 },
        { false, LossKind.CategoricalCrossentropy, LossKind.MeanSquaredError, 3 }, { true, LossKind.SparseCategoricalCrossentropy, LossKind.MeanSquaredError, 1 }, { true, LossKind.CategoricalCrossentropy, LossKind.SmoothL1, 4 },
    };

    [NvrtcTheory, MemberData(nameof(Nets))]
    public void The_net_of_two_heads_agrees_with_the_interpreter(bool map, LossKind classes, LossKind boxes, int n)
    {
        CompiledModel model = Compiler.Compile(TwoHeads.Of(map, classes, boxes));
        Compare(model, EmulatedProgram.Compile(model), n);
    }

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(bool map, string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(TwoHeads.Of(map));
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => Compare(model, ptx, 5)) ?? Record.Exception(() => Compare(model, ptx, 7, seed: 3));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static void Compare(CompiledModel model, string ptx, int n, int seed = Seed) =>
        KernelComparison.Run(model, ptx, seed, n, RandomGraphs.Images(seed, model.Spec, n), Truth.Random(model.Spec, seed, n), graph => RandomGraphs.Weights(seed, graph));
}
