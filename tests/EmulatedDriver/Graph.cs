namespace Convoke.EmulatedDriver;

/// <summary>One node of a graph: work, and the nodes before it.</summary>
internal sealed class GraphNode(Graph graph, int index, Work work, IReadOnlyList<GraphNode> before) : Resource(graph.Context)
{
    public override bool IsOwnedByCaller => false;

    public Graph Graph { get; } = graph;

    /// <summary>Its place in the graph; nodes before it have smaller ones.</summary>
    public int Index { get; } = index;

    public Work Work { get; } = work;

    public IReadOnlyList<GraphNode> Before { get; } = before;
}

/// <summary>What a capture recorded.</summary>
internal sealed class Graph(Context context) : Resource(context)
{
    private readonly List<GraphNode> _nodes = [];

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    public GraphNode Add(Work work, IReadOnlyList<GraphNode> before)
    {
        var node = new GraphNode(this, _nodes.Count, work, before);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Gives the graph and its nodes handles.</summary>
    public Graph Publish(HandleTable handles)
    {
        foreach (GraphNode node in _nodes) handles.Add(node);
        return handles.Add(this);
    }

    public void Destroy(HandleTable handles)
    {
        foreach (GraphNode node in _nodes) handles.Remove(node);
        handles.Remove(this);
    }
}
