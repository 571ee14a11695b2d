namespace Convoke.Generator;

/// <summary>A <c>Sym</c> while Forward is read: the call that yields it, or an input of the model.</summary>
internal sealed record SymValue(int Call);

/// <summary>An array, span, collection expression or tuple while Forward is read. Its items never change.</summary>
internal sealed class SequenceValue(object?[] items)
{
    public object?[] Items { get; } = items;
}
