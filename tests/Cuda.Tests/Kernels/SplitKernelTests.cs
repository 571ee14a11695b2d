using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Products of factors that are two TF32 numbers each, against the interpreter in double, which rounds nothing, under all of the emulator's checks.</summary>
public class SplitKernelTests
{
    /// <summary>A fifth of what float32's own kernels are held to, which pass at it, too. Of TF32's 2^-11 a factor a sum has more left: the faults below show it.</summary>
    private const double Tolerance = 4e-6;

    private const int Seed = 2;

    [NvrtcTheory, InlineData("A", 5), InlineData("B", 1), InlineData("B", 5), InlineData("C", 5)]
    public void Programs_agree_with_the_interpreter(string program, int n) => Compare(Program(program), Seed, n);

    [NvrtcTheory, InlineData(0), InlineData(6)]
    public void Chains_agree_with_the_interpreter(int seed) => Compare(RandomModels.Model(seed), seed, RandomModels.BatchSize(seed));

    [NvrtcTheory, InlineData(1), InlineData(9)]
    public void Nets_that_begin_with_two_convolutions_agree_with_the_interpreter(int seed) => Compare(RandomStacks.Model(seed), seed, RandomStacks.BatchSize(seed));

    [NvrtcTheory, InlineData(0), InlineData(3)]
    public void Any_topology_agrees_with_the_interpreter(int seed)
    {
        CompiledModel model = Compiler.Compile(RandomGraphs.Model(seed) with { Precision = SpecPrecision.Float32x3 });
        int n = RandomGraphs.BatchSize(seed);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, Whole(RandomGraphs.Batch(seed, model.Spec, n)), graph => Whole(RandomGraphs.Weights(seed, graph)), Tolerance);
    }

    /// <summary>Faults in each kind of kernel, of the precision alone: places and waits are TF32's, which have their own. Terms are low high, high low, high high.</summary>
    public static TheoryData<string, string, string, string> Mutations => new()
    {
        // What is left is TF32, which is to be found wherever it is.
        { "A", "void split", "x - __uint_as_float(word)", "0.0f" },
        { "B", "void split", "x - __uint_as_float(word)", "0.0f" },

        // A term less.
        { "A", "conv2d_dense_parts", "term = 0;", "term = 1;" },
        { "A", "conv2d_dense_parts", "small[0], small[1], small[2], small[3], b[0]", "0, 0, 0, 0, b[0]" },
        { "B", "conv2d_conv2d_1_fprop", "++term", "term += 2" },
        { "B", "conv2d_1_dgrad", "term = 0;", "term = 1;" },
        { "B", "conv2d_1_dgrad", "++term", "term += 2" },
        { "B", "conv2d_1_wgrad", "term = 0;", "term = 1;" },
        { "B", "conv2d_1_wgrad", "++term", "term += 2" },
        { "B", "dense_forward", "term = 0;", "term = 1;" },
        { "B", "head_dense_dgrad", "++term", "term += 2" },
        { "B", "void dense_update", "++term", "term += 2" },
        { "C", "conv1_wgrad", "term = 0;", "term = 1;" },

        // A winner that takes bits which the value needs.
        { "C", "conv1_wgrad", "& ~3u |", "& ~4095u |" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string program, string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Program(program) with { Precision = SpecPrecision.Float32x3 });
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => Compare(model, ptx, Seed, 5));
        Assert.True(found is Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static ModelSpec Program(string name) => name switch { "A" => Convoke.Kernels.Tests.Models.A, "B" => Convoke.Kernels.Tests.Models.B, _ => Convoke.Kernels.Tests.Models.C };

    private static void Compare(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec with { Precision = SpecPrecision.Float32x3 });
        Compare(model, EmulatedProgram.Compile(model), seed, n);
    }

    private static void Compare(CompiledModel model, string ptx, int seed, int n) =>
        KernelComparison.Run(model, ptx, seed, n, Whole(RandomModels.Batch(seed, model.Spec, n)), graph => Whole(RandomModels.Weights(seed, graph)), Tolerance);

    /// <summary>The tests' numbers have few digits, which one TF32 number holds: of these it holds half. Each is another, so that no two sums of a window are equal.</summary>
    private static float[] Whole(float[] values) => [.. values.Select(static (x, i) => (float)(x * (0.875 + (0.25 * (i * 0.6180339887498949 % 1)))))];

    private static (float[] Images, int[] Labels) Whole((float[] Images, int[] Labels) batch) => (Whole(batch.Images), batch.Labels);

    private static Dictionary<string, float[]> Whole(Dictionary<string, float[]> weights) => weights.ToDictionary(static w => w.Key, static w => Whole(w.Value));
}
