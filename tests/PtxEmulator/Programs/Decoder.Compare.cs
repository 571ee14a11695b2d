namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private static readonly string[] Combinations = ["and", "or", "xor"];

    private Operation Compare(Instruction x)
    {
        switch (x.Name)
        {
            case "setp":
                return SetPredicate(x);
            case "set":
                string combine = x.Parts[2];
                if (Combinations.Contains(combine) || x.Parts[^2] is not ("u32" or "s32" or "f32")) throw Unknown(x);
                return new SetValue(Result(x), Comparison(x, 1), x.Parts[^2] == "f32" ? FloatBits.Bits(1f) : uint.MaxValue);
            case "selp":
                bool wide = ScalarType.IsWide(x.Type);
                return wide
                    ? new SelectWide(Result(x, true), Source(x, 1, true), Source(x, 2, true), Predicate(x, 3))
                    : new Select(Result(x), Source(x, 1), Source(x, 2), Predicate(x, 3));
            case "slct" when x.Type is "s32" or "f32":
                bool wideChoice = ScalarType.IsWide(x.Parts[^2]);
                return Lanes(x, x.Type == "s32" ? &LaneChoice.BySign : &LaneChoice.ByFloatSign, 0, wideChoice, wideChoice, false);
            case "testp" when x.Type is "f32" or "f64":
                return new TestFloat(PredicateResult(x), x.Parts[1], Source(x, 1, x.Type == "f64"), x.Type == "f64");
            default:
                throw Unknown(x);
        }
    }

    private SetPredicate SetPredicate(Instruction x)
    {
        string combine = Combinations.Contains(x.Parts[2]) ? x.Parts[2] : "";
        // "p|q": the second result is a predicate before the two sources.
        bool pair = x.Operands.Count == (combine.Length > 0 ? 5 : 4);
        int first = pair ? 2 : 1;
        return new(Index(x.Operands[0]), pair ? Index(x.Operands[1]) : -1, Comparison(x, first), combine, combine.Length > 0 ? Predicate(x, first + 2) : default);
    }

    private int Index(Operand predicate) => predicate.Kind == OperandKind.Predicate ? predicate.Register
        : predicate.Kind == OperandKind.Discard ? -1 : throw new PtxException(_line, "a predicate is expected");

    private Comparison Comparison(Instruction x, int first)
    {
        bool wide = ScalarType.IsWide(x.Type);
        if (x.Has("ftz")) throw Unknown(x);
        return PtxEmulator.Comparison.Create(x.Parts[1], x.Type, Source(x, first, wide), Source(x, first + 1, wide)) ?? throw Unknown(x);
    }
}
