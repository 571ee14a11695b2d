using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Map = Convoke.Kernels.Tests.RandomGraphs.Map;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random topologies of two or three inputs, images and rows in any order: twins that go through shared layers, images of other sizes, rows that are joined, normalized, multiplied.</summary>
internal static class RandomInputs
{
    private static readonly string[] Names = ["left", "right", "extra"];

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 555);
        var calls = new List<CallSpec>();
        var inputs = new List<InputSpec>();
        Map Add(LayerSpec layer, int height, int width, int channels, params Map[] from)
        {
            calls.Add(new(layer, new([.. from.Select(static m => m.Call)])));
            return new(calls.Count - 1, height, width, channels);
        }

        Random? share = random.Next(3) == 0 ? new Random(seed + 3_000_000) : null;
        (_, List<Map> maps) = RandomGraphs.Trunk(random, Add, share, calls, (first, begun) => Begin(random, Add, first, inputs, begun));
        Map end = maps[^1].Call >= 0 ? maps[^1] : RandomGraphs.Conv(random, Add, maps[^1], "only", 3);
        var rows = new List<Map> { Row(random, Add, end, "end") };
        for (int i = 0; i < inputs.Count; i++)
        {
            var input = new Map(CallSpec.InputAt(i), inputs[i].Height, inputs[i].Width, inputs[i].Channels);
            if (inputs[i].IsFlat) rows.Add(OfRow(random, Add, input));
            else if (random.Next(3) == 0) rows.Add(Row(random, Add, input, "row" + Names[i]));
        }
        if (AreTwins(inputs) && random.Next(2) == 0)
        {
            var both = new DenseSpec("both", random.Next(1, 20), (ActivationKind)random.Next(2), random.Next(4) > 0, null);
            Map Side(int i) => Add(both, 1, 1, both.Units, Add(new FlattenSpec($"side{i}"), 1, 1, 0, new Map(CallSpec.InputAt(i), 0, 0, 0)));
            rows.Add(Add(random.Next(2) == 0 ? new AddSpec("pair") : new MultiplySpec("pair"), 1, 1, both.Units, Side(0), Side(1)));
        }

        Map joined = rows.Count == 1 ? rows[0] : Add(new ConcatSpec("joined"), 1, 1, 0, [.. rows.OrderBy(_ => random.Next())]);
        var loss = (LossKind)random.Next(3);
        Add(new DenseSpec("head", random.Next(2, 20), loss == LossKind.CrossEntropy ? ActivationKind.None : ActivationKind.Softmax, random.Next(4) > 0, null), 1, 1, 0, joined);
        OptimizerSpec optimizer = random.Next(2) == 0 ? new SgdSpec(0.125, 0.75) : Models.KerasAdam;
        int[] order = [.. Enumerable.Range(0, inputs.Count).OrderBy(_ => random.Next())];
        InputSpec[] placed = [.. order.Select((from, i) => inputs[from] with { Name = Names[i] })];
        CallSpec[] read = [.. calls.Select(call => call with { Inputs = [.. call.Inputs.Select(source => CallSpec.IsInput(source) ? CallSpec.InputAt(Array.IndexOf(order, CallSpec.InputIndex(source))) : source)] })];
        return LiveCalls.Only(new ModelSpec(null, $"Inputs{seed}", "public", placed[0], (Preset)random.Next(2), [.. read], [new(loss)], optimizer, true) { FurtherInputs = [.. placed.Skip(1)] });
    }

    private static bool AreTwins(List<InputSpec> inputs) => inputs[0] == inputs[1];

    /// <summary>The inputs behind the first, and what a pair of twins goes through together.</summary>
    private static void Begin(Random random, RandomGraphs.Adder add, InputSpec first, List<InputSpec> inputs, List<Map> maps)
    {
        inputs.Add(first);
        bool twins = random.Next(2) == 0;
        if (twins)
        {
            inputs.Add(first);
            maps.Add(maps[0] with { Call = CallSpec.InputAt(1) });
            if (random.Next(3) > 0) maps.Add(Twins(random, add, maps[0], maps[1]));
        }
        if (!twins || random.Next(2) == 0)
        {
            if (random.Next(3) > 0) inputs.Add(new InputSpec(1, 1, random.Next(1, 40), first.Layout) { IsFlat = true });
            else
            {
                inputs.Add(new InputSpec(random.Next(3, 9), random.Next(3, 9), random.Next(1, 5), first.Layout));
                maps.Insert(random.Next(maps.Count + 1), new(CallSpec.InputAt(inputs.Count - 1), inputs[^1].Height, inputs[^1].Width, inputs[^1].Channels));
            }
        }
    }

    /// <summary>One convolution over both, pooled or not; their sum, product, or both maps side by side.</summary>
    private static Map Twins(Random random, RandomGraphs.Adder add, Map left, Map right)
    {
        int filters = random.Next(1, 20);
        var conv = new Conv2DSpec("twin", filters, random.Next(1, 4), random.Next(1, 4), (ActivationKind)random.Next(2), random.Next(4) > 0) { Padding = random.Next(2) == 0 ? PaddingSpec.Same : PaddingSpec.Valid };
        Window window = conv.WindowOn(left.Height, left.Width);
        int height = window.Rows(left.Height), width = window.Columns(left.Width);
        bool pooled = random.Next(2) == 0 && height > 1 && width > 1;
        Map Side(Map x, int i)
        {
            Map y = add(conv, height, width, filters, x);
            return pooled ? add(new MaxPool2DSpec($"twinpool{i}", 2, 2), height / 2, width / 2, filters, y) : y;
        }

        (Map a, Map b) = (Side(left, 0), Side(right, 1));
        return random.Next(3) switch
        {
            0 => add(new AddSpec("both"), a.Height, a.Width, a.Channels, a, b),
            1 => add(new MultiplySpec("times"), a.Height, a.Width, a.Channels, a, b),
            _ => add(new ConcatSpec("beside"), a.Height, a.Width, 2 * a.Channels, a, b),
        };
    }

    /// <summary>A row of an image.</summary>
    private static Map Row(Random random, RandomGraphs.Adder add, Map from, string name)
    {
        if (random.Next(2) == 0) return add(new GlobalPool2DSpec("global_" + name, (PoolKind)random.Next(2)), 1, 1, from.Channels, from);
        int units = random.Next(1, 20);
        return add(new DenseSpec("dense_" + name, units, (ActivationKind)random.Next(2), random.Next(3) > 0, null), 1, 1, units, add(new FlattenSpec("flatten_" + name), 1, 1, 0, from));
    }

    /// <summary>A row of a row that the user hands in: itself, or what any layer for rows makes of it.</summary>
    private static Map OfRow(Random random, RandomGraphs.Adder add, Map input)
    {
        Map x = random.Next(8) switch
        {
            0 => input,
            1 => add(new FlattenSpec("flatrow"), 1, 1, input.Channels, input),
            2 => add(new ActivationSpec("rowact", ActivationKind.Sigmoid), 1, 1, input.Channels, input),
            3 => add(new BatchNormSpec("rownorm", 0.25, 1e-3, false), 1, 1, input.Channels, input),
            4 => add(new DropoutSpec("rowdrop", 0.25), 1, 1, input.Channels, input),
            5 => add(new MultiplySpec("square"), 1, 1, input.Channels, input, input),
            6 => add(new DropoutSpec("nodrop", 0), 1, 1, input.Channels, input),
            _ => add(new ConcatSpec("twice"), 1, 1, 2 * input.Channels, input, input),
        };
        if (random.Next(3) == 0) return x;
        var dense = new DenseSpec("ofrow", random.Next(3) == 0 ? x.Channels : random.Next(1, 20), (ActivationKind)random.Next(2), random.Next(3) > 0, null);
        Map y = add(dense, 1, 1, dense.Units, x);
        return dense.Units == x.Channels && random.Next(2) == 0 ? add(dense, 1, 1, dense.Units, y) : y;
    }
}
