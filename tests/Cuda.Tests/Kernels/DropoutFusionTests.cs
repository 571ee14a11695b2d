using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Dropout behind a ReLU, which is part of the layer before it: program C on smaller images.</summary>
public class DropoutFusionTests
{
    private const int Seed = 1, Samples = 5;

    internal static ModelSpec Net { get; } = new(
        null, "Net", "public", new(12, 14, 3, ImageLayout.ChannelsFirst), Preset.PyTorch,
        [
            new(Conv("conv1", 16), [-1]),
            new(new ReluSpec("relu1"), [0]),
            new(new MaxPool2DSpec("pool1", 2, 2), [1]),
            new(new DropoutSpec("drop1", 0.5), [2]),
            new(Conv("conv2", 18), [3]),
            new(new ReluSpec("relu2"), [4]),
            new(new DropoutSpec("drop2", 0.25), [5]),
            new(new FlattenSpec("flatten"), [6]),
            new(new DenseSpec("fc1", 20, ActivationKind.None, true, null), [7]),
            new(new ReluSpec("relu3"), [8]),
            new(new DropoutSpec("drop3", 0.75), [9]),
            new(new DenseSpec("fc2", 10, ActivationKind.None, true, null), [10]),
        ],
        [new(LossKind.CrossEntropy)], new SgdSpec(0.01), true);

    [Fact]
    public void No_launch_is_a_dropout_of_its_own()
    {
        CompiledModel model = Compiler.Compile(Net);
        Assert.Empty(model.Cuda.Kernels.Where(static k => k.Name.Contains("drop", StringComparison.Ordinal) || k.Name.Contains("relu", StringComparison.Ordinal)).Select(static k => k.Name));
        Assert.Equal(9, model.Cuda.Train.Count);
    }

    [NvrtcTheory, InlineData(SpecPrecision.Float32, 1), InlineData(SpecPrecision.Float32, 9), InlineData(SpecPrecision.TF32, 5), InlineData(SpecPrecision.BFloat16, 5)]
    public void Kernels_agree_with_the_interpreter(SpecPrecision precision, int n)
    {
        CompiledModel model = Compiler.Compile(Net with { Precision = precision });
        KernelComparison.Run(model, EmulatedProgram.Compile(model), Seed, n, RandomModels.Batch(Seed, model.Spec, n), graph => RandomModels.Weights(Seed, graph), precision == SpecPrecision.Float32 ? KernelComparison.Tolerance : 1e-3);
    }

    /// <summary>A map that something else reads as well, before dropout, must reach memory as it is.</summary>
    [NvrtcFact]
    public void What_others_read_stays_a_launch_of_its_own()
    {
        CompiledModel model = Compiler.Compile(Net with
        {
            Calls =
            [
                new(Conv("conv1", 16), [-1]),
                new(new ReluSpec("relu1"), [0]),
                new(new DropoutSpec("drop1", 0.5), [1]),
                new(new AddSpec("sum"), [1, 2]),
                new(new FlattenSpec("flatten"), [3]),
                new(new DenseSpec("fc1", 10, ActivationKind.None, true, null), [4]),
            ],
        });
        Assert.Contains(model.Cuda.Kernels, static k => k.Name == "drop1_forward");
        KernelComparison.Run(model, EmulatedProgram.Compile(model), Seed, Samples, RandomModels.Batch(Seed, model.Spec, Samples), graph => RandomModels.Weights(Seed, graph));
    }

    /// <summary>Kernel (or helper), text, what stands there instead. Only the first occurrence is changed.</summary>
    public static TheoryData<string, string, string> Mutations => new()
    {
        { "conv1_fprop", "drop(mask, n, (p * OUT_W + q) * K + k, best)", "drop(mask, n, (p * OUT_H + q) * K + k, best)" },
        { "conv2_fprop", "const Mask mask = { 1, ", "const Mask mask = { 0, " },
        { "fc1_forward", "drop(mask, n, o, relu(sum))", "drop(mask, n, o ^ 1, relu(sum))" },
        { "float2 drop", "e % 4 == 0", "e % 4 != 0" },
        { "conv1_wgrad", "gradient.z * SCALE", "gradient.z" },
        { "conv2_dgrad", "four.x * SCALE", "four.x" },
        { "void dense_dgrad_tile", "result.y * scale", "result.y" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Net);
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, Seed, Samples, RandomModels.Batch(Seed, model.Spec, Samples), graph => RandomModels.Weights(Seed, graph)));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    /// <summary>Likewise at TF32, of the first layer's filter gradient.</summary>
    public static TheoryData<string, string> TensorMutations => new()
    {
        { "(word & 3) == place ? word & ~3u : 0", "word & ~3u" },
        { "seen % OUT_W * 2 + place % 2", "seen % OUT_W * 2" },
        { "tap / S * COLUMNS + tap % S", "tap % S * COLUMNS + tap / S" },
        { "warp < WARPS", "warp < WARPS - 1" },
        { "__syncthreads();                // the stage is free again", ";" },
        { "gradient.y * SCALE", "gradient.y" },
    };

    [NvrtcTheory, MemberData(nameof(TensorMutations))]
    public void A_planted_fault_on_tensor_cores_is_found(string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Net with { Precision = SpecPrecision.TF32 });
        string ptx = Mutant.Compile(model, "conv1_wgrad", text, instead);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, Seed, Samples, RandomModels.Batch(Seed, model.Spec, Samples), graph => RandomModels.Weights(Seed, graph), 1e-3));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static Conv2DSpec Conv(string name, int filters) => new(name, filters, 3, 3, ActivationKind.None, true);
}
