namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private Operation Bits(Instruction x)
    {
        bool wide = ScalarType.IsWide(x.Type), small = ScalarType.Size(x.Type) == 2, signed = x.Type[0] == 's';
        if (x.Type == "pred") return PredicateBits(x);
        if (wide && (x.Name is "shl" or "shr") && x.Operands[2] is { Kind: OperandKind.Immediate, Value: < 64 } count)
            return new ShiftWide(Result(x, true), Source(x, 1, true), (int)count.Value, x.Name == "shl" ? 'l' : signed ? 's' : 'u');
        return x.Name switch
        {
            "and" => wide ? BinaryWide<AndWide>(x) : Binary<And>(x),
            "or" => wide ? BinaryWide<OrWide>(x) : Binary<Or>(x),
            "xor" => wide ? BinaryWide<XorWide>(x) : Binary<Xor>(x),
            "not" => wide ? Lanes(x, &LaneBits.Invert, 64, true) : small ? Lanes(x, &LaneBits.Invert, 16, false) : Unary<Invert>(x),
            "cnot" => Lanes(x, &LaneBits.IsZero, 0, wide),
            "shl" => wide ? Lanes(x, &LaneShifts.Left64, 0, true, false) : small ? Lanes(x, &LaneShifts.Left16, 0, false, false) : Binary<ShiftLeft>(x),
            "shr" when signed => wide ? Lanes(x, &LaneShifts.RightSigned64, 0, true, false) : small ? Lanes(x, &LaneShifts.RightSigned16, 0, false, false) : Binary<ShiftRightSigned>(x),
            "shr" => wide ? Lanes(x, &LaneShifts.Right64, 0, true, false) : small ? Lanes(x, &LaneShifts.Right16, 0, false, false) : Binary<ShiftRight>(x),
            "shf" => Lanes(x, x.Has("l") ? &LaneBits.FunnelLeft : &LaneBits.FunnelRight, x.Has("clamp") ? 1 : 0, false, false, false),
            "bfe" => Lanes(x, signed ? &LaneBits.ExtractSigned : &LaneBits.Extract, wide ? 64 : 32, wide, false, false),
            "bfi" => Insert(x, wide),
            "prmt" => Lanes(x, &LaneBits.Permute, LaneBits.PermuteMode(x.Parts[1]) ?? (x.Parts.Length == 2 ? 0 : throw Unknown(x)), false, false, false),
            "lop3" when x.Operands.Count == 5 && x.Operands[4].Kind == OperandKind.Immediate => Lanes(x, &LaneBits.Lookup, (int)x.Operands[4].Value, false, false, false),
            "popc" => Lanes(x, &LaneBits.Count, 0, wide),
            "clz" => Lanes(x, &LaneBits.LeadingZeros, wide ? 64 : 32, wide),
            "brev" => Lanes(x, &LaneBits.Reverse, wide ? 64 : 32, wide),
            "bfind" => Lanes(x, &LaneBits.Find, (wide ? 64 : 32) | (signed ? LaneBits.Signed : 0) | (x.Has("shiftamt") ? LaneBits.ShiftAmount : 0), wide),
            _ => throw Unknown(x),
        };
    }

    private static PredicateLogic PredicateBits(Instruction x)
    {
        int result = PredicateResult(x);
        return x.Name switch
        {
            "and" or "or" or "xor" => new(result, x.Name, Predicate(x, 1), Predicate(x, 2)),
            "not" => new(result, "not", Predicate(x, 1), default),
            _ => throw Unknown(x),
        };
    }

    /// <summary>bfi has four sources; where and how many bits are nearly always constants, which then go into the argument.</summary>
    private Operation Insert(Instruction x, bool wide)
    {
        Operand position = x.Operands[3], length = x.Operands[4];
        if (position.Kind == OperandKind.Immediate && length.Kind == OperandKind.Immediate)
            return Lanes(x, &LaneBits.Insert, (int)(position.Value & 0xFF) | (int)(length.Value & 0xFF) << 8 | (wide ? LaneBits.Wide : 0), wide, wide);
        return new InsertVariable(Result(x, wide), Source(x, 1, wide), Source(x, 2, wide), Source(x, 3), Source(x, 4), wide);
    }
}
