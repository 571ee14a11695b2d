namespace Convoke.PtxEmulator;

internal enum StateSpace { Global, Shared, Local, Param, Const, Generic }

/// <summary>A declared variable; <see cref="Bytes"/> 0 is an array without extent, that is, dynamic shared memory.</summary>
internal sealed record PtxVariable(string Name, StateSpace Space, int Alignment, int Bytes)
{
    public byte[]? Initial { get; init; }

    /// <summary>Addresses of other variables within the initial value: offset, name, addend.</summary>
    public IReadOnlyList<(int Offset, string Symbol, long Addend)> Relocations { get; init; } = [];
}
