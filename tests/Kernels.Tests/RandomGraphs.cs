using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>
/// Seeded random topologies: branches, sums, joins, normalizations, dropout, every pooling and activation, heads that are flat or per pixel; in part of them
/// layers with weights are called again, on whatever fits.
/// </summary>
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

    internal sealed record Map(int Call, int Height, int Width, int Channels);

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 77);
        var calls = new List<CallSpec>();
        Map Add(LayerSpec layer, int height, int width, int channels, params Map[] from)
        {
            calls.Add(new(layer, new([.. from.Select(static m => m.Call)])));
            return new(calls.Count - 1, height, width, channels);
        }

        Random? share = SharesLayers(seed) ? new Random(seed + 3_000_000) : null;
        (InputSpec input, List<Map> maps) = Trunk(random, Add, share, calls);
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
            if (share is not null) flat = ShareDense(share, Add, maps, end, flat);
            if (random.Next(2) == 0) flat = Add(new DropoutSpec("flatdrop", 0.25), 1, 1, 0, flat);
            if (random.Next(2) == 0)
            {
                flat = Add(new DenseSpec("hidden", random.Next(1, 40), (ActivationKind)random.Next(2), true, null), 1, 1, 0, flat);
                if (random.Next(2) == 0) flat = Add(new BatchNormSpec("flatnorm", 0.25, 1e-3, false), 1, 1, 0, flat);
            }

            Add(new DenseSpec("head", classes, last, random.Next(4) > 0, null), 1, 1, 0, flat);
        }

        OptimizerSpec optimizer = random.Next(3) switch { 0 => new SgdSpec(0.125), 1 => Models.KerasAdam, _ => new SgdSpec(0.125, 0.75) };
        return LiveCalls.Only(new ModelSpec(null, $"Graph{seed}", "public", input, (Preset)random.Next(2), [.. calls], [new(loss)], optimizer, true));
    }

    /// <summary>Whether the model may call a layer several times.</summary>
    public static bool SharesLayers(int seed) => new Random(seed + 4_000_000).Next(5) < 2;

    /// <summary>Calls a convolution or normalization again, on one of the last maps or the input, where one fits.</summary>
    private static void CallAgain(Random random, List<CallSpec> calls, Adder add, List<Map> maps)
    {
        Map Of(int call) => maps.First(m => m.Call == call);
        var fitting = new List<(LayerSpec Layer, Map X, int Height, int Width, int Channels)>();
        foreach (CallSpec call in calls.ToArray())
        {
            foreach (Map x in maps.TakeLast(3).Append(maps[0]))
            {
                if (call.Layer is not (Conv2DSpec or BatchNormSpec) || Of(call.Inputs[0]).Channels != x.Channels) continue;
                // Of a normalization right behind another one, what goes back cancels nearly: rounding would be all there is.
                bool isNormal = x.Call >= 0 && calls[x.Call].Layer is BatchNormSpec;
                if (call.Layer is BatchNormSpec && isNormal) continue;
                if (call.Layer is not Conv2DSpec conv) fitting.Add((call.Layer, x, x.Height, x.Width, x.Channels));
                else if (conv.WindowOn(x.Height, x.Width) is var window && window.Rows(x.Height) is > 0 and var rows && window.Columns(x.Width) is > 0 and var columns && rows * columns <= LargestMap / 2)
                    fitting.Add((conv, x, rows, columns, conv.Filters));
            }
        }

        if (fitting.Count == 0) return;

        // What nothing reads is not compiled: mostly the last map is the one that goes on.
        if (random.Next(4) > 0 && fitting.Exists(f => f.X == maps[^1])) fitting.RemoveAll(f => f.X != maps[^1]);
        (LayerSpec layer, Map at, int height, int width, int channels) = fitting[random.Next(fitting.Count)];
        maps.Add(add(layer, height, width, channels, at));
    }

    /// <summary>A dense layer over the flattened images of two maps, or one of as many units as features that follows itself.</summary>
    private static Map ShareDense(Random random, Adder add, List<Map> maps, Map end, Map flat)
    {
        Map[] twins = [.. maps.Where(m => (m.Height, m.Width, m.Channels) == (end.Height, end.Width, end.Channels))];
        int units = random.Next(1, 40);
        var activation = (ActivationKind)random.Next(2);
        if (random.Next(2) == 0)
        {
            var both = new DenseSpec("both", units, activation, random.Next(4) > 0, null);
            Map other = add(new FlattenSpec("twin"), 1, 1, 0, twins[random.Next(twins.Length)]);
            return add(new AddSpec("pair"), 1, 1, 0, add(both, 1, 1, 0, other), add(both, 1, 1, 0, add(new FlattenSpec("first"), 1, 1, 0, end)));
        }

        var square = new DenseSpec("square", units, activation, random.Next(4) > 0, null);
        Map x = add(new DenseSpec("before", units, ActivationKind.None, false, null), 1, 1, 0, flat);
        for (int times = random.Next(2, 4); times > 0; times--) x = add(square, 1, 1, 0, x);
        return x;
    }

    /// <summary>Some layers in any order, each on one of the last few maps; all maps, the input first. With <paramref name="share"/>, layers among <paramref name="calls"/> are called again; <paramref name="begin"/> may add maps before the first layer.</summary>
    internal static (InputSpec Input, List<Map> Maps) Trunk(Random random, Adder add, Random? share = null, List<CallSpec>? calls = null, Action<InputSpec, List<Map>>? begin = null)
    {
        int Pick(int[] from) => from[random.Next(from.Length)];
        var input = new InputSpec(random.Next(4, 13), random.Next(4, 13), Pick(Channels), (ImageLayout)random.Next(2));
        var maps = new List<Map> { new(CallSpec.ModelInput, input.Height, input.Width, input.Channels) };
        begin?.Invoke(input, maps);
        for (int i = 0, steps = random.Next(3, 9); i < steps; i++)
        {
            Map x = maps[random.Next(Math.Max(0, maps.Count - 3), maps.Count)];
            Map[] twins = [.. maps.Where(m => (m.Height, m.Width, m.Channels) == (x.Height, x.Width, x.Channels))], neighbours = [.. maps.Where(m => (m.Height, m.Width) == (x.Height, x.Width))];
            switch (random.Next(13))
            {
                case 0 or 1 or 2:
                    maps.Add(Conv(random, add, x, $"conv{i}", share?.Next(4) > 0 ? x.Channels : Pick(Channels)));
                    break;
                case 3:
                    maps.Add(add(new BatchNormSpec($"norm{i}", random.Next(2) == 0 ? 0.01 : 0.5, 1e-3, random.Next(2) == 0), x.Height, x.Width, x.Channels, x));
                    break;
                case 4:
                    maps.Add(add(new ReluSpec($"relu{i}"), x.Height, x.Width, x.Channels, x));
                    break;
                case 5:
                    maps.Add(add(new ActivationSpec($"act{i}", Activations[random.Next(Activations.Length)], 0.125), x.Height, x.Width, x.Channels, x));
                    break;
                case 6:
                    maps.Add(add(new DropoutSpec($"drop{i}", random.Next(1, 4) / 4.0), x.Height, x.Width, x.Channels, x));
                    break;
                case 7:
                    maps.Add(add(new AddSpec($"add{i}"), x.Height, x.Width, x.Channels, x, twins[random.Next(twins.Length)]));
                    break;
                case 8:
                    maps.Add(add(new MultiplySpec($"mul{i}"), x.Height, x.Width, x.Channels, x, twins[random.Next(twins.Length)]));
                    break;
                case 9:
                    Map other = neighbours[random.Next(neighbours.Length)];
                    maps.Add(add(new ConcatSpec($"cat{i}"), x.Height, x.Width, x.Channels + other.Channels, x, other));
                    break;
                case 10 when x.Height < 10 && x.Width < 10:
                    var up = new UpsampleSpec($"up{i}", random.Next(1, 3), 2);
                    maps.Add(add(up, x.Height * up.Height, x.Width * up.Width, x.Channels, x));
                    break;
                case 11:
                    maps.Add(Pool(random, add, x, $"pool{i}"));
                    break;
                case 12 when Math.Min(x.Height, x.Width) > 3:
                    maps.Add(add(new MaxPool2DSpec($"tile{i}", 2, 2), x.Height / 2, x.Width / 2, x.Channels, x));
                    break;
            }

            if (share is not null) CallAgain(share, calls!, add, maps);
        }

        return (input, maps);
    }

    internal delegate Map Adder(LayerSpec layer, int height, int width, int channels, params Map[] from);

    /// <summary>Any window: filters that exceed the image, strides that exceed the filter, padding on each side for itself, rows and columns that no window covers.</summary>
    internal static Map Conv(Random random, Adder add, Map x, string name, int filters)
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
        Shape output = Reference.OutputShapes(spec)[0];
        int classes = output[output.Rank - 1], rows = n * output.Count / classes;
        return ([.. Enumerable.Range(0, n * spec.SampleCount).Select(_ => (float)random.NextDouble())], [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))]);
    }

    /// <summary>A batch in NHWC.</summary>
    public static float[] Images(int seed, ModelSpec spec, int n)
    {
        var random = new Random(seed + 1_000_000);
        return [.. Enumerable.Range(0, n * spec.SampleCount).Select(_ => (float)random.NextDouble())];
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
