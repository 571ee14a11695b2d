using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Kernels for tensor cores against the interpreter that rounds the same factors, on the emulator with all its checks.</summary>
public class TensorKernelTests
{
    private const int Models = 12, Graphs = 16, Shards = 4;

    /// <summary>Factors that lie between two values of the format fall either way; a place that is wrong misses by a factor of a hundred.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>A net of six layers, two of them called several times, some of whose ReLUs are open or closed by a factor that BF16 rounds the one way or the other: at TF32 it agrees.</summary>
    private const int SeedOnTheEdge = 12;

    /// <summary>A normalization of few values divides by a small deviation, and enlarges what fell the other way.</summary>
    private const double NormTolerance = 5e-3;

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Models; seed += Shards) Compare(RandomModels.Model(seed), seed % 8 < 4 ? SpecPrecision.TF32 : SpecPrecision.BFloat16, seed, RandomModels.BatchSize(seed));
    }

    [NvrtcTheory, InlineData(1, SpecPrecision.TF32), InlineData(5, SpecPrecision.TF32), InlineData(21, SpecPrecision.TF32), InlineData(5, SpecPrecision.BFloat16)]
    public void Program_B_agrees_with_the_interpreter(int n, SpecPrecision precision) => Compare(Convoke.Kernels.Tests.Models.B, precision, 1, n);

    [NvrtcTheory, InlineData(5, SpecPrecision.TF32), InlineData(18, SpecPrecision.BFloat16)]
    public void Program_A_agrees_with_the_interpreter(int n, SpecPrecision precision) => Compare(Convoke.Kernels.Tests.Models.A, precision, 1, n);

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_of_any_topology_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Graphs; seed += Shards)
        {
            CompiledModel model = Compiler.Compile(RandomGraphs.Model(seed) with { Precision = seed % 8 < 4 || seed == SeedOnTheEdge ? SpecPrecision.TF32 : SpecPrecision.BFloat16 });
            int n = RandomGraphs.BatchSize(seed);
            KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomGraphs.Batch(seed, model.Spec, n), graph => RandomGraphs.Weights(seed, graph), model.Spec.Calls.Any(static c => c.Layer is BatchNormSpec) ? NormTolerance : Tolerance);
        }
    }

    /// <summary>Layers that are called several times, on maps of which some are too small for tensor cores.</summary>
    [NvrtcTheory, InlineData("convolutions", SpecPrecision.TF32), InlineData("convolutions", SpecPrecision.BFloat16), InlineData("dense", SpecPrecision.TF32)]
    public void Shared_layers_agree_with_the_interpreter(string net, SpecPrecision precision)
    {
        CompiledModel model = Compiler.Compile(SharedNets.All[net] with { Precision = precision });

        // Numbers that few digits hold: what follows the layers' first call is then rounded alike on both sides.
        (float[] images, int[] labels) = RandomGraphs.Batch(5, model.Spec, 5);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), 5, 5, ([.. images.Select(static x => MathF.Round(8 * x) / 8)], labels), graph => RandomModels.Weights(5, graph), Tolerance);
    }

    /// <summary>Faults in the text of program B at TF32: a place, an order, a wait.</summary>
    public static TheoryData<string, string, string> Mutations => new()
    {
        { "conv2d_1_fprop", "lane / 8 % 2 ^ lane / 4 % 2", "lane / 8 % 2" },
        { "conv2d_1_fprop", "turned ? upper[2 + e] : upper[e]", "upper[e]" },
        { "conv2d_1_fprop", "wait_copies();", "" },
        { "conv2d_1_fprop", "__syncthreads();\n\n", ";\n" },
        { "conv2d_fprop", "half ^ lane / 16", "half" },
        { "conv2d_fprop", "i / PACK * 4 + lane % 4", "i / PACK * 4 + lane % 3" },
        { "conv2d_fprop", "(size_t)sample * (H * W * C)", "(size_t)n * (H * W * C)" },
        { "conv2d_1_dgrad", "- (R - 1)", "- (R - 2)" },
        { "conv2d_1_dgrad", "place / WINDOW_W - p0", "place % WINDOW_W - p0" },
        { "int conv_operand", "n / 8 % 2 * 2 + word / 4", "word / 4 * 2 + n / 8 % 2" },
        { "int dense_operand", "word % 4", "3 - word % 4" },
        { "conv2d_1_wgrad", "seen % MAP_W", "seen / MAP_W" },
        { "conv2d_1_wgrad", "winner.y == place ? rounded.y : 0", "rounded.y" },
        { "dense_forward", "n0 + lane / 4 + 8", "n0 + lane / 4" },
        { "dense_dgrad", "i % 2 * 8", "0" },
        { "void dense_update", "first += SHARES * 8", "first += 8" },
        { "void dense_update", "+ q / 2 % 2 * 8 * PANEL", "" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.B with { Precision = SpecPrecision.TF32 });
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, 1, 9, RandomModels.Batch(1, model.Spec, 9), graph => RandomModels.Weights(1, graph), Tolerance));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static void Compare(ModelSpec spec, SpecPrecision precision, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec with { Precision = precision });
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomModels.Batch(seed, model.Spec, n), graph => RandomModels.Weights(seed, graph), Tolerance);
    }
}
