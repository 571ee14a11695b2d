using System.Diagnostics.CodeAnalysis;

namespace Convoke.PtxEmulator;

/// <summary>Names between a pair of braces: inline PTX declares its own registers and labels.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Operand> _registers = [];
    private readonly Dictionary<string, int> _labels = [];

    public Scope? Parent { get; } = parent;

    /// <summary>Tables of labels for brx.idx, by the label before .branchtargets.</summary>
    public Dictionary<string, IReadOnlyList<string>> BranchTargets { get; } = [];

    public void Declare(string name, Operand register) => _registers[name] = register;

    public void Label(string name, int instruction) => _labels[name] = instruction;

    public bool TryRegister(string name, [NotNullWhen(true)] out Operand? register)
    {
        for (Scope? scope = this; scope != null; scope = scope.Parent)
            if (scope._registers.TryGetValue(name, out register)) return true;
        register = null;
        return false;
    }

    /// <summary>Index of the instruction after the label.</summary>
    public bool TryLabel(string name, out int instruction)
    {
        for (Scope? scope = this; scope != null; scope = scope.Parent)
            if (scope._labels.TryGetValue(name, out instruction)) return true;
        instruction = 0;
        return false;
    }
}
