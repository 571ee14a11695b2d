namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private Operation Integer(Instruction x)
    {
        if (x.Has("wide")) return Wide(x);
        int size = ScalarType.Size(x.Type);
        if (size == 8) return Integer64(x);
        if (size == 2) return Lanes(x, LaneArithmetic.For16(x.Name, x.Type, x.Has("hi")) is var f && f != null ? f : throw Unknown(x), 0, [.. new bool[x.Operands.Count - 1]]);
        bool signed = x.Type == "s32";
        if (x.Has("sat")) return x.Name switch { "add" => Lanes(x, &LaneArithmetic.AddSaturated, 0, false, false), "sub" => Lanes(x, &LaneArithmetic.SubtractSaturated, 0, false, false), _ => throw Unknown(x) };
        if (x.Has("cc")) throw Unknown(x);
        return (x.Name, signed) switch
        {
            ("add", _) => Binary<Add>(x),
            ("sub", _) => Binary<Subtract>(x),
            ("mul", true) when x.Has("hi") => Binary<MultiplyHighSigned>(x),
            ("mul", false) when x.Has("hi") => Binary<MultiplyHigh>(x),
            ("mul", _) => Binary<MultiplyLow>(x),
            ("mad", true) when x.Has("hi") => Lanes(x, &LaneArithmetic.MultiplyAddHighSigned, 0, false, false, false),
            ("mad", false) when x.Has("hi") => Lanes(x, &LaneArithmetic.MultiplyAddHigh, 0, false, false, false),
            ("mad", _) => Ternary<MultiplyAddLow>(x),
            ("min", true) => Binary<MinimumSigned>(x),
            ("max", true) => Binary<MaximumSigned>(x),
            ("min", false) => Binary<MinimumUnsigned>(x),
            ("max", false) => Binary<MaximumUnsigned>(x),
            ("div", true) => Lanes(x, &LaneArithmetic.DivideSigned, 0, false, false),
            ("div", false) => Lanes(x, &LaneArithmetic.Divide, 0, false, false),
            ("rem", true) => Lanes(x, &LaneArithmetic.RemainderSigned, 0, false, false),
            ("rem", false) => Lanes(x, &LaneArithmetic.Remainder, 0, false, false),
            ("sad", true) => Lanes(x, &LaneArithmetic.DifferenceSigned, 0, false, false, false),
            ("sad", false) => Lanes(x, &LaneArithmetic.Difference, 0, false, false, false),
            ("neg", _) => Unary<NegateInteger>(x),
            ("abs", _) => Unary<AbsoluteInteger>(x),
            _ => throw Unknown(x),
        };
    }

    private Operation Wide(Instruction x)
    {
        bool signed = x.Type[0] == 's';
        if (ScalarType.Size(x.Type) == 4)
            return new WideProduct(Result(x, true), Source(x, 1), Source(x, 2), x.Name == "mad" ? Source(x, 3, true) : -1, signed);
        if (ScalarType.Size(x.Type) != 2) throw Unknown(x);
        return x.Name == "mul"
            ? Lanes(x, signed ? &LaneArithmetic.Multiply16Signed : &LaneArithmetic.Multiply16, 0, false, false)
            : Lanes(x, signed ? &LaneArithmetic.MultiplyAdd16Signed : &LaneArithmetic.MultiplyAdd16, 0, false, false, false);
    }

    private Operation Integer64(Instruction x)
    {
        bool signed = x.Type == "s64", high = x.Has("hi");
        if (x.Has("cc")) throw Unknown(x);
        return (x.Name, signed) switch
        {
            ("add", _) => BinaryWide<AddWide>(x),
            ("sub", _) => BinaryWide<SubtractWide>(x),
            ("mul", _) when !high => BinaryWide<MultiplyWide>(x),
            ("mul", true) => Lanes(x, &LaneArithmetic.MultiplyHighSigned64, 0, true, true),
            ("mul", false) => Lanes(x, &LaneArithmetic.MultiplyHigh64, 0, true, true),
            ("mad", _) when !high => Lanes(x, &LaneArithmetic.MultiplyAdd64, 0, true, true, true),
            ("div", true) => Lanes(x, &LaneArithmetic.DivideSigned64, 0, true, true),
            ("div", false) => Lanes(x, &LaneArithmetic.Divide64, 0, true, true),
            ("rem", true) => Lanes(x, &LaneArithmetic.RemainderSigned64, 0, true, true),
            ("rem", false) => Lanes(x, &LaneArithmetic.Remainder64, 0, true, true),
            ("min", true) => Lanes(x, &LaneArithmetic.MinimumSigned64, 0, true, true),
            ("max", true) => Lanes(x, &LaneArithmetic.MaximumSigned64, 0, true, true),
            ("min", false) => Lanes(x, &LaneArithmetic.Minimum64, 0, true, true),
            ("max", false) => Lanes(x, &LaneArithmetic.Maximum64, 0, true, true),
            ("neg", _) => Lanes(x, &LaneArithmetic.Negate64, 0, true),
            ("abs", _) => Lanes(x, &LaneArithmetic.Absolute64, 0, true),
            _ => throw Unknown(x),
        };
    }
}
