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
        var regions = new Dictionary<int, Region>();
        for (int id = forward.Values.Count - 1; id >= 0; id--)
        {
            Value value = forward[id];
            if (!value.Shape.IsImage) continue;
            Region whole = new(value.Shape[0], value.Shape[1]), needed = default;
            bool wanted = value.Op is Op.Input || forward.Outputs.Contains(id);
            if (!wanted)
            {
                foreach (Value consumer in forward.Consumers(id))
                {
                    Region need = Need(forward, consumer, regions, whole);
                    needed = new(Math.Max(needed.Rows, need.Rows), Math.Max(needed.Columns, need.Columns));
                }
            }

            regions[id] = wanted ? whole : needed;
        }

        return regions;
    }

    /// <summary>What <paramref name="consumer"/> reads of its image operand, given what is live of its own result.</summary>
    private static Region Need(Graph graph, Value consumer, Dictionary<int, Region> regions, Region whole) => consumer.Op switch
    {
        Op.Conv2D => new(regions[consumer.Id].Rows + graph[consumer.Inputs[1]].Shape[0] - 1, regions[consumer.Id].Columns + graph[consumer.Inputs[1]].Shape[1] - 1),
        Op.MaxPool2D pool => new(regions[consumer.Id].Rows * pool.PoolHeight, regions[consumer.Id].Columns * pool.PoolWidth),
        Op.BiasAdd or Op.Relu => regions[consumer.Id],
        _ => whole,
    };
}
