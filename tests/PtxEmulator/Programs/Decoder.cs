namespace Convoke.PtxEmulator;

/// <summary>Turns an instruction into an operation, its operands into byte offsets. One file per family of instructions.</summary>
internal sealed unsafe partial class Decoder(PtxKernel kernel, RegisterFile registers)
{
    private int _line;

    /// <summary>Null for instructions without an effect here. Throws <see cref="PtxException"/> on those the emulator does not know.</summary>
    public Operation? Decode(Instruction x)
    {
        _line = x.Line;
        LeastTargets.Check(x, kernel.Module.Target);
        try
        {
            return Dispatch(x);
        }
        catch (Exception missing) when (missing is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            // Too few operands or suffixes for its family.
            throw Unknown(x);
        }
    }

    private Operation? Dispatch(Instruction x) => x.Name switch
    {
        "mov" => Move(x),
        "add" or "sub" or "mul" or "div" or "rem" or "min" or "max" or "mad" or "mul24" or "mad24" or "sad" => x.Type is "f32" or "f64" or "f16" or "bf16" or "f16x2" or "bf16x2" ? Float(x) : Integer(x),
        "fma" => Float(x),
        "neg" or "abs" => x.Type is "f32" or "f64" or "f16" or "bf16" or "f16x2" or "bf16x2" ? Float(x) : Integer(x),
        "sqrt" or "rsqrt" or "rcp" or "ex2" or "lg2" or "sin" or "cos" or "tanh" or "copysign" => Function(x),
        "and" or "or" or "xor" or "not" or "cnot" or "lop3" or "shl" or "shr" or "shf" or "bfe" or "bfi" or "prmt" or "popc" or "clz" or "brev" or "bfind" or "fns" => Bits(x),
        "setp" or "set" or "selp" or "slct" or "testp" => Compare(x),
        "cvt" => Convert(x),
        "cvta" or "ld" or "ldu" or "st" or "atom" or "red" or "cp" or "ldmatrix" or "isspacep" => Memory(x),
        "shfl" or "vote" or "match" or "redux" or "activemask" or "bar" or "barrier" or "mma" => WarpWide(x),
        "trap" or "brkpt" => new Trap(x),
        // Blocks and warps run one after the other, so memory is always coherent; hints change nothing.
        "membar" or "fence" or "prefetch" or "prefetchu" or "nanosleep" or "griddepcontrol" or "setmaxnreg" or "discard" or "applypriority" or "pmevent" => null,
        "call" => throw new PtxException(x.Line, $"calls are not supported ('{x.Operands.FirstOrDefault(static o => o.Kind == OperandKind.Symbol)?.Name}'): have functions inlined"),
        _ => throw Unknown(x),
    };

    /// <summary>Byte offset of an operand as a source, or of a result register.</summary>
    public int Offset(Operand operand, bool wide)
    {
        switch (operand.Kind)
        {
            case OperandKind.Register32 or OperandKind.Register64:
                return registers.Offset(operand);
            case OperandKind.Immediate:
                return registers.Constant(operand.Value, wide);
            case OperandKind.Symbol when operand.Name.StartsWith('%') || operand.Name == "WARP_SZ":
                return Special(operand.Name);
            case OperandKind.Symbol:
                return SymbolAddress(operand.Name, 0, wide);
            default:
                throw new PtxException(_line, "an operand is neither register nor number");
        }
    }

    public int RendezvousMask(Instruction x) => WarpMasks.Mask(x) is { } mask ? Offset(mask, false) : CodeBlock.WholeWarp;

    private static PtxException Unknown(Instruction x) => new(x.Line, $"'{x.Opcode}' is not supported{(x.Source.Line > 0 ? $" (source line {x.Source.Line})" : "")}");

    private int Special(string name)
    {
        if (name == "WARP_SZ") return registers.Constant(Warp.Lanes, false);
        if (!SpecialRegisters.IsKnown(name)) throw new PtxException(_line, $"special register '{name}' is not supported");
        return registers.Special(name);
    }

