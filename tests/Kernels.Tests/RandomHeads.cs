using Convoke.Kernels.Models;
using Map = Convoke.Kernels.Tests.RandomGraphs.Map;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random topologies with one to three outputs: classes, values, of the sample or of pixels, each with a loss of some weight or with none.</summary>
internal static class RandomHeads
{
    private static readonly LossKind[] Elements = [LossKind.MeanSquaredError, LossKind.SmoothL1];

    private static readonly ActivationKind[] Activations = [ActivationKind.None, ActivationKind.Relu, ActivationKind.Sigmoid, ActivationKind.Tanh, ActivationKind.Silu];

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 99);
        var calls = new List<CallSpec>();
        Map Add(LayerSpec layer, int height, int width, int channels, params Map[] from)
        {
            calls.Add(new(layer, new([.. from.Select(static m => m.Call)])));
            return new(calls.Count - 1, height, width, channels);
        }

        (InputSpec input, List<Map> maps) = RandomGraphs.Trunk(random, Add);
        if (maps[^1].Call < 0) maps.Add(RandomGraphs.Conv(random, Add, maps[^1], "only", 3));
        var outputs = new List<OutputSpec>();
        var losses = new List<LossSpec>();
        int count = seed % 4 == 0 ? 1 : random.Next(2, 4);
        string[] names = ["classes", "boxes", "rest"];
        for (int o = 0; o < count; o++)
        {
            Map from = maps[random.Next(Math.Max(1, maps.Count - 2), maps.Count)];
            double weight = random.Next(3) switch { 0 => 1, 1 => 0.25, _ => 2.5 };

            // The last of several may have no loss; without any there would be nothing to train.
            bool judged = o == 0 || random.Next(4) > 0;
            if (random.Next(2) == 0)
            {
                outputs.Add(new(names[o], Classes(random, Add, from, o, out LossKind kind).Call));
                if (judged) losses.Add(new(kind, o, weight));
            }
            else
            {
                outputs.Add(new(names[o], Values(random, Add, from, o).Call));
                if (judged) losses.Add(new(Elements[random.Next(2)], o, weight, random.Next(2) == 0 ? 1 : 0.5));
            }
        }

        OptimizerSpec optimizer = random.Next(2) == 0 ? new SgdSpec(0.125, 0.75) : Models.KerasAdam;
        return LiveCalls.Only(new ModelSpec(null, $"Heads{seed}", "public", input, (Preset)random.Next(2), [.. calls], [.. losses], optimizer, true) { Outputs = [.. outputs] });
    }

    private static Map Classes(Random random, RandomGraphs.Adder add, Map from, int o, out LossKind loss)
    {
        loss = (LossKind)random.Next(3);
        int classes = random.Next(2, 20);
        ActivationKind last = loss == LossKind.CrossEntropy ? ActivationKind.None : ActivationKind.Softmax;
        if (random.Next(3) > 0) return add(new DenseSpec($"classes{o}", classes, last, true, null), 1, 1, classes, Flat(random, add, from, o));
        Map pixels = add(new Conv2DSpec($"pixels{o}", classes, 1, 1, ActivationKind.None, true), from.Height, from.Width, classes, from);
        return last == ActivationKind.Softmax ? add(new SoftmaxSpec($"softmax{o}"), from.Height, from.Width, classes, pixels) : pixels;
    }

    /// <summary>Anything that has weights before it: a dense layer with or without activation, a map, a flattened map, the trunk's own last map, which others read too.</summary>
    private static Map Values(Random random, RandomGraphs.Adder add, Map from, int o)
    {
        int units = random.Next(4) == 0 ? 300 : random.Next(1, 20);
        ActivationKind activation = Activations[random.Next(Activations.Length)];
        switch (random.Next(4))
        {
            case 0:
                Map map = add(new Conv2DSpec($"map{o}", random.Next(1, 18), 1, 1, random.Next(2) == 0 ? ActivationKind.Relu : ActivationKind.None, true), from.Height, from.Width, 0, from);
                return random.Next(2) == 0 ? add(new FlattenSpec($"flatmap{o}"), 1, 1, 0, map) : map;
            case 1:
                return add(new Conv2DSpec($"own{o}", random.Next(1, 5), Math.Min(2, from.Height), Math.Min(2, from.Width), ActivationKind.None, false), 0, 0, 0, from);
            default:
                Map dense = add(new DenseSpec($"values{o}", units, activation == ActivationKind.Relu ? activation : ActivationKind.None, random.Next(3) > 0, null), 1, 1, units, Flat(random, add, from, o));
                return activation is ActivationKind.None or ActivationKind.Relu ? dense : add(new ActivationSpec($"act{o}", activation, 0.125), 1, 1, units, dense);
        }
    }

    private static Map Flat(Random random, RandomGraphs.Adder add, Map from, int o) => random.Next(2) == 0
        ? add(new GlobalPool2DSpec($"global{o}", PoolKind.Average), 1, 1, from.Channels, from)
        : add(new FlattenSpec($"flatten{o}"), 1, 1, 0, from);
}
