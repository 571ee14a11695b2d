using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Products of halves against the interpreter that rounds the same factors, gradients times the same scale, under all of the emulator's checks: the text as Turing compiles it, and as newer devices do.</summary>
public class HalfKernelTests
{
    private const int Turing = 75, Ampere = 80;

    /// <summary>As of the other roundings: a factor between two halves may fall either way.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>What a block may have on Turing.</summary>
    private const int MaxSharedBytes = 64 * 1024;

    /// <summary>Threads of a multiprocessor there.</summary>
    private const int MaxThreads = 1024;

    [NvrtcTheory, InlineData("A", 5, Turing), InlineData("B", 21, Turing), InlineData("B", 1, Ampere), InlineData("C", 2, Turing)]
    public void Programs_agree_with_the_interpreter(string program, int n, int capability) => Compare(Program(program), 1, n, capability);

    [NvrtcTheory, InlineData(0, Turing), InlineData(6, Turing), InlineData(9, Ampere)]
    public void Chains_agree_with_the_interpreter(int seed, int capability) => Compare(RandomModels.Model(seed), seed, RandomModels.BatchSize(seed), capability);

    /// <summary>Nets that begin with two convolutions, of which some are one kernel, and all gradients of the second.</summary>
    [NvrtcTheory, InlineData(1, Turing), InlineData(3, Turing), InlineData(5, Ampere)]
    public void Nets_that_begin_with_two_convolutions_agree_with_the_interpreter(int seed, int capability) => Compare(RandomStacks.Model(seed), seed, RandomStacks.BatchSize(seed), capability);

    /// <summary>The latter has a layer whose maps are smaller than the sums of its bias.</summary>
    [NvrtcTheory, InlineData(2, Ampere), InlineData(18, Turing)]
    public void Any_topology_agrees_with_the_interpreter(int seed, int capability)
    {
        CompiledModel model = Compiler.Compile(RandomGraphs.Model(seed) with { Precision = SpecPrecision.Float16 });
        int n = RandomGraphs.BatchSize(seed);
        KernelComparison.Run(model, EmulatedProgram.Compile(model, capability: capability), seed, n, RandomGraphs.Batch(seed, model.Spec, n), graph => RandomGraphs.Weights(seed, graph), Tolerance);
    }

