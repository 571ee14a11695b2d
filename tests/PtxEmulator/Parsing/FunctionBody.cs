namespace Convoke.PtxEmulator;

/// <summary>What the parser collects of a function: code, registers and variables.</summary>
internal sealed class FunctionBody
{
    public List<Instruction> Code { get; } = [];
    public List<PtxParameter> Parameters { get; } = [];
    public Dictionary<string, PtxVariable> Variables { get; } = [];

    /// <summary>Offsets of variables within their space: shared, local, and parameters of calls.</summary>
    public Dictionary<string, int> Offsets { get; } = [];
    public int ParameterBytes { get; private set; }
    public int SharedBytes { get; private set; }
    public int LocalBytes { get; private set; }
    public int Registers32 { get; private set; }
    public int Registers64 { get; private set; }
    public int Predicates { get; private set; }

    public void AddParameter(string name, int bytes, int alignment)
    {
        int offset = Align(ParameterBytes, alignment);
        Parameters.Add(new(name, offset, bytes));
        Offsets[name] = offset;
        ParameterBytes = offset + bytes;
    }

    public void AddVariable(PtxVariable variable)
    {
        Variables[variable.Name] = variable;
        if (variable.Space == StateSpace.Shared && variable.Bytes > 0)
        {
            Offsets[variable.Name] = Align(SharedBytes, variable.Alignment);
            SharedBytes = Offsets[variable.Name] + variable.Bytes;
        }
        else if (variable.Space is StateSpace.Local or StateSpace.Param)
        {
            Offsets[variable.Name] = Align(LocalBytes, variable.Alignment);
            LocalBytes = Offsets[variable.Name] + variable.Bytes;
        }
    }

    public Operand NewRegister(string type)
    {
        int bits = type == "pred" ? 1 : ScalarType.Size(type) * 8;
        return type == "pred" ? new(OperandKind.Predicate) { Register = Predicates++, Bits = bits }
            : bits == 64 ? new(OperandKind.Register64) { Register = Registers64++, Bits = bits }
            : new(OperandKind.Register32) { Register = Registers32++, Bits = bits };
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;
}
