using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>Appends values to a graph, giving each the shape that <see cref="ShapeRules"/> infers.</summary>
public sealed class GraphWriter
{
    private readonly List<Value> _values = [];
    private readonly List<int> _outputs = [];

    public GraphWriter()
    {
    }

    /// <summary>Continues an existing graph.</summary>
    public GraphWriter(Graph graph)
    {
        _values.AddRange(graph.Values);
        _outputs.AddRange(graph.Outputs);
    }

    public Value this[int id] => _values[id];

    /// <summary>Appends a node whose shape follows from its operands.</summary>
    public Value Add(Op op, string name, int call, params ReadOnlySpan<Value> inputs)
    {
        (Shape shape, DType type) = ShapeRules.Infer(op, inputs);
        return Append(op, name, call, shape, type, inputs);
    }

    /// <summary>Appends a source, or a node whose shape its operands do not tell (the adjoint of a cut).</summary>
    public Value AddShaped(Op op, string name, int call, Shape shape, DType type, params ReadOnlySpan<Value> inputs) => Append(op, name, call, shape, type, inputs);

    public void Output(Value value) => _outputs.Add(value.Id);

    public Graph ToGraph() => new(new([.. _values]), new([.. _outputs]));

    private Value Append(Op op, string name, int call, Shape shape, DType type, ReadOnlySpan<Value> inputs)
    {
        var ids = new int[inputs.Length];
        for (int i = 0; i < ids.Length; i++) ids[i] = inputs[i].Id;
        var value = new Value(_values.Count, op, new(ids), shape, type, name, call);
        _values.Add(value);
        return value;
    }
}
