using System.Numerics;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>A predicate, or its opposite, as an operand.</summary>
internal readonly record struct PredicateOperand(int Index, bool Negated)
{
    public unsafe uint Value(Warp warp) => Negated ? ~warp.Predicates[Index] : warp.Predicates[Index];
}

/// <summary>Logic of predicates: 32 lanes in a word.</summary>
internal sealed class PredicateLogic(int result, string operation, PredicateOperand a, PredicateOperand b) : Operation
{
    public override void Execute(Warp warp)
    {
        uint x = a.Value(warp), y = b.Value(warp);
        SetPredicate.Store(warp, result, operation switch { "and" => x & y, "or" => x | y, "xor" => x ^ y, "not" => ~x, _ => x });
    }
}

/// <summary>mov.pred of a constant.</summary>
internal sealed class PredicateConstant(int result, bool value) : Operation
{
    public override void Execute(Warp warp) => SetPredicate.Store(warp, result, value ? uint.MaxValue : 0);
}

/// <summary>setp, with a second result of the opposite and a predicate that is combined with it, where given (index -1: none).</summary>
internal sealed unsafe class SetPredicate(int result, int opposite, Comparison comparison, string combine, PredicateOperand with) : Operation
{
    public static void Store(Warp warp, int predicate, uint value)
    {
        uint old = warp.Predicates[predicate];
        warp.Predicates[predicate] = (old & ~warp.Mask) | (value & warp.Mask);
    }

    public override void Execute(Warp warp)
    {
        uint holds = comparison.Evaluate(warp), fails = ~holds;
        if (combine.Length > 0)
        {
            uint other = with.Value(warp);
            holds = Combine(holds, other);
            fails = Combine(fails, other);
        }
        if (result >= 0) Store(warp, result, holds);
        if (opposite >= 0) Store(warp, opposite, fails);
    }

    private uint Combine(uint a, uint b) => combine switch { "and" => a & b, "or" => a | b, _ => a ^ b };
}

/// <summary>set: all ones, or 1.0, where the comparison holds.</summary>
internal sealed unsafe class SetValue(int result, Comparison comparison, uint whenTrue) : Operation
{
    public override void Execute(Warp warp)
    {
        uint holds = comparison.Evaluate(warp);
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ((uint*)(warp.Registers + result))[lane] = (holds >> lane & 1) != 0 ? whenTrue : 0;
        }
    }
}

/// <summary>selp of up to 32 bits.</summary>
internal sealed unsafe class Select(int result, int a, int b, PredicateOperand predicate) : Operation
{
    private static readonly Vector512<uint> Bits = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);

    public override void Execute(Warp warp)
    {
        uint chosen = predicate.Value(warp);
        byte* x = warp.Registers + a, y = warp.Registers + b;
        Vector512<uint> low = Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create(chosen) & Bits, Bits), Vectors.Low(x), Vectors.Low(y));
        Vector512<uint> high = Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create(chosen >> 16) & Bits, Bits), Vectors.High(x), Vectors.High(y));
        if (warp.IsFull) Vectors.Store(warp.Registers + result, low, high);
        else Vectors.StoreMasked(warp, warp.Registers + result, low, high);
    }
}

/// <summary>selp of 64 bits.</summary>
internal sealed unsafe class SelectWide(int result, int a, int b, PredicateOperand predicate) : Operation
{
    public override void Execute(Warp warp)
    {
        uint chosen = predicate.Value(warp);
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ((ulong*)(warp.Registers + result))[lane] = ((ulong*)(warp.Registers + ((chosen >> lane & 1) != 0 ? a : b)))[lane];
        }
    }
}
