using Convoke.Kernels;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>The net of twins on the emulator, and faults planted into what it has beside other nets: where each input lies in a sample.</summary>
public class InputMutationTests
{
    /// <summary>Kernel, text, what stands there instead. Only the first occurrence is changed.</summary>
    public static TheoryData<string, string, string> Mutations => new()
    {
        { "twin_fprop", "(size_t)sample * 209 + 0", "(size_t)sample * 208 + 0" },
        { "twin_2_fprop", "(size_t)sample * 209 + 72", "(size_t)sample * 209 + 0" },
        { "twin_2_wgrad", "(size_t)sample * 209 + 72", "(size_t)sample * 209 + 0" },
        { "twin_wgrad", "(size_t)sample * 209 + 0", "(size_t)sample * 209 + 72" },
        { "colour_fprop", "(size_t)sample * 209 + 144", "(size_t)sample * 209 + 143" },
        { "gather_colours", "(size_t)sample * 209 + 144", "(size_t)sample * 209 + 145" },
        { "gather_extra", "i < VALUES ?", "i <= VALUES ?" },
        { "gather_extra", "(size_t)sample * 209 + 204", "(size_t)n * 209 + 204" },
        { "import_extra", "(size_t)sample * 209 + 204", "(size_t)sample * 209 + 203" },
    };

    [NvrtcTheory, InlineData(1), InlineData(5), InlineData(9)]
    public void The_net_of_twins_agrees_with_the_interpreter(int n)
    {
        CompiledModel model = Compiler.Compile(TwinInputs.Net);
        Compare(model, EmulatedProgram.Compile(model), n, n);
    }

    [NvrtcTheory, InlineData(SpecPrecision.TF32), InlineData(SpecPrecision.BFloat16)]
    public void On_tensor_cores_too(SpecPrecision precision)
    {
        CompiledModel model = Compiler.Compile(TwinInputs.Net with { Precision = precision });
        KernelComparison.Run(model, EmulatedProgram.Compile(model), 5, 5, RandomGraphs.Batch(5, model.Spec, 5), static graph => RandomGraphs.Weights(5, graph), 1e-3);
    }

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(TwinInputs.Net);
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => Compare(model, ptx, 5, 3));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static void Compare(CompiledModel model, string ptx, int n, int seed) =>
        KernelComparison.Run(model, ptx, seed, n, RandomGraphs.Batch(seed, model.Spec, n), graph => RandomGraphs.Weights(seed, graph));
}
