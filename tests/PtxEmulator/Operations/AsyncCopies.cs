using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>
/// cp.async of 4, 8 or 16 bytes from global to shared memory. It completes at once, or, in pessimistic mode, at the wait: until then the target counts as
/// never written.
/// </summary>
internal sealed unsafe class AsyncCopy(Instruction at, AddressOperand target, AddressOperand source, int bytes, int takenRegister) : Operation
{
    public override void Execute(Warp warp)
    {
        BlockContext context = warp.Block;
        if (context.Options.Count) Count(warp);
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left), taken = takenRegister < 0 ? bytes : Math.Min(bytes, ((int*)(warp.Registers + takenRegister))[lane]);
            ulong to = target.Of(warp, lane), from = source.Of(warp, lane);
            if ((to & (uint)(bytes - 1)) != 0 || (from & (uint)(bytes - 1)) != 0) throw warp.Fault(DeviceFaultKind.Misaligned, lane, at, $"copy of {bytes} bytes from 0x{from:x} to shared offset {to} is not aligned");
            if (context.SharedBytes < bytes || to > (ulong)(context.SharedBytes - bytes))
                throw warp.Fault(DeviceFaultKind.SharedOutOfBounds, lane, at, $"copy of {bytes} bytes to shared offset {(long)to}, and the block has {context.SharedBytes}");
            Check(warp, lane, to, from, taken);
            PendingCopy copy = new(lane, (int)to, from, bytes, taken, 0);
            if (!context.Options.PessimisticAsync)
            {
                Complete(context, copy);
                continue;
            }
            context.Shared.Written.Unset((long)to, bytes);
            warp.PendingCopies.Add(copy);
        }
    }

    public static void Complete(BlockContext context, PendingCopy copy)
    {
        byte* target = context.Shared.Data + copy.Target;
        Buffer.MemoryCopy((void*)copy.Source, target, copy.Bytes, copy.Taken);
        new Span<byte>(target + copy.Taken, copy.Bytes - copy.Taken).Clear();
        if (context.Options.DetectUninitialized) context.Shared.Written.Set(copy.Target, copy.Bytes);
    }

    /// <summary>The warp's copy is one request to either memory; where its lanes read several allocations, one for each.</summary>
    private void Count(Warp warp)
    {
        uint mask = warp.Mask;
        ulong* offsets = stackalloc ulong[Warp.Lanes];
        for (uint left = mask; left != 0;)
        {
            MemoryBlock? first = null;
            uint part = 0, seen = 0;
            for (uint rest = left; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                ulong from = source.Of(warp, lane);
                bool reads = takenRegister < 0 || ((int*)(warp.Registers + takenRegister))[lane] > 0;
                MemoryBlock? block = reads ? warp.Block.Memory.FindBlock(from) : null;
                first ??= block;
                if (!ReferenceEquals(block, first) && block != null) continue;
                seen |= 1u << lane;
                if (block == null) continue;
                offsets[lane] = from - block.Start;
                part |= 1u << lane;
            }
            left &= ~seen;
            if (first == null) continue;
            warp.SetMask(part);
            AccessCounter.Count(warp, first, offsets, bytes, AccessKind.Load);
        }
        warp.SetMask(mask);
        for (uint left = mask; left != 0; left &= left - 1) offsets[BitOperations.TrailingZeroCount(left)] = target.Of(warp, BitOperations.TrailingZeroCount(left));
        AccessCounter.Count(warp, warp.Block.Shared, offsets, bytes, AccessKind.Store);
    }

    private void Check(Warp warp, int lane, ulong to, ulong from, int taken)
    {
        uint mask = warp.Mask;
        warp.SetMask(1u << lane);
        ulong* offsets = stackalloc ulong[Warp.Lanes];
        if (taken > 0)
        {
            MemoryBlock? block = warp.Block.Memory.FindBlock(from);
            if (block == null || !block.Contains(from, taken)) throw warp.Fault(DeviceFaultKind.OutOfBounds, lane, at, $"copy of {taken} bytes from 0x{from:x}, {warp.Block.Memory.Near(from)}");
            offsets[lane] = from - block.Start;
            AccessTracker.Check(warp, at, block, offsets, taken, MemoryShape.Scattered, AccessKind.Load);
        }
        offsets[lane] = to;
        AccessTracker.Check(warp, at, warp.Block.Shared, offsets, bytes, MemoryShape.Scattered, AccessKind.Store);
        warp.SetMask(mask);
    }
}

/// <summary>cp.async.commit_group: the lanes' copies so far are a group; groups count from the latest, which is 1.</summary>
internal sealed class AsyncCommit : Operation
{
    public override void Execute(Warp warp)
    {
        List<PendingCopy> copies = warp.PendingCopies;
        for (int i = 0; i < copies.Count; i++)
            if ((warp.Mask >> copies[i].Lane & 1) != 0) copies[i] = copies[i] with { Group = copies[i].Group + 1 };
    }
}

/// <summary>cp.async.wait_group: all but the latest <paramref name="pending"/> groups of the lanes are complete; wait_all (-1) includes what has no group.</summary>
internal sealed class AsyncWait(int pending) : Operation
{
    public override void Execute(Warp warp)
    {
        List<PendingCopy> copies = warp.PendingCopies;
        int kept = 0;
        for (int i = 0; i < copies.Count; i++)
        {
            PendingCopy copy = copies[i];
            if ((warp.Mask >> copy.Lane & 1) != 0 && copy.Group > pending) AsyncCopy.Complete(warp.Block, copy);
            else copies[kept++] = copy;
        }
        copies.RemoveRange(kept, copies.Count - kept);
    }
}
