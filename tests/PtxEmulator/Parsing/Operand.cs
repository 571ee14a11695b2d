namespace Convoke.PtxEmulator;

internal enum OperandKind
{
    /// <summary>A register of 16 or 32 bits.</summary>
    Register32,
    Register64,
    Predicate,
    Immediate,

    /// <summary>A variable, parameter, label or special register, by name.</summary>
    Symbol,

    /// <summary>[base + offset], or [base, {more}] of tensor copies.</summary>
    Memory,

    /// <summary>{a, b, ...}.</summary>
    Vector,

    /// <summary>"_": the result is not wanted.</summary>
    Discard,
}

/// <summary>An operand as written; registers are numbered within their kind.</summary>
internal sealed record Operand(OperandKind Kind)
{
    public int Register { get; init; }

    /// <summary>Declared width of a register.</summary>
    public int Bits { get; init; }
    public ulong Value { get; init; }
    public string Name { get; init; } = "";
    public Operand? Base { get; init; }
    public long Offset { get; init; }
    public IReadOnlyList<Operand> Items { get; init; } = [];

    /// <summary>A predicate with "!" before it.</summary>
    public bool Negated { get; init; }

    /// <summary>Where a symbol's name is looked up.</summary>
    public Scope? Scope { get; init; }
    public bool IsRegister => Kind is OperandKind.Register32 or OperandKind.Register64 or OperandKind.Predicate;
}
