namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private static readonly string[] Roundings = ["rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi"];

    private Operation Convert(Instruction x)
    {
        string to = x.Parts[^2], from = x.Parts[^1], rounding = x.Parts.FirstOrDefault(static part => Roundings.Contains(part)) ?? "";
        if (to == "tf32") return rounding == "rna" ? Unary<RoundTf32>(x) : throw Unknown(x);
        if (to is "bf16x2" or "f16x2")
        {
            if (from != "f32" || rounding is not ("rn" or "rz")) throw Unknown(x);
            return new PackFloats(Result(x), Source(x, 1), Source(x, 2), to == "f16x2", rounding == "rz", x.Has("relu"));
        }
        bool plain = !x.Has("sat") && !x.Has("ftz") && !x.Has("relu");
        if (plain && rounding == "rn" && (to, from) == ("f32", "s32")) return Unary<FloatFromSigned>(x);
        if (plain && rounding == "rn" && (to, from) == ("f32", "u32")) return Unary<FloatFromUnsigned>(x);
        if (plain && (to is "u64" or "s64") && (from is "s32" or "u32")) return new Widening(Result(x, true), Source(x, 1), from == "s32");
        if (plain && (to is "u32" or "s32") && (from is "u64" or "s64")) return new Narrowing(Result(x), Source(x, 1, true));
        if (plain && x.Operands[1].Kind == OperandKind.Register32 && x.Operands[0].Kind == OperandKind.Register32 && (to, from) is ("u16" or "s16", "u32" or "s32" or "u16" or "s16") or ("u32" or "s32", "u16")) return Unary<Cut16>(x);
        if (ScalarType.Size(to) == 0 || ScalarType.Size(from) == 0) throw Unknown(x);
        bool wide = x.Operands[1].Kind == OperandKind.Register64 || (x.Operands[1].Kind != OperandKind.Register32 && ScalarType.IsWide(from));
        return new Conversion(AnyResult(x), x.Operands[0].Bits, Source(x, 1, wide), wide, to, from, rounding, x.Has("sat"), x.Has("ftz"), x.Has("relu"));
    }
}
