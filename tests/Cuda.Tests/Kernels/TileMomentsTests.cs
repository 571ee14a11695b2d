using System.Text.RegularExpressions;
using Convoke.Kernels;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Normalizations whose moments the convolution before them makes of what it stores: against the interpreter, under all of the emulator's checks, and with faults.</summary>
public class TileMomentsTests
{
    private const int Seed = 5, Samples = 2;

    /// <summary>As for other kernels on tensor cores with normalizations: what rounds a factor the other way is enlarged.</summary>
    private const double TensorTolerance = 5e-3;

    /// <summary>Bias of the first convolution: many times what its values differ by.</summary>
    private const float Lift = 32;

    /// <summary>A first layer that reads samples, with warps that have several parts of the map, and a strided one under padding, in tiles of which some stand over the edge.</summary>
    private static ModelSpec Net { get; } = Convoke.Kernels.Tests.Models.Of(
        new(39, 19, 3, ImageLayout.ChannelsLast), Preset.PyTorch, LossKind.CrossEntropy, new SgdSpec(0.125),
        new Conv2DSpec("first", 16, 3, 3, ActivationKind.None, true), new BatchNormSpec("norm", 0.5, 1e-3, true), new ReluSpec("relu"),
        new Conv2DSpec("second", 40, 3, 3, ActivationKind.None, false) { StrideHeight = 2, Padding = new(PaddingKind.Explicit, 1, 1, 1, 1) }, new BatchNormSpec("norm2", 0.25, 1e-3, false), new ActivationSpec("silu", ActivationKind.Silu),
        new GlobalPool2DSpec("mean", PoolKind.Average), new DenseSpec("head", 3, ActivationKind.None, true, null));

    [NvrtcTheory]
    [InlineData(SpecPrecision.Float32, Samples), InlineData(SpecPrecision.Float32, 1), InlineData(SpecPrecision.TF32, Samples), InlineData(SpecPrecision.BFloat16, 3), InlineData(SpecPrecision.Float16, 3), InlineData(SpecPrecision.Float32x3, 1)]
    public void Moments_of_tiles_agree_with_the_interpreter(SpecPrecision precision, int n)
    {
        CompiledModel model = Model(precision);
        Assert.Contains(model.Cuda.Kernels, static k => k.Name == "norm2_statistics");
        Assert.DoesNotContain(model.Cuda.Kernels, static k => k.Name.EndsWith("_moments", StringComparison.Ordinal));
        Assert.True(IsRagged(model, "norm2_statistics"), "all tiles are whole");
        Compare(model, EmulatedProgram.Compile(model), n);
    }

