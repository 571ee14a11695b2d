using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random models and batches: odd sizes, single channels, windows that do not divide, every layout, preset and loss.</summary>
/// <remarks>
/// Pixels and weights are multiples of 1/16 and 1/32, so that sums are exact in single precision through several layers: float kernels and the double
/// interpreter take the same side of every ReLU and the same winner of every window, ties included, and what remains to compare is rounding.
/// </remarks>
internal static class RandomModels
{
    private static readonly int[] Channels = [1, 1, 2, 3, 5, 16, 17, 24], Filters = [1, 2, 3, 8, 15, 16, 17, 24, 32, 33, 40, 48], Batches = [1, 1, 2, 3, 7, 8, 9, 12, 17, 24, 25];

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed);
        int Pick(int[] from) => from[random.Next(from.Length)];
        int side = seed % 3 == 0 ? 9 : 3;
        var input = new InputSpec(random.Next(side, 15), random.Next(side, 15), seed % 5 == 1 ? 1 : Pick(Channels), (ImageLayout)random.Next(2));
        var layers = new List<LayerSpec>();
        int h = input.Height, w = input.Width, images = seed % 3 == 0 ? random.Next(0, 2) : random.Next(0, 6);

        // Every fifth model begins as the reference programs do: a small kernel on one channel, pooled.
        if (seed % 5 == 1)
        {
            var conv = new Conv2DSpec("first", Pick(Filters), random.Next(1, 4), 3, (ActivationKind)random.Next(2), random.Next(4) > 0);
            var pool = new MaxPool2DSpec("firstpool", random.Next(1, 3), 2);
            (h, w) = (h - conv.KernelHeight + 1, w - conv.KernelWidth + 1);
            layers.Add(conv);
            if (h >= pool.PoolHeight && w >= pool.PoolWidth)
            {
                layers.Add(pool);
                (h, w) = (h / pool.PoolHeight, w / pool.PoolWidth);
            }
        }

        for (int i = 0; i < images && Math.Min(h, w) > 1; i++)
        {
            if (random.Next(2) == 0)
            {
                int r = random.Next(1, Math.Min(h, 4) + 1), s = random.Next(1, Math.Min(w, 4) + 1);
                if (random.Next(2) == 0 && Math.Min(h, w) >= 3) r = s = 3;
                layers.Add(new Conv2DSpec($"conv{i}", Pick(Filters), r, s, (ActivationKind)random.Next(2), random.Next(4) > 0));
                (h, w) = (h - r + 1, w - s + 1);
            }
            else
            {
                int ph = random.Next(1, Math.Min(h, 4) + 1), pw = random.Next(1, Math.Min(w, 4) + 1);
                if (random.Next(2) == 0) ph = pw = 2;
                layers.Add(new MaxPool2DSpec($"pool{i}", ph, pw));
                (h, w) = (h / ph, w / pw);
            }
        }

        // Every third model goes deep with 3x3 kernels, so that Winograd and the sparse backward meet all kinds of neighbours.
        for (int i = 0; seed % 3 == 0 && i < 3 && Math.Min(h, w) >= 4; i++)
        {
            layers.Add(new Conv2DSpec($"deep{i}", Pick(Filters), 3, 3, (ActivationKind)random.Next(2), random.Next(4) > 0));
            (h, w) = (h - 2, w - 2);
            int pool = random.Next(3);
            if (pool > 0 && Math.Min(h, w) >= 2)
            {
                layers.Add(new MaxPool2DSpec($"deeppool{i}", 2, pool == 1 ? 2 : random.Next(1, 3)));
                (h, w) = (h / 2, w / ((MaxPool2DSpec)layers[^1]).PoolWidth);
            }
        }

        layers.Add(new FlattenSpec("flatten"));
        for (int i = random.Next(0, 3); i > 0; i--) layers.Add(new DenseSpec($"hidden{i}", random.Next(1, 70), (ActivationKind)random.Next(2), random.Next(4) > 0, null));
        var loss = (LossKind)random.Next(3);
        layers.Add(new DenseSpec("head", random.Next(2, 40), loss == LossKind.CrossEntropy ? ActivationKind.None : ActivationKind.Softmax, random.Next(4) > 0, null));
        OptimizerSpec optimizer = random.Next(6) switch
        {
            0 => new SgdSpec(0.125),
            3 => new SgdSpec(0.125, 0.75),
            4 => new SgdSpec(0.125, 0.75, Nesterov: true),
            5 => new AdamSpec(1e-3, 0.9, 0.999, 1e-8, EpsilonForm.AfterCorrection, 0.125),
            1 => Models.KerasAdam,
            _ => new AdamSpec(1e-3, 0.9, 0.999, 1e-8, EpsilonForm.AfterCorrection),
        };
        return Models.Of(input, (Preset)random.Next(2), loss, optimizer, [.. layers]) with { Name = $"Net{seed}" };
    }

    public static int BatchSize(int seed) => Batches[seed % Batches.Length];

    /// <summary>A batch in NHWC, and labels.</summary>
    public static (float[] Images, int[] Labels) Batch(int seed, ModelSpec spec, int n)
    {
        var random = new Random(seed + 1_000_000);
        int classes = ((DenseSpec)spec.Calls[^1].Layer).Units;
        float[] images = [.. Enumerable.Range(0, n * spec.SampleCount).Select(_ => random.Next(17) / 16f)];
        return (images, [.. Enumerable.Range(0, n).Select(_ => random.Next(classes))]);
    }

    /// <summary>Weights in graph order (RSCK, IO, K), by name.</summary>
    public static Dictionary<string, float[]> Weights(int seed, Graph graph)
    {
        var random = new Random(seed + 2_000_000);
        return graph.Values.Where(static v => v.Op is Op.Parameter or Op.State)
            .ToDictionary(static v => v.Name, v => Enumerable.Range(0, v.Shape.Count).Select(_ => random.Next(-8, 9) / 32f).ToArray());
    }
}
