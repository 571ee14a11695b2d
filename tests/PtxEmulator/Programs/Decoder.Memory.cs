namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private static readonly string[] StrongParts = ["volatile", "relaxed", "acquire", "release", "mmio"];

    private Operation? Memory(Instruction x)
    {
        switch (x.Name)
        {
            case "ld" or "ldu":
                (ElementFormat format, int[] to) = Elements(x, x.Operands[0]);
                return new Load(x, Space(x), Address(x, x.Operands[1]), format, to, IsStrong(x));
            case "st":
                (format, int[] from) = Elements(x, x.Operands[1]);
                return new Store(x, Space(x), Address(x, x.Operands[0]), format, from, IsStrong(x));
            case "atom" or "red":
                return Atomic(x);
            case "cvta":
                StateSpace space = Space(x);
                if (space is StateSpace.Global or StateSpace.Const) return new CopyWide(Result(x, true), Source(x, 1, true));
                return new ConvertAddress(Result(x, true), Source(x, 1, true), space, x.Has("to"));
            case "isspacep":
                return new IsSpace(PredicateResult(x), Space(x), Source(x, 1, true));
            case "ldmatrix":
                Operand rows = x.Operands[0];
                if (!x.Opcode.Contains(".m8n8.", StringComparison.Ordinal) || x.Type != "b16") throw Unknown(x);
                int[] parts = rows.Kind == OperandKind.Vector ? [.. rows.Items.Select(item => Offset(item, false))] : [Offset(rows, false)];
                return new MatrixLoad(x, Space(x), Address(x, x.Operands[1]), parts, x.Has("trans"));
            default:
                return AsyncCopy(x);
        }
    }

    private static StateSpace Space(Instruction x)
    {
        foreach (string part in x.Parts.AsSpan(1))
        {
            switch (part.Split(':')[0])
            {
                case "global": return StateSpace.Global;
                case "shared": return StateSpace.Shared;
                case "local": return StateSpace.Local;
                case "const": return StateSpace.Const;
                case "param": return StateSpace.Param;
            }
        }
        return StateSpace.Generic;
    }

    private static bool IsStrong(Instruction x) => x.Parts.Any(static part => StrongParts.Contains(part));

    private AddressOperand Address(Instruction x, Operand memory)
    {
        if (memory.Kind != OperandKind.Memory) throw Unknown(x);
        Operand address = memory.Base!;
        if (address.IsRegister) return new(Offset(address, false), address.Kind == OperandKind.Register64, memory.Offset);
        if (address.Kind == OperandKind.Immediate) return new(-1, true, (long)address.Value + memory.Offset);
        return LocalSymbol(address.Name) is { } offset ? new(-1, true, offset + memory.Offset) : new(SymbolAddress(address.Name, 0, true), true, memory.Offset);
    }

    /// <summary>The registers of a load or store; all of a vector are of one width.</summary>
    private (ElementFormat Format, int[] Registers) Elements(Instruction x, Operand operand)
    {
        IReadOnlyList<Operand> items = operand.Kind == OperandKind.Vector ? operand.Items : [operand];
        int size = ScalarType.Size(x.Type);
        if (size is 0 or 16 || x.Type == "pred") throw Unknown(x);
        int bits = items.FirstOrDefault(static item => item.IsRegister)?.Bits ?? size * 8;
        bool wide = bits == 64;
        return (new(size, x.Type[0] == 's', bits), [.. items.Select(item => Element(item, wide))]);
    }

    private int Element(Operand item, bool wide) =>
        item.Kind == OperandKind.Discard ? -1
        : !item.IsRegister || (item.Kind == OperandKind.Register64) == wide ? Offset(item, wide)
        : throw new PtxException(_line, "registers of one vector are of one width");

    private Atomic Atomic(Instruction x)
    {
        bool keeps = x.Name == "atom", wide = ScalarType.IsWide(x.Type);
        string operation = x.Parts.FirstOrDefault(static part => part is "add" or "min" or "max" or "and" or "or" or "xor" or "exch" or "cas" or "inc" or "dec") ?? throw Unknown(x);
        int address = keeps ? 1 : 0;
        int other = operation == "cas" ? Source(x, address + 2, wide) : -1;
        return new(x, Space(x), Address(x, x.Operands[address]), operation, x.Type, keeps && x.Operands[0].Kind != OperandKind.Discard ? Result(x, wide) : -1, Source(x, address + 1, wide), other);
    }

    private Operation? AsyncCopy(Instruction x)
    {
        if (x.Parts.Length < 2 || x.Parts[1] != "async" || x.Has("bulk") || x.Has("mbarrier")) throw Unknown(x);
        switch (x.Parts[2])
        {
            case "commit_group":
                return new AsyncCommit();
            case "wait_group":
                return new AsyncWait((int)x.Operands[0].Value);
            case "wait_all":
                return new AsyncWait(-1);
            case "ca" or "cg" when x.Operands.Count is 3 or 4 && x.Operands[2].Kind == OperandKind.Immediate:
                int taken = x.Operands.Count == 4 ? Source(x, 3) : -1;
                return new AsyncCopy(x, Address(x, x.Operands[0]), Address(x, x.Operands[1]), (int)x.Operands[2].Value, taken);
            default:
                throw Unknown(x);
        }
    }
}
