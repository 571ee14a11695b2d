using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>Executes a warp until all its lanes wait or have returned.</summary>
internal sealed unsafe class WarpRunner(BlockContext block)
{
    // A warp that spins on memory gives others a turn after so many blocks.
    private const int Turn = 1 << 16;

    private readonly CodeBlock[] _code = block.Program.Blocks;

    /// <summary>Returns whether anything was executed.</summary>
    public bool Run(Warp warp, BarrierUnit barriers)
    {
        bool progress = false;
        for (int left = Turn; ; left--)
        {
            int chosen = left > 0 ? Choose(warp) : -1;
            if (chosen < 0) return progress;
            ref LaneGroup group = ref warp.Groups[chosen];
            CodeBlock code = _code[group.Block];
            if (code.Rendezvous != CodeBlock.NoRendezvous && !IsComplete(warp, ref group, code)) continue;
            progress = true;
            Execute(warp, group.Mask, code);
            Leave(warp, chosen, code, barriers);
        }
    }

    /// <summary>The ready group of lowest place, with the groups at the same place joined to it; -1 when none is ready.</summary>
    private static int Choose(Warp warp)
    {
        LaneGroup[] groups = warp.Groups;
        if (warp.GroupCount == 1) return groups[0].State == LaneState.Ready ? 0 : -1;
        int best = -1;
        for (int i = 0; i < warp.GroupCount; i++)
            if (groups[i].State == LaneState.Ready && (best < 0 || groups[i].Block < groups[best].Block)) best = i;
        if (best < 0) return -1;
        for (int i = warp.GroupCount - 1; i >= 0; i--)
        {
            if (i == best || groups[i].Block != groups[best].Block || groups[i].State == LaneState.Barrier) continue;
            groups[best].Mask |= groups[i].Mask;
            groups[i] = groups[--warp.GroupCount];
            if (best == warp.GroupCount) best = i;
        }
        return best;
    }

    /// <summary>Whether all lanes that the masks name have come. Parts of a warp may each have a mask of their own, as halves that share a row do; within a part all name the same lanes.</summary>
    private static bool IsComplete(Warp warp, ref LaneGroup group, CodeBlock code)
    {
        uint* masks = code.Rendezvous == CodeBlock.WholeWarp ? null : (uint*)(warp.Registers + code.Rendezvous);
        uint missing = 0;
        for (uint rest = group.Mask; rest != 0;)
        {
            uint need = masks == null ? uint.MaxValue : masks[BitOperations.TrailingZeroCount(rest)], part = masks == null ? rest : 0;
            for (uint left = masks == null ? 0 : rest; left != 0; left &= left - 1)
                if (masks[BitOperations.TrailingZeroCount(left)] == need) part |= left & (uint)-(int)left;
            uint wrong = (part & ~need) | (need & group.Mask & ~part);
            if (wrong != 0) throw warp.Fault(DeviceFaultKind.WarpMisuse, BitOperations.TrailingZeroCount(wrong), code.RendezvousAt, $"lanes 0x{part:x8} execute with the mask 0x{need:x8}");
            missing |= need & warp.Live & ~group.Mask;
            rest &= ~part;
        }

        if (missing == 0) return true;
        group.State = LaneState.Rendezvous;
        group.At = code;
        return false;
    }

    private void Execute(Warp warp, uint mask, CodeBlock code)
    {
        warp.SetMask(mask);
        foreach (Operation operation in code.Operations) operation.Execute(warp);
        Tally tally = block.Tally;
        int lanes = BitOperations.PopCount(mask);
        tally.WarpInstructions += code.InstructionCount;
        tally.ActiveLanes += (long)code.InstructionCount * lanes;
        tally.FmaLanes += (long)code.FmaCount * lanes;
        if (tally.WarpInstructions > block.Options.InstructionLimit)
            throw warp.Fault(DeviceFaultKind.Endless, BitOperations.TrailingZeroCount(mask), code.At, $"more than {block.Options.InstructionLimit} instructions");
    }

    private void Leave(Warp warp, int chosen, CodeBlock code, BarrierUnit barriers)
    {
        ref LaneGroup group = ref warp.Groups[chosen];
        switch (code.End)
        {
            case BlockEnd.Fall:
                group.Block = code.Next;
                break;
            case BlockEnd.Branch:
                group.Block = code.Target;
                break;
            case BlockEnd.ConditionalBranch:
                Branch(warp, ref group, code);
                break;
            case BlockEnd.Switch:
                Switch(warp, chosen, code);
                break;
            case BlockEnd.Return:
                Return(warp, chosen, group.Mask);
                break;
            case BlockEnd.ConditionalReturn:
                uint leaving = group.Mask & Holds(warp, code);
                group.Block = code.Next;
                if (leaving != 0) Return(warp, chosen, leaving);
                break;
            case BlockEnd.Barrier:
                group.Block = code.Next;
                barriers.Arrive(warp, ref group, code);
                break;
        }
    }

    private static uint Holds(Warp warp, CodeBlock code) => code.PredicateNegated ? ~warp.Predicates[code.Predicate] : warp.Predicates[code.Predicate];

    private void Branch(Warp warp, ref LaneGroup group, CodeBlock code)
    {
        uint taken = group.Mask & Holds(warp, code);
        block.Tally.Branches++;
        if (taken == group.Mask)
        {
            group.Block = code.Target;
            return;
        }
        group.Block = code.Next;
        if (taken == 0) return;
        block.Tally.DivergentBranches++;
        group.Mask &= ~taken;
        warp.Groups[warp.GroupCount++] = new() { Block = code.Target, Mask = taken, State = LaneState.Ready };
    }

    private void Switch(Warp warp, int chosen, CodeBlock code)
    {
        uint* selector = (uint*)(warp.Registers + code.Selector);
        uint rest = warp.Groups[chosen].Mask;
        block.Tally.Branches++;
        for (bool first = true; rest != 0; first = false)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            uint choice = selector[lane], same = 0;
            if (choice >= code.Targets.Length) throw warp.Fault(DeviceFaultKind.IllegalInstruction, lane, code.At, $"brx.idx {choice} of {code.Targets.Length} targets");
            for (uint left = rest; left != 0; left &= left - 1)
                if (selector[BitOperations.TrailingZeroCount(left)] == choice) same |= left & (uint)-(int)left;
            rest &= ~same;
            if (first && rest != 0) block.Tally.DivergentBranches++;
            LaneGroup part = new() { Block = code.Targets[choice], Mask = same, State = LaneState.Ready };
            if (first) warp.Groups[chosen] = part;
            else warp.Groups[warp.GroupCount++] = part;
        }
    }

    private static void Return(Warp warp, int chosen, uint lanes)
    {
        warp.Retire(lanes);
        ref LaneGroup group = ref warp.Groups[chosen];
        group.Mask &= ~lanes;
        if (group.Mask == 0) group = warp.Groups[--warp.GroupCount];
        // Lanes that waited for the ones that left look again.
        for (int i = 0; i < warp.GroupCount; i++)
            if (warp.Groups[i].State == LaneState.Rendezvous) warp.Groups[i].State = LaneState.Ready;
    }
}
