using System.Numerics;

namespace Convoke.PtxEmulator;

internal enum AccessKind
{
    Load,
    Store,

    /// <summary>volatile, relaxed, acquire, release: made to race.</summary>
    StrongLoad,
    StrongStore,
    Atomic,
}

/// <summary>Looks at each access before it is made: was the memory written, does it race, how many sectors and bank passes does it take.</summary>
internal static unsafe class AccessTracker
{
    public static void Track(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int bytes, MemoryShape shape, AccessKind kind)
    {
        if (warp.Block.Options.Count) AccessCounter.Count(warp, block, offsets, bytes, kind);
        Check(warp, at, block, offsets, bytes, shape, kind);
    }

    /// <summary>The same without counting.</summary>
    public static void Check(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int bytes, MemoryShape shape, AccessKind kind)
    {
        ExecutionOptions options = warp.Block.Options;
        bool written = options.DetectUninitialized && !block.Written.All, races = options.DetectRaces && kind is AccessKind.Load or AccessKind.Store or AccessKind.Atomic && block.IsTracked;
        if (!written && !races) return;
        if (shape != MemoryShape.Scattered && TrackRun(warp, block, offsets, bytes, shape, kind, written, races)) return;
        RaceClock clock = block.IsShared ? warp.Block.SharedClock : warp.Block.GlobalClock;
        if (kind is AccessKind.Load or AccessKind.StrongLoad) TrackLoads(warp, at, block, offsets, bytes, written, races, clock);
        else TrackChanges(warp, at, block, offsets, bytes, kind, written, races, clock);
    }

    /// <summary>All lanes at once; false when a lane must be looked at by itself.</summary>
    private static bool TrackRun(Warp warp, MemoryBlock block, ulong* offsets, int bytes, MemoryShape shape, AccessKind kind, bool written, bool races)
    {
        bool load = kind is AccessKind.Load or AccessKind.StrongLoad, uniform = shape == MemoryShape.Uniform;
        if (kind == AccessKind.Atomic || (uniform && !load)) return false;
        long count = uniform ? bytes : bytes * Warp.Lanes;
        if (written && load && !block.Written.Has((long)offsets[0], count)) return false;
        if (races)
        {
            RaceClock clock = block.IsShared ? warp.Block.SharedClock : warp.Block.GlobalClock;
            ulong first = AccessEntry.OfThread(clock.Current, warp.SyncEpoch, warp.Index * Warp.Lanes);
            bool passed = uniform
                ? block.Shadow.Access((long)offsets[0], bytes, false, clock, AccessEntry.OfWarp(clock.Current, warp.SyncEpoch, warp.Index)) == 0
                : bytes >= 4 && block.Shadow.TryAccessRun((long)offsets[0], BitOperations.Log2((uint)bytes) - 2, !load, clock, first);
            if (!passed) return false;
        }
        if (written && !load) block.Written.Set((long)offsets[0], count);
        return true;
    }

    /// <summary>Each address once: lanes that read the same are one access of several lanes.</summary>
    private static void TrackLoads(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int bytes, bool written, bool races, in RaceClock clock)
    {
        ulong first = AccessEntry.OfThread(clock.Current, warp.SyncEpoch, warp.Index * Warp.Lanes), several = AccessEntry.OfWarp(clock.Current, warp.SyncEpoch, warp.Index);
        bool distinct = false;
        for (uint left = warp.Mask; left != 0;)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            // Where the first lane is alone, most often all are.
            uint same = distinct ? 1u << lane : LaneAddresses.Same(offsets, offsets[lane]) & left;
            distinct |= left == warp.Mask && (same & (same - 1)) == 0;
            left &= ~same;
            if (written && !block.Written.Has((long)offsets[lane], bytes)) throw Unwritten(warp, at, block, offsets, lane, bytes, "load of");
            if (!races) continue;
            ulong conflict = block.Shadow.Access((long)offsets[lane], bytes, false, clock, (same & (same - 1)) != 0 ? several : first + (uint)lane);
            if (conflict != 0) Report(warp, at, block, offsets, lane, AccessKind.Load, conflict, clock);
        }
    }

    private static void TrackChanges(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int bytes, AccessKind kind, bool written, bool races, in RaceClock clock)
    {
        ulong first = AccessEntry.OfThread(clock.Current, warp.SyncEpoch, warp.Index * Warp.Lanes);
        if (kind == AccessKind.Atomic) first = AccessEntry.AsAtomic(first);
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (written && kind == AccessKind.Atomic && !block.Written.Has((long)offsets[lane], bytes)) throw Unwritten(warp, at, block, offsets, lane, bytes, "atomic on");
            if (written) block.Written.Set((long)offsets[lane], bytes);
            if (!races) continue;
            ulong conflict = block.Shadow.Access((long)offsets[lane], bytes, true, clock, first + (uint)lane);
            if (conflict != 0) Report(warp, at, block, offsets, lane, kind, conflict, clock);
        }
    }

    private static DeviceFaultException Unwritten(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int lane, int bytes, string what) =>
        warp.Fault(DeviceFaultKind.UninitializedRead, lane, at, $"{what} {bytes} {block.Name} bytes at offset {offsets[lane]}, of which some were never written");

    private static void Report(Warp warp, Instruction at, MemoryBlock block, ulong* offsets, int lane, AccessKind kind, ulong conflict, in RaceClock clock)
    {
        string other = AccessEntry.Describe(conflict, clock), now = kind switch { AccessKind.Load => "read", AccessKind.Store => "written", _ => "changed atomically" };
        throw warp.Fault(block.IsShared ? DeviceFaultKind.SharedRace : DeviceFaultKind.GlobalRace, lane, at,
            $"race on {block.Name} memory: offset {offsets[lane]} {other} and is now {now}, with nothing to order the two");
    }
}
