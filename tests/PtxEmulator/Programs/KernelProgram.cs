namespace Convoke.PtxEmulator;

/// <summary>A kernel decoded for execution. It depends on the PTX alone; addresses of variables are filled in per launch.</summary>
internal sealed class KernelProgram
{
    public required CodeBlock[] Blocks { get; init; }

    /// <summary>Bytes of a warp's registers, constants and special registers included.</summary>
    public required int RegisterBytes { get; init; }
    public required int PredicateCount { get; init; }

    /// <summary>Registers that hold one value for good: byte offset, value, whether 64 bits.</summary>
    public required IReadOnlyList<(int Offset, ulong Value, bool Wide)> Constants { get; init; }

    /// <summary>Registers that hold the address of a module's variable.</summary>
    public required IReadOnlyList<(int Offset, string Symbol, long Addend, bool Wide)> Addresses { get; init; }

    /// <summary>Special registers in use: byte offset, name.</summary>
    public required IReadOnlyList<(int Offset, string Name)> Specials { get; init; }
}