    /// <summary>A register with the address of a variable: an offset in shared, local or parameter memory, or an address that the launch fills in.</summary>
    private int SymbolAddress(string name, long addend, bool wide) =>
        LocalSymbol(name) is { } offset ? registers.Constant((ulong)(offset + addend), wide)
        : kernel.Module.Variables.ContainsKey(name) ? registers.Address(name, addend, wide)
        : throw new PtxException(_line, $"'{name}' is not declared");

    /// <summary>Offset of a variable that lies in one of the kernel's own spaces, else null.</summary>
    private long? LocalSymbol(string name)
    {
        if (kernel.Body.Offsets.TryGetValue(name, out int offset)) return offset;
        bool isDynamic = (kernel.Body.Variables.TryGetValue(name, out PtxVariable? variable) || kernel.Module.Variables.TryGetValue(name, out variable))
            && variable is { Space: StateSpace.Shared, Bytes: 0 };
        if (isDynamic) return SharedLayout.DynamicOffset(kernel);
        return variable is { Space: StateSpace.Shared } ? throw new PtxException(_line, $"shared variable '{name}' at module level has an extent, which is not supported") : null;
    }

    private static int PredicateResult(Instruction x) => x.Operands[0].Kind == OperandKind.Predicate ? x.Operands[0].Register : throw Unknown(x);

    /// <summary>The result's register, of the width that the operation writes. Where it is not wanted, one that nothing reads.</summary>
    private int Result(Instruction x, bool wide = false)
    {
        Operand result = x.Operands[0];
        if (result.Kind == OperandKind.Discard) return registers.Scratch;
        return result.Kind == (wide ? OperandKind.Register64 : OperandKind.Register32) ? registers.Offset(result) : throw Unknown(x);
    }

    private int AnyResult(Instruction x) => Result(x, x.Operands[0].Kind == OperandKind.Register64);

    private int Source(Instruction x, int index, bool wide = false)
    {
        Operand operand = x.Operands[index];
        // A 16-bit register's upper half is zero, and so must be that of a constant in its place.
        if (!wide && operand.Kind == OperandKind.Immediate && ScalarType.Size(x.Type) == 2 && !x.Has("wide")) operand = operand with { Value = operand.Value & 0xFFFF };
        if (operand.IsRegister && (operand.Kind == OperandKind.Register64) != wide) throw Unknown(x);
        return Offset(operand, wide);
    }

    private Operation Unary<T>(Instruction x)
        where T : struct, IUnary => new Unary<T>(new([Result(x), Source(x, 1)]));

    private Operation Binary<T>(Instruction x)
        where T : struct, IBinary => new Binary<T>(new([Result(x), Source(x, 1), Source(x, 2)]));

    private Operation Ternary<T>(Instruction x)
        where T : struct, ITernary => new Ternary<T>(new([Result(x), Source(x, 1), Source(x, 2), Source(x, 3)]));

    private Operation BinaryWide<T>(Instruction x)
        where T : struct, IBinaryWide => new BinaryWide<T>(new([Result(x, true), Source(x, 1, true), Source(x, 2, true)]));

    /// <summary>An operation by lanes, whose sources are as wide as the flags say.</summary>
    private LaneMap Lanes(Instruction x, delegate*<ulong, ulong, ulong, int, ulong> function, int argument, params ReadOnlySpan<bool> wide)
    {
        (int, bool)[] sources = new (int, bool)[wide.Length];
        for (int i = 0; i < wide.Length; i++) sources[i] = (Source(x, i + 1, wide[i]), wide[i]);
        return new(AnyResult(x), x.Operands[0].Kind == OperandKind.Register64, sources, function, argument);
    }

    private static PredicateOperand Predicate(Instruction x, int index) =>
        x.Operands[index] is { Kind: OperandKind.Predicate } p ? new(p.Register, p.Negated) : throw Unknown(x);
}
