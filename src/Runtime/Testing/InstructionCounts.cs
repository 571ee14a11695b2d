using System.Globalization;

namespace Convoke.Testing;

/// <summary>A kernel's machine instructions by opcode, as they stand in its code: not how often they run. Padding behind the last one is not counted.</summary>
public sealed class InstructionCounts
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    internal InstructionCounts()
    {
    }

    /// <summary>All opcodes that occur, without their modifiers, in alphabetical order.</summary>
    public IReadOnlyDictionary<string, int> ByOpcode => _counts;

    /// <summary>Instructions in all.</summary>
    public int Total { get; private set; }

    /// <summary>Fused multiply-adds on floats (FFMA).</summary>
    public int FusedMultiplyAdds => this["FFMA"];

    /// <summary>Loads from global memory (LDG, and LD where the compiler did not know the space).</summary>
    public int GlobalLoads => this["LDG"] + this["LD"];

    /// <summary>Stores to global memory (STG, ST).</summary>
    public int GlobalStores => this["STG"] + this["ST"];

    /// <summary>Loads from shared memory (LDS, LDSM).</summary>
    public int SharedLoads => this["LDS"] + this["LDSM"];

    /// <summary>Stores to shared memory (STS).</summary>
    public int SharedStores => this["STS"];

    /// <summary>Loads from and stores to local memory (LDL, STL): stack frames and spills.</summary>
    public int LocalAccesses => this["LDL"] + this["STL"];

    /// <summary>Atomic operations on any memory, with a result or without (ATOM, ATOMG, ATOMS, RED, REDG).</summary>
    public int Atomics => this["ATOM"] + this["ATOMG"] + this["ATOMS"] + this["RED"] + this["REDG"];

    /// <summary>Those of them that add floats, whose sum would depend on the order of threads. On shared memory the machine has none and loops instead; such loops count too.</summary>
    public int FloatAtomics { get; private set; }

    /// <summary>Barriers of a block (BAR).</summary>
    public int Barriers => this["BAR"];

    /// <summary>Exchanges between the threads of a warp (SHFL).</summary>
    public int Shuffles => this["SHFL"];

    /// <summary>Matrix instructions of the tensor cores (HMMA, HGMMA, IMMA and their kin).</summary>
    public int MatrixOperations => _counts.Where(static pair => pair.Key.EndsWith("MMA", StringComparison.Ordinal)).Sum(static pair => pair.Value);

    /// <summary>Instructions of one opcode, 0 where there is none: <c>counts["FFMA"]</c>.</summary>
    public int this[string opcode] => _counts.GetValueOrDefault(opcode);

    /// <summary>"1392 FFMA, 493 LDG, …": most frequent first.</summary>
    public override string ToString() => string.Join(", ", _counts.OrderByDescending(static pair => pair.Value).Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {pair.Key}")));

    /// <param name="instruction">Opcode with its modifiers: "RED.E.ADD.F32.FTZ.RN.STRONG.GPU".</param>
    internal void Add(string instruction)
    {
        string[] parts = instruction.Split('.');
        if (parts[0] == "NOP") return;
        Total++;
        _counts[parts[0]] = _counts.GetValueOrDefault(parts[0]) + 1;
        bool isAtomic = parts[0].StartsWith("ATOM", StringComparison.Ordinal) || parts[0] is "RED" or "REDG";
        if (isAtomic && parts.Skip(1).Any(static part => part == "SPIN" || part.StartsWith('F') || part.StartsWith("BF", StringComparison.Ordinal))) FloatAtomics++;
    }
}
