using Convoke.Kernels;
using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Kernels for tensor cores against the interpreter that rounds the same factors, on the emulator with all its checks.</summary>
public class TensorKernelTests
{
    private const int Models = 12, Graphs = 16, Stacks = 16, Shards = 4;

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

    [NvrtcTheory, InlineData(3, SpecPrecision.TF32), InlineData(2, SpecPrecision.BFloat16)]
    public void Program_C_agrees_with_the_interpreter(int n, SpecPrecision precision) => Compare(Convoke.Kernels.Tests.Models.C, precision, 1, n);

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

    /// <summary>Nets that begin with two convolutions.</summary>
    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void First_convolutions_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Stacks; seed += Shards) Compare(RandomStacks.Model(seed), seed % 3 == 0 ? SpecPrecision.TF32 : SpecPrecision.BFloat16, seed, RandomStacks.BatchSize(seed));
    }

    /// <summary>More samples than blocks: each block takes several in turn, under a border of zeros that only the first finds made.</summary>
    [NvrtcTheory, InlineData(SpecPrecision.TF32), InlineData(SpecPrecision.BFloat16)]
    public void Images_in_turn_agree_with_the_interpreter(SpecPrecision precision)
    {
        CompiledModel model = Compiler.Compile(Turns with { Precision = precision });
        Assert.Contains(model.Cuda.Kernels, static k => k.Name == "first_second_fprop");
        Compare(Turns, precision, 1, 2 * ConvTensorFusedForward.MaxBlocks + 5);
    }

    /// <summary>What more than one layer reads is a map in memory in prediction as well.</summary>
    [NvrtcFact]
    public void A_first_map_that_others_read_reaches_memory()
    {
        ModelSpec spec = Turns with
        {
            Calls = [new(Turns.Calls[0].Layer, [-1]), new(new Conv2DSpec("second", 16, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, [0]), new(new AddSpec("sum"), [0, 1]), new(new FlattenSpec("flatten"), [2]), new(new DenseSpec("head", 3, ActivationKind.None, true, null), [3])],
        };
        Assert.Contains(Compiler.Compile(spec with { Precision = SpecPrecision.TF32 }).Cuda.Kernels, static k => k.Name == "first_second_fprop");
        Compare(spec, SpecPrecision.TF32, 1, 3);
    }

    private static ModelSpec Turns { get; } = Convoke.Kernels.Tests.Models.Of(
        new(6, 5, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 16, 3, 3, ActivationKind.Relu, true), new Conv2DSpec("second", 16, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, new FlattenSpec("flatten"), new DenseSpec("head", 3, ActivationKind.None, true, null));

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
        { "conv2d_conv2d_1_fprop", "half * 4 + lane % 4", "half * 4 + lane % 3" },
        { "conv2d_conv2d_1_fprop", "word / RUN * PITCH + word % RUN", "word / RUN * PITCH" },
        { "conv2d_conv2d_1_fprop", "upper[e % 2], upper[2 + e % 2]", "upper[2 + e % 2], upper[e % 2]" },
        { "conv2d_conv2d_1_fprop", "(size_t)sample * (H * W * C)", "(size_t)n * (H * W * C)" },
        { "conv2d_conv2d_1_fprop", "p * MAP_ROW + q * PIXEL", "p * MAP_ROW + q * (PIXEL - 4)" },
        { "conv2d_conv2d_1_fprop", "row * MAP_ROW + column * PIXEL", "column * MAP_ROW + row * PIXEL" },
        { "conv2d_conv2d_1_fprop", "lane / 8 % 2 ^ lane / 4 % 2", "lane / 8 % 2" },
        { "conv2d_conv2d_1_fprop", "turned ? upper[2 + e % 2] : upper[e % 2]", "upper[e % 2]" },
        { "conv2d_conv2d_1_fprop", "first_operands[i]);\n    commit_copies();", "first_operands[i]);" },
        { "conv2d_conv2d_1_fprop", "wait_older_copies();", "" },
        { "conv2d_conv2d_1_fprop", "wait_copies();\n        __syncthreads();", "__syncthreads();" },
        { "conv2d_conv2d_1_fprop", "wait_copies();\n        __syncthreads();", "wait_copies();" },
        { "conv2d_conv2d_1_fprop", "if (first_y) *reinterpret_cast<float4*>(&first_y", "if (second_y) *reinterpret_cast<float4*>(&first_y" },
        { "int fprop_column", "k / 2 % 2 * 8 + k % 16 / 4 * 2", "k % 16 / 8 * 8 + k % 8 / 2 * 2" },
        { "conv2d_1_dgrad", "- (R - 1)", "- (R - 2)" },
        { "conv2d_1_dgrad", "place / WINDOW_W - p0", "place % WINDOW_W - p0" },
        { "int conv_operand", "n / 8 % 2 * 2 + word / 4", "word / 4 * 2 + n / 8 % 2" },
        { "int dense_operand", "word % 4", "3 - word % 4" },
        { "conv2d_1_wgrad", "seen % MAP_W", "seen / MAP_W" },
        { "conv2d_1_wgrad", "winner.y == place ? rounded.y : 0", "rounded.y" },
        { "dense_forward", "n0 + lane / 4 + 8", "n0 + lane / 4" },
        { "head_dense_dgrad", "i % 2 * 8", "0" },
        { "head_dense_dgrad", "writes = blockIdx.x % columns == 0", "writes = true" },
        { "head_dense_dgrad", "lane / 4 + 8, step", "lane / 4, step" },
        { "head_dense_dgrad", "row = warp * 2", "row = warp" },
        { "head_dense_dgrad", "fmaf(lower[o + 3], w.w", "fmaf(upper[o + 3], w.w" },
        { "head_dense_dgrad", "wait_copies();", "" },
        { "head_dense_dgrad", "n < batch && hidden[", "n < batch || hidden[" },
        { "head_dense_dgrad", "float sum = bias[thread % OUT]", "float sum = 0" },
        { "head_dense_dgrad", "__syncthreads();\n\n    // dx", "// dx" },
        { "void dense_update", "n += SHARES * 8", "n += 8" },
        { "void dense_update", "to + 8 * DY_PITCH", "to + 4 * DY_PITCH" },
        { "void dense_update", "(4 * X_PITCH) + i % 2 * 8", "(4 * X_PITCH)" },
        { "void dense_update", "wait_copies();", "" },
        { "void dense_update", "__syncthreads();            // what is staged is free again", "" },
        { "void dense_update", "if (n < samples) copy_async(to, &dy", "if (true) copy_async(to, &dy" },
        { "void dense_update", "dense_operand(f0 + feature, o0 + unit,", "dense_operand(f0 + feature, o0," },
    };

    /// <summary>Likewise at BF16 of a first layer of three channels, whose rows lie in shared memory twice, and of dropout behind it.</summary>
    public static TheoryData<string, string, string> ColorMutations => new()
    {
        { "conv1_conv2_fprop", "store_operands(to + TWIN, make_float4(four.y, four.z, four.w, next))", "store_operands(to + TWIN, make_float4(four.y, four.z, four.w, four.w))" },
        { "conv1_conv2_fprop", "word % 2 * (TWIN + C / PACK)", "word % 2 * (C / PACK)" },
        { "conv1_conv2_fprop", "(word - R * 4) % (RUN - 4)", "0 * (RUN - 4) + 1" },
        { "conv1_conv2_fprop", "__syncthreads();", "" },
        { "conv1_conv2_fprop", "if (x + 4 < W * C)", "if (x + 4 < W)" },
        { "conv1_conv2_fprop", "drop(mask, n, to,", "drop(mask, n, to + 4," },
        { "float4 pixels", "four.y * (1.0f / 255.0f)", "four.y" },
        { "int samples_operand", "rows * quads + r * (words - quads)", "rows * quads + r * words" },
        { "int samples_operand", "at * PACK + i % PACK", "at * PACK" },
    };

    /// <summary>Likewise at BF16 of the kernel that makes all gradients of program B's convolutions.</summary>
    public static TheoryData<string, string> GradientMutations => new()
    {
        { "lane / 16 * 8 + lane % 8", "lane / 16 * 8 + lane % 7" },
        { "a[i], gradient + i * 32", "a[i], gradient + i * 16" },
        { "pair % (C / 16) * 8) * 4)", "pair % (C / 16) * 4) * 4)" },
        { "tap / S * COLUMNS + tap % S", "tap % S * COLUMNS + tap / S" },
        { "if (turn > 0) two", "if (turn > 1) two" },
        { "reinterpret_cast<uint4*>(dz)[i] = make_uint4(0, 0, 0, 0);", "{ }" },
        { "wait_copies();", "" },
        { "__syncthreads();                // what is staged is free again", "" },
        { "winner.y == place ? gradient.y", "true ? gradient.y" },
        { "open.y > 0.0f ? gradient.y", "true ? gradient.y" },
        { "places_of_first[i] << 2 * i", "places_of_first[i] << i" },
        { "(window / W * 2 + place / 2) * FIRST_PITCH", "(window / W * 2 + place % 2) * FIRST_PITCH" },
        { "channel % 2 == 0 ? word << 16", "channel % 2 == 1 ? word << 16" },
        { "first_sums[(of * (FIRST_TAPS + 1) + tap)", "first_sums[(of * FIRST_TAPS + tap)" },
        { "bias_partials[slice * K + 4 * thread]", "bias_partials[slice * K + 4 * (thread ^ 1)]" },
        { "sums[i / (PANEL / 4) * SUM_PITCH", "sums[i / (PANEL / 4) * PANEL" },
    };

    [NvrtcTheory, MemberData(nameof(GradientMutations))]
    public void A_planted_fault_in_gradients_made_at_once_is_found(string text, string instead) => IsFound(Convoke.Kernels.Tests.Models.B with { Precision = SpecPrecision.BFloat16 }, "conv2d_1_backward", text, instead);

    /// <summary>Every launch of a small net takes about two microseconds, whatever it computes.</summary>
    [Theory, InlineData("A", SpecPrecision.TF32, 4, 2), InlineData("B", SpecPrecision.BFloat16, 5, 3), InlineData("C", SpecPrecision.BFloat16, 5, 3), InlineData("B", SpecPrecision.TF32, 7, 3), InlineData("A", SpecPrecision.Float16, 5, 3), InlineData("B", SpecPrecision.Float16, 7, 3)]
    public void A_step_has_few_launches(string program, SpecPrecision precision, int training, int prediction)
    {
        ModelSpec spec = program switch { "A" => Convoke.Kernels.Tests.Models.A, "B" => Convoke.Kernels.Tests.Models.B, _ => Convoke.Kernels.Tests.Models.C };
        CudaSource cuda = Compiler.Compile(spec with { Precision = precision }).Cuda;
        Assert.Equal((training, prediction), (cuda.Train.Count, cuda.Predict.Count));
    }

    /// <summary>A block of the kernel that makes all gradients takes several images, one after the other, where there are more than it has blocks.</summary>
    [NvrtcFact]
    public void More_images_than_blocks_agree_with_the_interpreter()
    {
        CompiledModel model = Compiler.Compile(SmallStack);
        Assert.Contains(model.Cuda.Train, launch => launch.Work == "second backward, first wgrad" && launch.Grid.Blocks(ManyImages) < ManyImages);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), 1, ManyImages, RandomModels.Batch(1, model.Spec, ManyImages), graph => RandomModels.Weights(1, graph), Tolerance);
    }

    [NvrtcFact]
    public void A_planted_race_between_images_is_found()
    {
        CompiledModel model = Compiler.Compile(SmallStack);
        string ptx = Mutant.Compile(model, "second_backward", "__syncthreads();                // what is staged is free again", "");
        DeviceFaultException fault = Assert.Throws<DeviceFaultException>(() => KernelComparison.Run(model, ptx, 1, ManyImages, RandomModels.Batch(1, model.Spec, ManyImages), graph => RandomModels.Weights(1, graph), Tolerance));
        Assert.Equal(DeviceFaultKind.SharedRace, fault.Kind);
    }

    private const int ManyImages = 135;

    private static ModelSpec SmallStack => Convoke.Kernels.Tests.Models.Of(new(10, 10, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 16, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new Conv2DSpec("second", 32, 3, 3, ActivationKind.Relu, true), new FlattenSpec("flatten"),
        new DenseSpec("head", 10, ActivationKind.Softmax, true, null)) with
    { Precision = SpecPrecision.BFloat16 };

    /// <summary>Likewise at TF32 of a layer that stands alone: a first one, or one behind a stack.</summary>
    public static TheoryData<string, string, string> SingleMutations => new()
    {
        { "conv2d_fprop", "half * 4 + lane % 4", "half * 4 + lane % 3" },
        { "conv2d_fprop", "__syncthreads();", "" },
        { "conv2d_fprop", "p = window / OUT_W", "p = window % OUT_W" },
        { "conv3_fprop", "lane / 8 % 2 ^ lane / 4 % 2", "lane / 8 % 2" },
        { "conv3_fprop", "turned ? upper[2 + e % 2] : upper[e % 2]", "upper[e % 2]" },
        { "conv3_fprop", "wait_copies();", "" },
        { "conv3_fprop", "__syncthreads();\n\n", ";\n" },
    };

    [NvrtcTheory, MemberData(nameof(SingleMutations))]
    public void A_planted_fault_in_a_single_layer_is_found(string place, string text, string instead) => IsFound((place == "conv3_fprop" ? Three : One) with { Precision = SpecPrecision.TF32 }, place, text, instead);

    private static ModelSpec One { get; } = Convoke.Kernels.Tests.Models.Of(
        new(13, 12, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, new SgdSpec(0.125),
        new Conv2DSpec("conv2d", 32, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"), new DenseSpec("head", 10, ActivationKind.None, true, null));

    private static ModelSpec Three { get; } = Convoke.Kernels.Tests.Models.Of(
        new(11, 12, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, new SgdSpec(0.125),
        new Conv2DSpec("conv1", 16, 3, 3, ActivationKind.Relu, true), new Conv2DSpec("conv2", 16, 2, 2, ActivationKind.Relu, true), new Conv2DSpec("conv3", 32, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2),
        new FlattenSpec("flatten"), new DenseSpec("head", 3, ActivationKind.None, true, null));

    [NvrtcTheory, MemberData(nameof(ColorMutations))]
    public void A_planted_fault_under_a_coloured_image_is_found(string place, string text, string instead) => IsFound(DropoutFusionTests.Net with { Input = new(12, 16, 3, ImageLayout.ChannelsFirst), Precision = SpecPrecision.BFloat16 }, place, text, instead);

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead) => IsFound(Convoke.Kernels.Tests.Models.B with { Precision = SpecPrecision.TF32 }, place, text, instead);

    private static void IsFound(ModelSpec spec, string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(spec);
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
