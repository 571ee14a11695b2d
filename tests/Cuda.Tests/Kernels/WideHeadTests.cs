using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>A first convolution with a wide last layer behind it, whose logits are made with its map and whose gradients are made at once: against the interpreter, in every precision.</summary>
public class WideHeadTests
{
    private const int Models = 24, Shards = 4;

    /// <summary>Images of more than one chunk of the gradient's kernel, the last of which is not full.</summary>
    private const int TwoChunks = 131;

    [NvrtcTheory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Kernels_agree_with_the_interpreter(int shard)
    {
        for (int seed = shard; seed < Models; seed += Shards) Compare(RandomWideHeads.Model(seed) with { Precision = (SpecPrecision)(seed % 3) }, seed, RandomWideHeads.BatchSize(seed));
    }

    [NvrtcTheory, InlineData(SpecPrecision.Float32), InlineData(SpecPrecision.TF32)]
    public void Several_chunks_agree_with_the_interpreter(SpecPrecision precision) => Compare(Small with { Precision = precision }, 1, TwoChunks);

    /// <summary>The random nets cover what they are for.</summary>
    [Fact]
    public void Most_random_nets_have_both_kernels()
    {
        CudaSource[] sources = [.. Enumerable.Range(0, Models).Select(static seed => Compiler.Compile(RandomWideHeads.Model(seed) with { Precision = (SpecPrecision)(seed % 3) }).Cuda)];
        int backward = sources.Count(static s => s.Kernels.Any(static k => k.Name == "scores_conv_backward")), logits = sources.Count(static s => s.Kernels.Any(static k => k.Name == "conv_scores_parts"));
        Assert.True(backward >= 18 && logits >= 8, $"of {Models} nets {backward} make their gradients at once and {logits} their logits with the map");
    }

    /// <summary>What the layer's map has another reader for, or the layer another call, keeps its own kernels.</summary>
    [Fact]
    public void Other_nets_keep_separate_kernels()
    {
        ModelSpec deeper = Small with { Calls = [.. Chain(Small.Calls[0].Layer, new Conv2DSpec("second", 16, 1, 1, ActivationKind.Relu, true), Small.Calls[1].Layer, Small.Calls[2].Layer, Small.Calls[3].Layer)] };
        Assert.DoesNotContain(Compiler.Compile(deeper with { Precision = SpecPrecision.TF32 }).Cuda.Kernels, static k => k.Name is "scores_conv_backward" or "conv_scores_parts");
    }

    public static TheoryData<string, string, string> Mutations => new()
    {
        { "conv2d_dense_parts", "half * 4 + lane % 4", "half * 4 + lane % 3" },
        { "conv2d_dense_parts", "(half * 8 + lane / 4) * IMAGE", "lane / 4 * IMAGE" },
        { "conv2d_dense_parts", "sample_at(step, min(n0 + image, batch - 1))", "sample_at(step, n0)" },
        { "conv2d_dense_parts", "if (y && n < batch)", "if (y)" },
        { "conv2d_dense_parts", "if (n < batch) parts", "parts" },
        { "conv2d_dense_parts", "i % 2 == 0 ? second.x : second.z", "i % 2 == 0 ? first.x : first.z" },
        { "conv2d_dense_parts", "i / 2 * 16 + i % 2 * 2 + e", "i / 2 * 16 + i % 2 * 2" },
        { "conv2d_dense_parts", "lane / 4 + e / 2 % 2 * 8", "lane / 4 + e % 2 * 8" },
        { "conv2d_dense_parts", "__syncthreads();\n\n    float z", "float z" },
        { "conv2d_dense_parts", "__syncthreads();\n    for (int i = thread", "for (int i = thread" },
        { "conv2d_dense_parts", "tile_row * OUT_W + place", "place" },
        { "dense_conv2d_backward", "min((turn * THREADS + thread) / (WINDOWS * PATCH_H), images - 1)", "(turn * THREADS + thread) / (WINDOWS * PATCH_H)" },
        { "dense_conv2d_backward", "winners[turn] / POOL_W * PATCH_ROW + winners[turn] % POOL_W * C", "winners[turn] % POOL_W * PATCH_ROW + winners[turn] / POOL_W * C" },
        { "dense_conv2d_backward", "f / K - window0", "0" },
        { "dense_conv2d_backward", "values[turn] > 0.0f ? gradient", "true ? gradient" },
        { "dense_conv2d_backward", "if (!works || i >= images) continue;", "if (!works) continue;" },
        { "dense_conv2d_backward", "__syncthreads();\n\n        #pragma unroll", "#pragma unroll" },
        { "dense_conv2d_backward", "__syncthreads();\n    auto total", "auto total" },
        { "dense_conv2d_backward", "(k + K - f0 % K) % K", "(k + f0 % K) % K" },
        { "dense_conv2d_backward", "own < features; own += K", "own < min(features, K); own += K" },
        { "dense_conv2d_backward", "if (f < CLASSES) db += shared[i * (4 * QUADS) + f]", "if (f < CLASSES) db += shared[i * (4 * QUADS)]" },
        { "dense_conv2d_backward", "works ? *reinterpret_cast<const float4*>(&parameters[WEIGHTS + f * OUT + 4 * quad])", "works ? *reinterpret_cast<const float4*>(&parameters[WEIGHTS + f0 * OUT + 4 * quad])" },
        { "dense_conv2d_backward", "own >= features * OUT || o >= CLASSES", "own >= features * OUT" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.A with { Precision = SpecPrecision.TF32 });
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, 1, 11, RandomModels.Batch(1, model.Spec, 11), graph => RandomModels.Weights(1, graph), Tolerance(model)));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    /// <summary>Without a barrier behind a chunk the next one's gradients overwrite it.</summary>
    [NvrtcFact]
    public void A_planted_race_between_chunks_is_found()
    {
        CompiledModel model = Compiler.Compile(Small);
        string ptx = Mutant.Compile(model, "scores_conv_backward", "__syncthreads();            // the chunk's place is free again", "");
        DeviceFaultException fault = Assert.Throws<DeviceFaultException>(() => KernelComparison.Run(model, ptx, 1, TwoChunks));
        Assert.Equal(DeviceFaultKind.SharedRace, fault.Kind);
    }

    private static ModelSpec Small { get; } = Convoke.Kernels.Tests.Models.Of(new(18, 18, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CrossEntropy, Convoke.Kernels.Tests.Models.KerasAdam,
        new Conv2DSpec("conv", 16, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2), new FlattenSpec("flatten"), new DenseSpec("scores", 3, ActivationKind.None, true, null));

    private static IEnumerable<CallSpec> Chain(params LayerSpec[] layers) => layers.Select(static (layer, i) => new CallSpec(layer, [i - 1]));

    /// <summary>Products that are rounded may fall either way.</summary>
    private static double Tolerance(CompiledModel model) => model.Spec.Precision == SpecPrecision.Float32 ? KernelComparison.Tolerance : 1e-3;

    private static void Compare(ModelSpec spec, int seed, int n)
    {
        CompiledModel model = Compiler.Compile(spec);
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed, n, RandomModels.Batch(seed, spec, n), graph => RandomModels.Weights(seed, graph), Tolerance(model));
    }
}
