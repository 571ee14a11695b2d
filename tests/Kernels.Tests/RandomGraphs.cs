using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random topologies: branches, sums, joins, normalizations, dropout, every pooling and activation, heads that are flat or per pixel.</summary>
/// <remarks>
/// Unlike those of <see cref="RandomModels"/> their numbers lie on no grid: a normalization would not stay on it. A tie or a kink within rounding would show
/// as a large difference; numbers drawn from a continuum have none in practice.
/// </remarks>
internal static class RandomGraphs
{
    private static readonly int[] Channels = [1, 2, 3, 5, 16, 17, 24, 32], Batches = [1, 2, 3, 7, 8, 9, 12, 17, 25];

    private static readonly ActivationKind[] Activations = [ActivationKind.LeakyRelu, ActivationKind.Gelu, ActivationKind.Silu, ActivationKind.Sigmoid, ActivationKind.Tanh];

    /// <summary>Pixels of a convolution's result: the interpreter is slow.</summary>
    private const int LargestMap = 200;

    private sealed record Map(int Call, int Height, int Width, int Channels);

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 77);
        int Pick(int[] from) => from[random.Next(from.Length)];
        var calls = new List<CallSpec>();
        Map Add(LayerSpec layer, int height, int width, int channels, params Map[] from)
        {
            calls.Add(new(layer, new([.. from.Select(static m => m.Call)])));
            return new(calls.Count - 1, height, width, channels);
        }

        var input = new InputSpec(random.Next(4, 13), random.Next(4, 13), Pick(Channels), (ImageLayout)random.Next(2));
        var maps = new List<Map> { new(CallSpec.ModelInput, input.Height, input.Width, input.Channels) };
        for (int i = 0, steps = random.Next(3, 9); i < steps; i++)
        {
            Map x = maps[random.Next(Math.Max(0, maps.Count - 3), maps.Count)];
            Map[] twins = [.. maps.Where(m => (m.Height, m.Width, m.Channels) == (x.Height, x.Width, x.Channels))], neighbours = [.. maps.Where(m => (m.Height, m.Width) == (x.Height, x.Width))];
            switch (random.Next(13))
            {
                case 0 or 1 or 2:
                    maps.Add(Conv(random, Add, x, $"conv{i}", Pick(Channels)));
                    break;
                case 3:
                    maps.Add(Add(new BatchNormSpec($"norm{i}", random.Next(2) == 0 ? 0.01 : 0.5, 1e-3, random.Next(2) == 0), x.Height, x.Width, x.Channels, x));
                    break;
                case 4:
                    maps.Add(Add(new ReluSpec($"relu{i}"), x.Height, x.Width, x.Channels, x));
                    break;
                case 5:
                    maps.Add(Add(new ActivationSpec($"act{i}", Activations[random.Next(Activations.Length)], 0.125), x.Height, x.Width, x.Channels, x));
                    break;
                case 6:
                    maps.Add(Add(new DropoutSpec($"drop{i}", random.Next(1, 4) / 4.0), x.Height, x.Width, x.Channels, x));
                    break;
                case 7:
                    maps.Add(Add(new AddSpec($"add{i}"), x.Height, x.Width, x.Channels, x, twins[random.Next(twins.Length)]));
                    break;
                case 8:
                    maps.Add(Add(new MultiplySpec($"mul{i}"), x.Height, x.Width, x.Channels, x, twins[random.Next(twins.Length)]));
                    break;
                case 9:
                    Map other = neighbours[random.Next(neighbours.Length)];
                    maps.Add(Add(new ConcatSpec($"cat{i}"), x.Height, x.Width, x.Channels + other.Channels, x, other));
                    break;
                case 10 when x.Height < 10 && x.Width < 10:
                    var up = new UpsampleSpec($"up{i}", random.Next(1, 3), 2);
                    maps.Add(Add(up, x.Height * up.Height, x.Width * up.Width, x.Channels, x));
                    break;
                case 11:
                    maps.Add(Pool(random, Add, x, $"pool{i}"));
                    break;
                case 12 when Math.Min(x.Height, x.Width) > 3:
                    maps.Add(Add(new MaxPool2DSpec($"tile{i}", 2, 2), x.Height / 2, x.Width / 2, x.Channels, x));
                    break;
            }
        }

        Map end = maps[^1].Call >= 0 ? maps[^1] : Conv(random, Add, maps[^1], "only", 3);
        var loss = (LossKind)random.Next(3);
        ActivationKind last = loss == LossKind.CrossEntropy ? ActivationKind.None : ActivationKind.Softmax;
        int classes = random.Next(2, 20);
        if (random.Next(3) == 0)
        {
            Add(new Conv2DSpec("pixels", classes, 1, 1, ActivationKind.None, random.Next(2) == 0), end.Height, end.Width, classes, end);
            if (last == ActivationKind.Softmax) Add(new SoftmaxSpec("softmax"), end.Height, end.Width, classes, new Map(calls.Count - 1, 0, 0, 0));
            else if (random.Next(3) == 0) Add(new ActivationSpec("log_softmax", ActivationKind.LogSoftmax), end.Height, end.Width, classes, new Map(calls.Count - 1, 0, 0, 0));
        }
        else
        {
            Map flat = random.Next(3) switch
            {
                0 => Add(new GlobalPool2DSpec("global", PoolKind.Average), 1, 1, end.Channels, end),
                1 => Add(new GlobalPool2DSpec("global", PoolKind.Max), 1, 1, end.Channels, end),
                _ => Add(new FlattenSpec("flatten"), 1, 1, 0, end),
            };
            if (random.Next(2) == 0) flat = Add(new DropoutSpec("flatdrop", 0.25), 1, 1, 0, flat);
            if (random.Next(2) == 0)
            {
                flat = Add(new DenseSpec("hidden", random.Next(1, 40), (ActivationKind)random.Next(2), true, null), 1, 1, 0, flat);
                if (random.Next(2) == 0) flat = Add(new BatchNormSpec("flatnorm", 0.25, 1e-3, false), 1, 1, 0, flat);
            }

            Add(new DenseSpec("head", classes, last, random.Next(4) > 0, null), 1, 1, 0, flat);
        }

        OptimizerSpec optimizer = random.Next(3) switch { 0 => new SgdSpec(0.125), 1 => Models.KerasAdam, _ => new SgdSpec(0.125, 0.75) };
        return LiveCalls.Only(new ModelSpec(null, $"Graph{seed}", "public", input, (Preset)random.Next(2), [.. calls], loss, optimizer, true));
    }

    private delegate Map Adder(LayerSpec layer, int height, int width, int channels, params Map[] from);

    /// <summary>Any window: filters that exceed the image, strides that exceed the filter, padding on each side for itself, rows and columns that no window covers.</summary>
    private static Map Conv(Random random, Adder add, Map x, string name, int filters)
    {
        while (true)
        {
            int r = random.Next(1, 8), s = random.Next(1, 8);
            if (random.Next(2) == 0) r = s = random.Next(3) == 0 ? 1 : 3;
            PaddingSpec padding = random.Next(3) switch
            {
                0 => PaddingSpec.Valid,
                1 => PaddingSpec.Same,
                _ => new(PaddingKind.Explicit, random.Next(4), random.Next(4), random.Next(4), random.Next(4)),
            };
            var conv = new Conv2DSpec(name, filters, r, s, (ActivationKind)random.Next(2), random.Next(4) > 0) { Padding = padding };
            if (random.Next(2) == 0) conv = conv with { StrideHeight = random.Next(1, 4), StrideWidth = random.Next(1, 4) };
            Window window = conv.WindowOn(x.Height, x.Width);
            (int rows, int columns) = (window.Rows(x.Height), window.Columns(x.Width));
            if (rows > 0 && columns > 0 && rows * columns <= LargestMap) return add(conv, rows, columns, filters, x);
        }
    }

    private static Map Pool(Random random, Adder add, Map x, string name)
    {
        int height = random.Next(1, Math.Min(x.Height, 4) + 1), width = random.Next(1, Math.Min(x.Width, 4) + 1), down = random.Next(1, 4), across = random.Next(1, 4);
        PaddingSpec padding = random.Next(3) switch
        {
            0 => PaddingSpec.Valid,
            1 => PaddingSpec.Same,
            _ => new(PaddingKind.Explicit, height / 2, width / 2, random.Next(height / 2 + 1), random.Next(width / 2 + 1)),
        };
        LayerSpec pool = random.Next(2) == 0
            ? new MaxPool2DSpec(name, height, width) { StrideHeight = down, StrideWidth = across, Padding = padding }
            : new AveragePool2DSpec(name, height, width, random.Next(2) == 0) { StrideHeight = down, StrideWidth = across, Padding = padding };
        Window window = Window.Of(height, width, down, across, padding, x.Height, x.Width);
        return add(pool, window.Rows(x.Height), window.Columns(x.Width), x.Channels, x);
    }

    public static int BatchSize(int seed) => Batches[seed % Batches.Length];

    /// <summary>A batch in NHWC, and labels, of a map one a pixel.</summary>
    public static (float[] Images, int[] Labels) Batch(int seed, ModelSpec spec, int n)
    {
        var random = new Random(seed + 1_000_000);
        Shape output = Reference.OutputShape(spec);
        int classes = output[output.Rank - 1], rows = n * output.Count / classes;
        return ([.. Enumerable.Range(0, n * spec.Input.Count).Select(_ => (float)random.NextDouble())], [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))]);
    }

    /// <summary>Weights in graph order, by name: of a size that keeps values near one; statistics as they might be.</summary>
    public static Dictionary<string, float[]> Weights(int seed, Graph graph)
    {
        var random = new Random(seed + 2_000_000);
        var weights = new Dictionary<string, float[]>();
        foreach (Value v in graph.Values.Where(static v => v.Op is Op.Parameter or Op.State))
        {
            bool scale = v.Name.EndsWith("gamma", StringComparison.Ordinal) || v.Name.EndsWith("variance", StringComparison.Ordinal) || v.Name.EndsWith("running_var", StringComparison.Ordinal);
            double bound = v.Shape.Rank == 1 ? 0.5 : 1.5 / Math.Sqrt(v.Shape.Count / v.Shape[v.Shape.Rank - 1]);
            weights[v.Name] = [.. Enumerable.Range(0, v.Shape.Count).Select(_ => (float)((scale ? 1 : 0) + (bound * ((2 * random.NextDouble()) - 1))))];
        }

        return weights;
    }
}
