using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>A network of equal blocks: convolution, normalization, ReLU, and the sum with what came in.</summary>
internal static class ResidualChain
{
    public static ModelSpec Of(int blocks, int extent = 8, int channels = 5)
    {
        List<CallSpec> calls = [new(Conv("stem"), [CallSpec.ModelInput]), new(new ReluSpec("relu"), [0])];
        for (int block = 0; block < blocks; block++)
        {
            int x = calls.Count - 1;
            calls.Add(new(Conv($"conv_{block}"), [x]));
            calls.Add(new(new BatchNormSpec($"norm_{block}", 0.1, 1e-5, UnbiasedRunning: true), [x + 1]));
            calls.Add(new(new ReluSpec("relu"), [x + 2]));
            calls.Add(new(new AddSpec("add"), [x, x + 3]));
        }
        calls.Add(new(new GlobalPool2DSpec("pool", PoolKind.Average), [calls.Count - 1]));
        calls.Add(new(new DenseSpec("head", 3, ActivationKind.None, true, null), [calls.Count - 1]));
        return new(null, "Chain", "public", new(extent, extent, 2, ImageLayout.ChannelsLast), Preset.Keras, [.. calls], [new(LossKind.CrossEntropy)], new SgdSpec(0.05, 0.9), Accuracy: true);

        Conv2DSpec Conv(string name) => new(name, channels, 3, 3, ActivationKind.None, true) { Padding = PaddingSpec.Same };
    }
}
