using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>A computation: values in topological order, and which of them are wanted.</summary>
public sealed record Graph(EquatableArray<Value> Values, EquatableArray<int> Outputs)
{
    public Value this[int id] => Values[id];

    /// <summary>The values that read <paramref name="id"/>, in order.</summary>
    public IEnumerable<Value> Consumers(int id) => Values.Where(v => v.Inputs.Contains(id));

    /// <summary>The first output whose op is <typeparamref name="TOp"/>, or null.</summary>
    public Value? Output<TOp>() where TOp : Op => Outputs.Select(id => Values[id]).FirstOrDefault(static v => v.Op is TOp);
}
