using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>vote.sync all, any, uni (to a predicate) and ballot (to a register).</summary>
internal sealed unsafe class Vote(string mode, int result, PredicateOperand source) : Operation
{
    public override void Execute(Warp warp)
    {
        uint mask = warp.Mask, holds = source.Value(warp) & mask;
        if (mode == "ballot")
        {
            WarpResults.Fill(warp, result, holds);
            return;
        }
        bool all = holds == mask, value = mode switch { "all" => all, "any" => holds != 0, _ => all || holds == 0 };
        SetPredicate.Store(warp, result, value ? uint.MaxValue : 0);
    }
}

/// <summary>match.sync any and all: the lanes that have the same value.</summary>
internal sealed unsafe class Match(bool all, int result, int predicate, int source, bool wide) : Operation
{
    public override void Execute(Warp warp)
    {
        uint mask = warp.Mask;
        uint* d = (uint*)(warp.Registers + result);
        if (all)
        {
            uint same = Same(warp, mask, Read(warp, BitOperations.TrailingZeroCount(mask)));
            WarpResults.Fill(warp, result, same == mask ? mask : 0);
            if (predicate >= 0) SetPredicate.Store(warp, predicate, same == mask ? uint.MaxValue : 0);
            return;
        }
        for (uint left = mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            d[lane] = Same(warp, mask, Read(warp, lane));
        }
    }

    private uint Same(Warp warp, uint mask, ulong value)
    {
        uint same = 0;
        for (uint left = mask; left != 0; left &= left - 1)
            if (Read(warp, BitOperations.TrailingZeroCount(left)) == value) same |= left & (uint)-(int)left;
        return same;
    }

    private ulong Read(Warp warp, int lane) => wide ? ((ulong*)(warp.Registers + source))[lane] : ((uint*)(warp.Registers + source))[lane];
}

/// <summary>redux.sync: one integer reduction over the lanes.</summary>
internal sealed unsafe class Reduce(string operation, bool signed, int result, int source) : Operation
{
    public override void Execute(Warp warp)
    {
        uint* a = (uint*)(warp.Registers + source);
        uint value = a[BitOperations.TrailingZeroCount(warp.Mask)];
        for (uint left = warp.Mask & (warp.Mask - 1); left != 0; left &= left - 1)
        {
            uint next = a[BitOperations.TrailingZeroCount(left)];
            value = operation switch
            {
                "add" => value + next,
                "and" => value & next,
                "or" => value | next,
                "xor" => value ^ next,
                "min" => signed ? (uint)Math.Min((int)value, (int)next) : Math.Min(value, next),
                _ => signed ? (uint)Math.Max((int)value, (int)next) : Math.Max(value, next),
            };
        }
        WarpResults.Fill(warp, result, value);
    }
}

/// <summary>activemask: the lanes that happen to run together, which a program may not rely on.</summary>
internal sealed class ActiveMask(int result) : Operation
{
    public override void Execute(Warp warp) => WarpResults.Fill(warp, result, warp.Mask);
}

/// <summary>bar.warp.sync: what its lanes did before is ordered before what they do after.</summary>
internal sealed class SyncWarp : Operation
{
    public override void Execute(Warp warp)
    {
        if (warp.SyncEpoch < ushort.MaxValue) warp.SyncEpoch++;
        else warp.Block.NextInterval();
    }
}

internal static unsafe class WarpResults
{
    /// <summary>The same value to every active lane.</summary>
    public static void Fill(Warp warp, int register, uint value)
    {
        for (uint left = warp.Mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + register))[BitOperations.TrailingZeroCount(left)] = value;
    }
}