    /// <summary>Moments and their merge, what is done with them; on the way back sums and their merge, the gradient: one launch less where a convolution makes the moments, and where the sums' kernel makes the gradient of a ReLU.</summary>
    [Fact]
    public void Launches_are_as_few_as_they_can_be()
    {
        var norm = new BatchNormSpec("norm", 0.5, 1e-3, true);
        var conv = new Conv2DSpec("conv", 16, 3, 3, ActivationKind.None, false);
        var pool = new AveragePool2DSpec("pool", 2, 2, CountsPadding: false);
        int bare = Launches(conv, pool);
        Assert.Equal(bare + 6, Launches(conv, pool, norm));
        Assert.Equal(bare + 5, Launches(conv, norm, pool));
        Assert.Equal(bare + 5, Launches(conv, norm, new ReluSpec("relu"), pool));

        static int Launches(params LayerSpec[] layers) => Compiler.Compile(Convoke.Kernels.Tests.Models.Of(
            new(8, 8, 3, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, new SgdSpec(0.125), [.. layers, new FlattenSpec("flatten"), new DenseSpec("head", 3, ActivationKind.None, true, null)])).Cuda.Train.Count;
    }

    /// <summary>Whichever block comes first.</summary>
    [NvrtcFact]
    public void A_step_gives_the_same_bits_in_any_order_of_blocks()
    {
        CompiledModel model = Model(SpecPrecision.TF32);
        string ptx = EmulatedProgram.Compile(model);
        Assert.Equal(Step(1), Step(2));

        float[] Step(ulong order)
        {
            using var program = new EmulatedProgram(model, ptx, Samples, new ExecutionOptions { OrderSeed = order });
            (float[] images, int[] labels) = RandomGraphs.Batch(Seed, model.Spec, Samples);
            Dictionary<string, float[]> weights = Weights(GraphBuilder.Build(model.Spec));
            foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, weights[p.Name]));
            program.SetSamples<float>(Samples, images, labels, []);
            program.Derive();
            program.Train(Samples);
            return program.Area(CudaArea.Parameters, model.Memory.ParameterFloats).ToArray();
        }
    }

    /// <summary>Precision, kernel (or helper), text, what stands there instead.</summary>
    public static TheoryData<SpecPrecision, string, string, string> Mutations => new()
    {
        // what a thread, a warp and a block make of what they store
        { SpecPrecision.Float32, "second_fprop", "if (p < OUT_H && q < OUT_W)", "live[i] = true;\n    if (p < OUT_H && q < OUT_W)" },
        { SpecPrecision.TF32, "second_fprop", "continue;\n        live[i] = true;", "live[i] = true;" },
        { SpecPrecision.TF32, "first_fprop", "merge_moments(moments[j], moments_of(kept[j], live));", "moments[j] = moments_of(kept[j], live);" },
        { SpecPrecision.TF32, "void merge_lanes", "lanes >= STEP", "lanes > STEP" },
        { SpecPrecision.Float32, "void merge_shares", "half = (left + 1) / 2;", "half = left / 2;" },
        { SpecPrecision.Float32, "second_fprop", "__syncthreads();         // which has been read", "" },
        { SpecPrecision.TF32, "second_fprop", "__syncthreads();         // which has been read", "" },

        { SpecPrecision.Float32, "Moments moments_of", "values[i][c] - moments.mean[c] : 0.0f;", "values[i][c] : 0.0f, e = live[i] ? moments.mean[c] : 0.0f;\n            moments.squares[c] = fmaf(-e, e, moments.squares[c]);" },

        // of which channels, of which part
        { SpecPrecision.TF32, "second_fprop", "4 + lane] = moments[j]", "4 + (lane ^ 1)] = moments[j]" },
        { SpecPrecision.Float32, "second_fprop", "% K_TILES * QUADS + thread) *", "% K_TILES * QUADS + (thread ^ 1)) *" },
        { SpecPrecision.TF32, "second_fprop", "blockIdx.x / K_TILES, sets", "blockIdx.x, sets" },

        // what merges the parts
        { SpecPrecision.Float32, "void merge_moments", "fmaf(to.count * share * d, d, from.squares[c])", "from.squares[c]" },
        { SpecPrecision.TF32, "norm2_statistics", "min(TILE_H, OUT_H - tile / TILES_W * TILE_H)", "TILE_H" },
        { SpecPrecision.Float32, "norm_statistics", "min(TILE_W, OUT_W - tile % TILES_W * TILE_W)", "TILE_W" },
        { SpecPrecision.Float32, "norm_statistics", "part < count;", "part < count - 1;" },
        { SpecPrecision.Float32, "norm_statistics", "origin.x + sets[0]", "sets[0]" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(SpecPrecision precision, string place, string text, string instead)
    {
        CompiledModel model = Model(precision);
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => Compare(model, ptx, Samples));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static CompiledModel Model(SpecPrecision precision) => Compiler.Compile(Net with { Precision = precision });

    /// <summary>Whether some tile of the map that a kernel has the moments of stands over its edge.</summary>
    private static bool IsRagged(CompiledModel model, string statistics)
    {
        string text = model.Cuda.Text[Regex.Match(model.Cuda.Text, "^" + statistics + @"\(", RegexOptions.Multiline).Index..];
        int Of(string constant) => int.Parse(Regex.Match(text, constant + @" = (\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        return (Of("OUT_H") % Of("TILE_H") != 0 || Of("OUT_W") % Of("TILE_W") != 0) && Of("TILES_H") * Of("TILES_W") > 1;
    }

    private static void Compare(CompiledModel model, string ptx, int n)
    {
        // Numbers that few digits hold: the first convolution's products are then exact in every precision.
        (float[] images, int[] labels) = RandomGraphs.Batch(Seed, model.Spec, n);
        KernelComparison.Run(model, ptx, Seed, n, ([.. images.Select(static x => MathF.Round(8 * x) / 8)], labels), Weights, model.Spec.Precision is SpecPrecision.Float32 or SpecPrecision.Float32x3 ? KernelComparison.Tolerance : TensorTolerance);
    }

    private static Dictionary<string, float[]> Weights(Graph graph)
    {
        Dictionary<string, float[]> weights = RandomGraphs.Weights(Seed, graph);
        weights["first.weight"] = [.. weights["first.weight"].Select(static w => MathF.Round(32 * w) / 32)];
        weights["first.bias"] = [.. weights["first.bias"].Select(static b => b + Lift)];
        return weights;
    }
}