    /// <summary>Whatever the net is, no block of it wants more than Turing has.</summary>
    [Fact]
    public void No_kernel_has_more_shared_memory_than_Turing()
    {
        ModelSpec[] nets = [Program("A"), Program("B"), Program("C"), Small, Wide, .. Enumerable.Range(0, 24).SelectMany(static seed => new[] { RandomModels.Model(seed), RandomStacks.Model(seed), RandomGraphs.Model(seed) })];
        CudaSource[] sources = [.. nets.Select(static net => Compiler.Compile(net with { Precision = SpecPrecision.Float16 }).Cuda)];
        Assert.DoesNotContain(sources.SelectMany(static cuda => cuda.Kernels), static kernel => kernel.SharedBytes + kernel.DynamicBytes > MaxSharedBytes || kernel.Threads * kernel.MinBlocks > MaxThreads);
        Assert.Equal([Turing], sources.Select(static cuda => cuda.Capability).Distinct());

        // At BF16 there are some that do: the bound is not met by itself. It has one of its own, that of 8.6, which the sums of this filter are beyond.
        Assert.Contains(Compiler.Compile(Program("B") with { Precision = SpecPrecision.BFloat16 }).Cuda.Kernels, static kernel => kernel.DynamicBytes > MaxSharedBytes);
        ModelSpec large = Convoke.Kernels.Tests.Models.Of(new(8, 8, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
            new Conv2DSpec("first", 32, 3, 3, ActivationKind.Relu, true), new Conv2DSpec("second", 64, 4, 4, ActivationKind.Relu, true), new FlattenSpec("flatten"), new DenseSpec("head", 10, ActivationKind.Softmax, true, null));
        Assert.All(Compiler.Compile(large with { Precision = SpecPrecision.BFloat16 }).Cuda.Kernels, static kernel => Assert.True(kernel.SharedBytes + kernel.DynamicBytes <= 99 * 1024, kernel.ToString()));
    }

    /// <summary>Gradients that are below every half without the scale, and factors and gradients that are above every half: the former count, the latter saturate.</summary>
    [NvrtcTheory, InlineData(Range.Tiny, Turing), InlineData(Range.Huge, Turing), InlineData(Range.Steep, Ampere)]
    public void Far_numbers_agree_with_the_interpreter(Range range, int capability)
    {
        CompiledModel model = Compiler.Compile(In(range));
        CompareIn(range, model, EmulatedProgram.Compile(model, capability: capability));
    }

    /// <summary>Program B from equal weights: its losses are as near to those of float32 as BF16's are, or nearer.</summary>
    [NvrtcFact]
    public void Training_stays_as_near_to_float32_as_in_BFloat16()
    {
        double[] single = Losses(SpecPrecision.Float32), half = Losses(SpecPrecision.Float16), brain = Losses(SpecPrecision.BFloat16);
        double ofHalf = Distance(half), ofBrain = Distance(brain);
        Assert.True(single[^1] < single[0] && ofHalf > 0 && ofHalf <= ofBrain, $"float32 {string.Join(", ", single)}; halves are {ofHalf} away, BF16 {ofBrain}");

        double Distance(double[] losses) => losses.Zip(single, static (a, b) => Math.Abs(a - b)).Sum();
    }

    /// <summary>What is not finite does not become a large number, which would look sound.</summary>
    [NvrtcTheory, InlineData(float.PositiveInfinity), InlineData(float.NaN)]
    public void What_is_not_finite_is_seen(float value)
    {
        CompiledModel model = Compiler.Compile(Small with { Precision = SpecPrecision.Float16 });
        Assert.All(Outputs(model, EmulatedProgram.Compile(model), value), static y => Assert.Equal(float.NaN, y));
        Assert.Contains(Outputs(model, Mutant.Compile(model, "float within", "fmaf(x, 0.0f, fminf(fmaxf(x, -limit), limit))", "fminf(fmaxf(x, -limit), limit)"), value), float.IsFinite);
    }

    /// <summary>Faults in each kind of kernel, of the precision alone: places and waits are BF16's and TF32's, which have their own. The net, the device, the range in which the fault shows.</summary>
    public static TheoryData<string, int, string, string, string, Range> Mutations => new()
    {
        // Halves, in the text of either device.
        { "small", Turing, "u32 halves", "{low, high}", "{high, low}", Range.Usual },
        { "small", Ampere, "u32 halves", "\"f\"(y), \"f\"(x)", "\"f\"(x), \"f\"(y)", Range.Usual },

        // A step of Turing's is two of half the depth.
        { "small", Turing, "void mma", "\"r\"(a2), \"r\"(a3), \"r\"(b1)", "\"r\"(0), \"r\"(0), \"r\"(0)", Range.Usual },
        { "small", Turing, "void mma", "\"r\"(a0), \"r\"(a1), \"r\"(b0)", "\"r\"(a0), \"r\"(a2), \"r\"(b0)", Range.Usual },

        // The scale, left out on one side.
        { "small", Turing, "u32 gradient_operand", "within(x, LARGEST) * GRADIENT_SCALE", "within(x, LARGEST)", Range.Usual },
        { "small", Turing, "second_backward", " * (1.0f / GRADIENT_SCALE)", "", Range.Usual },
        { "wide", Turing, "second_dgrad", " * (1.0f / GRADIENT_SCALE)", "", Range.Usual },
        { "wide", Turing, "second_wgrad", " * (1.0f / GRADIENT_SCALE)", "", Range.Usual },
        { "wide", Turing, "head_hidden_dgrad", " * (1.0f / GRADIENT_SCALE)", "", Range.Usual },
        { "wide", Turing, "void hidden_update", " * (1.0f / GRADIENT_SCALE)", "", Range.Usual },
        { "wide", Turing, "void store_winners", "winner.y == place ? 0xffff0000u", "winner.x == place ? 0xffff0000u", Range.Usual },

        // Nothing saturates.
        { "small", Turing, "u32 operand", "within(x, 65504.0f)", "x", Range.Huge },
        { "small", Ampere, "u32 gradient_operand", "within(y, LARGEST)", "y", Range.Steep },

        // What replaces copies past the registers.
        { "wide", Turing, "void copy_async", "*static_cast<uint4*>(to) =", "*static_cast<uint2*>(to) = make_uint2(0, 0); const uint4 lost =", Range.Usual },
        { "wide", Turing, "second_dgrad", "wait_copies();\n        __syncthreads();", "wait_copies();", Range.Usual },
        { "wide", Turing, "void hidden_update", "wait_copies();\n        __syncthreads();", "wait_copies();", Range.Usual },

        // Places of what transposed loads turn, and of samples in pairs.
        { "wide", Turing, "second_wgrad", "lane / 16 * 8 + lane % 8", "lane % 16", Range.Usual },
        { "wide", Turing, "second_wgrad", "under + j * 32", "under + j * 16", Range.Usual },
        { "wide", Turing, "second_wgrad", "__syncthreads();                // the stage is free again", "", Range.Usual },
        { "wide", Turing, "void hidden_update", "+ 4 * X_PITCH", "+ 8 * X_PITCH", Range.Usual },
        { "small", Turing, "second_backward", "- 1 < 0x7c00u", "< 0x7c00u", Range.Usual },
        { "small", Turing, "second_backward", "word & 0xffffu : word >> 16", "word >> 16 : word & 0xffffu", Range.Usual },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string net, int capability, string place, string text, string instead, Range range)
    {
        CompiledModel model = Compiler.Compile(range == Range.Usual ? (net == "wide" ? Wide : Small) with { Precision = SpecPrecision.Float16 } : In(range));
        string ptx = Mutant.Compile(model, place, text, instead, capability);
        Exception? found = Record.Exception(() => CompareIn(range, model, ptx));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    /// <summary>The scale, left out on both sides.</summary>
    [NvrtcFact]
    public void Without_the_scale_small_gradients_are_lost()
    {
        CompiledModel model = Compiler.Compile(In(Range.Tiny));
        string text = model.Cuda.Text.Replace("GRADIENT_SCALE = 1024.0f", "GRADIENT_SCALE = 1.0f", StringComparison.Ordinal);
        Assert.NotEqual(model.Cuda.Text, text);
        Assert.Contains("gradient of ", Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => CompareIn(Range.Tiny, model, EmulatedProgram.Compile(model, text))).Message, StringComparison.Ordinal);
    }

    /// <summary>Where numbers lie.</summary>
    public enum Range
    {
        /// <summary>Within halves.</summary>
        Usual,

        /// <summary>A loss that counts so little that its gradients are below every half.</summary>
        Tiny,

        /// <summary>Weights beyond every half.</summary>
        Huge,

        /// <summary>A loss that counts so much that its gradients, scaled, are.</summary>
        Steep,
    }

    private static ModelSpec In(Range range) => Small with
    {
        Precision = SpecPrecision.Float16,
        Losses = [Small.Losses[0] with { Weight = range switch { Range.Tiny => 1.0 / (1 << 24), Range.Steep => 1 << 12, _ => 1 } }],
    };

    private static void CompareIn(Range range, CompiledModel model, string ptx) => KernelComparison.Run(
        model, ptx, 2, Samples, RandomModels.Batch(2, model.Spec, Samples),
        graph => RandomModels.Weights(2, graph).ToDictionary(static w => w.Key, w => range != Range.Huge || !w.Key.StartsWith("first", StringComparison.Ordinal) ? w.Value : [.. w.Value.Select(static x => x * (1 << 18))]),
        Tolerance, least: range == Range.Tiny ? 0 : KernelComparison.Least);

    private const int Samples = 9;

    /// <summary>A net whose second layer has all its gradients made by one kernel, with the first one's.</summary>
    private static ModelSpec Small { get; } = Convoke.Kernels.Tests.Models.Of(new(10, 10, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 16, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new Conv2DSpec("second", 32, 3, 3, ActivationKind.Relu, true), new FlattenSpec("flatten"),
        new DenseSpec("head", 10, ActivationKind.Softmax, true, null));

    /// <summary>A net whose second layer has more weights than fit beside its maps.</summary>
    private static ModelSpec Wide { get; } = Convoke.Kernels.Tests.Models.Of(new(6, 6, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 64, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, new Conv2DSpec("second", 64, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"),
        new DenseSpec("hidden", 32, ActivationKind.Relu, true, null), new DenseSpec("head", 10, ActivationKind.Softmax, true, null));

    private static float[] Outputs(CompiledModel model, string ptx, float value)
    {
        (float[] images, int[] labels) = RandomModels.Batch(1, model.Spec, Samples);
        Dictionary<string, float[]> weights = RandomModels.Weights(1, Convoke.Kernels.Graphs.GraphBuilder.Build(model.Spec));
        using var program = new EmulatedProgram(model, ptx, Samples, new ExecutionOptions());
        foreach (ParameterInfo p in model.Parameters)
        {
            float[] elements = LogicalOrder.FromGraph(p, weights[p.Name]);
            if (p.Name == "second.kernel") Array.Fill(elements, value);
            program.Set(p, elements);
        }

        program.SetSamples<float>(Samples, images, labels, []);
        program.Derive();
        program.Predict(Samples);
        return program.Area(CudaArea.Output, Samples * model.Outputs[0].Elements).ToArray();
    }

    /// <summary>Mean losses of some steps on one batch, from weights as training starts with.</summary>
    private static double[] Losses(SpecPrecision precision)
    {
        const int steps = 3, n = 8;
        CompiledModel model = Compiler.Compile(Program("B") with { Precision = precision });
        using var program = new EmulatedProgram(model, EmulatedProgram.Compile(model), n, new ExecutionOptions { DetectRaces = false, DetectUninitialized = false });
        var random = new Random(1);
        foreach (ParameterInfo p in model.Parameters) program.Set(p, [.. Enumerable.Range(0, p.Shape.Aggregate(1, static (a, b) => a * b)).Select(_ => (float)(p.Bound * ((2 * random.NextDouble()) - 1)))]);
        float[] images = [.. Enumerable.Range(0, n * 28 * 28).Select(_ => random.NextSingle())];
        program.SetSamples<float>(n, images, [.. Enumerable.Range(0, n).Select(static i => i % 10)], []);
        program.Derive();
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            double before = program.Step.LossSum;
            program.Step.Position = 0;
            program.Train(n);
            losses[step] = (program.Step.LossSum - before) / n;
        }

        return losses;
    }

    private static ModelSpec Program(string name) => name switch { "A" => Convoke.Kernels.Tests.Models.A, "B" => Convoke.Kernels.Tests.Models.B, _ => Convoke.Kernels.Tests.Models.C };

    private static void Compare(ModelSpec spec, int seed, int n, int capability)
    {
        CompiledModel model = Compiler.Compile(spec with { Precision = SpecPrecision.Float16 });
        KernelComparison.Run(model, EmulatedProgram.Compile(model, capability: capability), seed, n, RandomModels.Batch(seed, model.Spec, n), graph => RandomModels.Weights(seed, graph), Tolerance);
    }
}
