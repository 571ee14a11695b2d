using Convoke.Kernels.Graphs;

namespace Convoke.Kernels.Passes;

/// <summary>
/// Before: the graph for training as it was built. After: what a loss depends on, and the statistics of the normalizations in it; the outputs themselves are not wanted.
/// Stands before differentiation, so that every parameter that is left has a gradient.
/// <code>
/// outputs y0, y1, loss(y0), correct(y0), running mean of a norm before y1      become      loss(y0), correct(y0)
/// </code>
/// </summary>
public static class TrainedPart
{
    public static Graph Run(Graph graph)
    {
        int[] measured = [.. graph.Outputs.Where(o => graph[o].Op.IsLoss || graph[o].Op is Op.Correct)];
        var norms = new HashSet<int>(RemoveDead.Run(graph with { Outputs = [.. measured] }).Values.Where(static v => v.Op is Op.BatchNorm).Select(static v => v.Call));
        int[] statistics = [.. graph.Outputs.Where(o => graph[o].Op is Op.RunningMean or Op.RunningVariance && norms.Contains(graph[o].Call))];
        return RemoveDead.Run(graph with { Outputs = [.. measured, .. statistics] });
    }
}
