namespace Convoke.EmulatedDriver;

/// <summary>CUgraphExecUpdateResult, as far as it is given.</summary>
internal enum GraphUpdate
{
    Success = 0,
    TopologyChanged = 2,
    NodeTypeChanged = 3,
    ParametersChanged = 5,
}

/// <summary>A copy of a graph that can be launched. Changes to it count for later launches, not for those already queued.</summary>
internal sealed class GraphExecutable : Resource
{
    private readonly Work[] _work;
    private readonly int[][] _before;
    private readonly GraphNode[] _nodes;
    private readonly int[] _last;
    private Operation? _lastLaunch;

    public GraphExecutable(Graph graph) : base(graph.Context)
    {
        _nodes = [.. graph.Nodes];
        _work = [.. _nodes.Select(static node => node.Work)];
        _before = [.. _nodes.Select(static node => node.Before.Select(static before => before.Index).ToArray())];
        _last = [.. Enumerable.Range(0, _nodes.Length).Except(_before.SelectMany(static before => before))];
    }

    public void Launch(Stream stream)
    {
        if (stream.Capture is { } capture)
        {
            capture.IsInvalid = true;
            throw new DriverError(Result.NotSupported, "launching a graph while capturing another (child graphs) is not emulated");
        }

        foreach (Work work in _work) (work as KernelLaunchWork)?.RefuseUnloaded();
        Context context = Context!;
        Operation begin = context.Issue(stream, Marker.Instance)!;
        var operations = new Operation[_work.Length];
        var end = new Operation(Marker.Instance);
        for (int i = 0; i < operations.Length; i++)
        {
            Operation operation = operations[i] = new(_work[i]);
            operation.After(begin);
            // One executable never runs beside itself.
            operation.After(_lastLaunch);
            foreach (int before in _before[i]) operation.After(operations[before]);
            context.Scheduler.Submit(operation);
        }

        end.After(begin);
        foreach (int last in _last) end.After(operations[last]);
        context.Scheduler.Submit(end);
        _lastLaunch = stream.Tail = end;
    }

    /// <summary>Replaces the launch of one kernel node, named by its node in the graph that this was made of. The kernel itself stays.</summary>
    public void SetKernel(GraphNode node, KernelLaunchWork launch)
    {
        if (node.Index >= _nodes.Length || _nodes[node.Index] != node) throw new DriverError(Result.InvalidValue, "the node is of another graph");
        if (_work[node.Index] is not KernelLaunchWork old) throw new DriverError(Result.InvalidValue, "the node is no kernel node");
        if (old.Function != launch.Function) throw new DriverError(Result.InvalidValue, "a node of an executable graph keeps its kernel");
        _work[node.Index] = launch;
    }

    /// <summary>Takes all parameters of a graph of the same shape, or nothing.</summary>
    /// <param name="failed">The node of <paramref name="graph"/> that does not fit, if it is one.</param>
    public GraphUpdate Update(Graph graph, out GraphNode? failed)
    {
        failed = null;
        if (graph.Nodes.Count != _work.Length) return GraphUpdate.TopologyChanged;
        foreach (GraphNode node in graph.Nodes)
        {
            failed = node;
            if (!node.Before.Select(static before => before.Index).Order().SequenceEqual(_before[node.Index].Order())) return GraphUpdate.TopologyChanged;
            if (node.Work.Type != _work[node.Index].Type) return GraphUpdate.NodeTypeChanged;
            if (node.Work.GetType() != _work[node.Index].GetType()) return GraphUpdate.ParametersChanged;
        }

        failed = null;
        foreach (GraphNode node in graph.Nodes) _work[node.Index] = node.Work;
        return GraphUpdate.Success;
    }
}
