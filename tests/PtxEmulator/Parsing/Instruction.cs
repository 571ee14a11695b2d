namespace Convoke.PtxEmulator;

/// <summary>An instruction as written. <see cref="Guard"/> is the predicate register before it, or -1.</summary>
internal sealed record Instruction(string Opcode, IReadOnlyList<Operand> Operands, int Guard, bool GuardNegated, int Line, SourceLine Source)
{
    /// <summary>The opcode's parts: "ld.global.v4.f32" is ld, global, v4, f32.</summary>
    public string[] Parts { get; } = Opcode.Split('.', StringSplitOptions.RemoveEmptyEntries);

    public string Name => Parts[0];

    /// <summary>The last part, for nearly every opcode the type.</summary>
    public string Type => Parts[^1];

    public bool Has(string part) => Array.IndexOf(Parts, part) >= 0;
}

/// <summary>A line of CUDA source after .loc; file 0 is none.</summary>
internal readonly record struct SourceLine(int File, int Line);
