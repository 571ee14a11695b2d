using Convoke.Kernels.Graphs;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Passes;

/// <summary>
/// Before: any graph. After: only values that an output needs, renumbered in order.
/// Stands after differentiation, which writes adjoints that nobody reads (that of the input, for one), and makes the prediction graph from the full one.
/// <code>
/// %5 d_input = ConvDgrad(%4, %1)      (read by nobody)
/// </code>
/// </summary>
public static class RemoveDead
{
    public static Graph Run(Graph graph)
    {
        var live = new HashSet<int>(graph.Outputs);
        for (int id = graph.Values.Count - 1; id >= 0; id--)
            if (live.Contains(id)) live.UnionWith(graph[id].Inputs);

        var renumbered = new Dictionary<int, int>();
        var values = new List<Value>();
        foreach (Value value in graph.Values)
        {
            if (!live.Contains(value.Id)) continue;
            renumbered[value.Id] = values.Count;
            values.Add(value with { Id = values.Count, Inputs = Map(value.Inputs, renumbered) });
        }

        return new(new([.. values]), Map(graph.Outputs, renumbered));
    }

    private static EquatableArray<int> Map(EquatableArray<int> ids, Dictionary<int, int> to) => new([.. ids.Select(id => to[id])]);
}
