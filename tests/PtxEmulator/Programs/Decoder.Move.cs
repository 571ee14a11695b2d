namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private Operation Move(Instruction x)
    {
        Operand to = x.Operands[0], from = x.Operands[1];
        if (from.Kind == OperandKind.Vector)
        {
            int[] parts = [.. from.Items.Select(item => Offset(item, false))];
            return new Pack(AnyResult(x), to.Kind == OperandKind.Register64, parts, to.Bits / parts.Length);
        }
        if (to.Kind == OperandKind.Vector)
        {
            bool wide = from.Kind == OperandKind.Register64;
            int[] parts = [.. to.Items.Select(item => Element(item, false))];
            return new Unpack(parts, (wide ? 64 : 32) / parts.Length, Source(x, 1, wide), wide);
        }
        if (x.Type == "pred")
            return from.Kind == OperandKind.Immediate ? new PredicateConstant(PredicateResult(x), from.Value != 0) : new PredicateLogic(PredicateResult(x), "mov", Predicate(x, 1), default);
        return ScalarType.IsWide(x.Type) ? new CopyWide(Result(x, true), Source(x, 1, true)) : Unary<Copy>(x);
    }
}
