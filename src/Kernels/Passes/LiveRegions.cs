using Convoke.Kernels.Graphs;

namespace Convoke.Kernels.Passes;

/// <summary>
/// For every image value, how many of its top rows and left columns anything reads: pooling in floor mode drops the last ones, so the convolution
/// before need not compute them, nor the layer before that what only they read. An analysis; it changes no graph.
/// Forward values decide; an adjoint has the region of its primal, since outside of it the gradient is zero.
/// <code>
/// conv 3x3 -> 11x11 -> pool 2 -> 5x5      the convolution's live region is 10x10, its input's 12x12
/// </code>
/// </summary>
public static class LiveRegions
{
    /// <summary>Rows and columns that are computed and stored.</summary>
    public readonly record struct Region(int Rows, int Columns);

    /// <summary>Region per value id of the forward graph; values that are no images are absent.</summary>
    public static IReadOnlyDictionary<int, Region> Run(Graph forward)
    {
        var least = new Dictionary<int, Region>();
        while (true)
        {
            Dictionary<int, Region> regions = Walk(forward, least);
            bool stable = true;
            foreach (Value value in forward.Values.Where(static v => v.Shape.IsImage && IsPointwise(v.Op)))
            {
                // Element by element means one form for all: where a normalization wants the whole map, so must what is added to it be whole.
                int[] maps = [value.Id, .. value.Inputs.Where(i => forward[i].Shape.IsImage)];
                Region all = maps.Select(id => regions[id]).Aggregate(Union);
                foreach (int id in maps)
                {
                    if (regions[id] == all) continue;
                    least[id] = all;
                    stable = false;
                }
            }

            if (stable) return regions;
        }
    }

    /// <summary>Whether a result's element depends on its operands' elements at the same pixel only.</summary>
    private static bool IsPointwise(Op op) => op is Op.Import or Op.BiasAdd or Op.Relu or Op.Activation or Op.Add or Op.Multiply or Op.Concat or Op.Dropout or Op.BatchNorm or Op.Normalize;

    private static Region Union(Region a, Region b) => new(Math.Max(a.Rows, b.Rows), Math.Max(a.Columns, b.Columns));

    private static Dictionary<int, Region> Walk(Graph forward, Dictionary<int, Region> least)
    {
        var regions = new Dictionary<int, Region>();
        for (int id = forward.Values.Count - 1; id >= 0; id--)
        {
            Value value = forward[id];
            if (!value.Shape.IsImage) continue;
            Region whole = new(value.Shape[0], value.Shape[1]), needed = least.TryGetValue(id, out Region floor) ? floor : default;
            bool wanted = value.Op is Op.Input or Op.Upsample || forward.Outputs.Contains(id);
            if (!wanted)
                foreach (Value consumer in forward.Consumers(id)) needed = Union(needed, Need(forward, consumer, regions, whole));
            regions[id] = wanted ? whole : needed;
        }

        return regions;
    }

    /// <summary>What <paramref name="consumer"/> reads of its image operand, given what is live of its own result.</summary>
    private static Region Need(Graph graph, Value consumer, Dictionary<int, Region> regions, Region whole) => consumer.Op switch
    {
        // While training, a normalization wants all of its map; prediction, into whose filter it has gone, then stores what training does.
        Op.Conv2D { Window.IsPlain: true } when graph[consumer.Inputs[1]].Op is not Op.FoldedKernel => new(regions[consumer.Id].Rows + graph[consumer.Inputs[1]].Shape[0] - 1, regions[consumer.Id].Columns + graph[consumer.Inputs[1]].Shape[1] - 1),
        Op.MaxPool2D pool => new(regions[consumer.Id].Rows * pool.PoolHeight, regions[consumer.Id].Columns * pool.PoolWidth),
        Op.Normalize => whole,
        _ when IsPointwise(consumer.Op) => regions[consumer.Id],
        _ => whole,
    };
}
