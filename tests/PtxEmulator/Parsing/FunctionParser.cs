namespace Convoke.PtxEmulator;

/// <summary>Reads a function's body: declarations, labels and instructions, with the scopes that inline PTX opens.</summary>
internal sealed class FunctionParser(PtxModule module, TokenReader reader, FunctionBody body)
{
    private Scope _scope = new(null);
    private SourceLine _source;

    public void Read()
    {
        reader.Expect("{");
        while (!reader.Accept("}"))
        {
            if (reader.Is("{"))
            {
                Scope outer = _scope;
                _scope = new(outer);
                Read();
                _scope = outer;
                continue;
            }
            ReadStatement();
        }
    }

    private void ReadStatement()
    {
        int line = reader.Line;
        string word = reader.Current;
        switch (word)
        {
            case ".reg":
                ReadRegisters();
                break;
            case ".shared" or ".local" or ".param" or ".const" or ".global":
                reader.Next();
                PtxVariable variable = VariableParser.Read(reader, VariableParser.Space(word));
                if (variable.Space is StateSpace.Const or StateSpace.Global) module.Variables[variable.Name] = variable;
                else body.AddVariable(variable);
                break;
            case ".loc":
                reader.Next();
                _source = new(reader.Integer(), reader.Integer());
                reader.SkipLine(line);
                break;
            case ".pragma":
                while (reader.Next() != ";")
                {
                }
                break;
            default:
                if (reader.NextIs(":")) ReadLabel();
                else ReadInstruction(line);
                break;
        }
    }

    private void ReadRegisters()
    {
        reader.Next();
        string type = reader.Next()[1..];
        if (ScalarType.Size(type) is 0 or 16) throw new PtxException(reader.Line, $"registers of type {type} are not supported");
        do
        {
            string name = reader.Next();
            if (reader.Accept("<"))
            {
                int count = reader.Integer();
                reader.Expect(">");
                for (int i = 0; i < count; i++) _scope.Declare($"{name}{i}", body.NewRegister(type));
            }
            else
            {
                _scope.Declare(name, body.NewRegister(type));
            }
        }
        while (reader.Accept(","));
        reader.Expect(";");
    }

    private void ReadLabel()
    {
        string label = reader.Next();
        reader.Next();
        if (!reader.Accept(".branchtargets"))
        {
            _scope.Label(label, body.Code.Count);
            return;
        }
        List<string> targets = [];
        while (!reader.Accept(";")) if (!reader.Accept(",")) targets.Add(reader.Next());
        _scope.BranchTargets[label] = targets;
    }

    private void ReadInstruction(int line)
    {
        int guard = -1;
        bool negated = false;
        if (reader.Accept("@"))
        {
            negated = reader.Accept("!");
            string name = reader.Next();
            if (!_scope.TryRegister(name, out Operand? predicate) || predicate.Kind != OperandKind.Predicate) throw new PtxException(line, $"'{name}' is no predicate");
            guard = predicate.Register;
        }
        string opcode = reader.Next();
        if (!char.IsAsciiLetter(opcode[0])) throw new PtxException(line, $"'{opcode}' is no instruction");
        List<Operand> operands = [];
        while (!reader.Accept(";"))
        {
            // "a|b" names two results; both are operands in order.
            if (reader.Accept(",") || reader.Accept("|")) continue;
            operands.Add(ReadOperand());
        }
        body.Code.Add(new(opcode, operands, guard, negated, line, _source));
    }

    private Operand ReadOperand()
    {
        if (reader.Accept("[")) return ReadMemory();
        if (reader.Accept("{")) return new(OperandKind.Vector) { Items = ReadList("}") };
        if (reader.Accept("(")) return new(OperandKind.Vector) { Items = ReadList(")") };
        bool inverted = reader.Accept("!");
        if (reader.Is("-") || char.IsAsciiDigit(reader.Current[0])) return new(OperandKind.Immediate) { Value = reader.Number() };
        string name = reader.Next();
        if (name == "_") return new(OperandKind.Discard);
        if (_scope.TryRegister(name, out Operand? register)) return inverted ? register with { Negated = true } : register;
        return new(OperandKind.Symbol) { Name = name, Scope = _scope };
    }

    private List<Operand> ReadList(string end)
    {
        List<Operand> items = [];
        while (!reader.Accept(end)) if (!reader.Accept(",")) items.Add(ReadOperand());
        return items;
    }

    private Operand ReadMemory()
    {
        Operand address = ReadOperand();
        long offset = 0;
        while (reader.Accept("+")) offset += (long)reader.Number();
        List<Operand> more = [];
        while (!reader.Accept("]")) if (!reader.Accept(",")) more.Add(ReadOperand());
        return new(OperandKind.Memory) { Base = address, Offset = offset, Items = more };
    }
}
