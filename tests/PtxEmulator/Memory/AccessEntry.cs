namespace Convoke.PtxEmulator;

/// <summary>
/// Who accessed a word: interval (32 bits), warp epoch (16: __syncwarp calls since the last barrier), who (16). Who is a thread of the block, "several lanes
/// of a warp", "several warps" or "several blocks": a later write conflicts with any of several, so their number does not matter.
/// </summary>
internal static class AccessEntry
{
    /// <summary>The word's bytes have entries of their own. No interval is that large.</summary>
    public const ulong Split = ulong.MaxValue;

    public const uint ManyLanes = 0x8000, ManyWarps = 0xFFFD, ManyBlocks = 0xFFFE;
    private const uint Atomic = 0x4000, Read = 0x2000;

    public static ulong OfThread(uint interval, uint warpEpoch, int thread) => (ulong)interval << 32 | (ulong)warpEpoch << 16 | (uint)thread;

    public static ulong OfWarp(uint interval, uint warpEpoch, int warp) => (ulong)interval << 32 | (ulong)warpEpoch << 16 | ManyLanes | (uint)warp;

    public static ulong AsAtomic(ulong entry) => entry | Atomic;

    /// <summary>Marks the entry of a conflict, for its message.</summary>
    public static ulong AsRead(ulong entry) => Who(entry) < ManyWarps ? entry | Read : entry;

    public static bool IsAtomic(ulong entry) => (Who(entry) & (ManyLanes | Atomic)) == Atomic;

    public static bool IsSameInterval(ulong entry, in RaceClock clock) => Interval(entry) == clock.Current;

    public static bool Conflicts(ulong entry, in RaceClock clock, ulong self)
    {
        uint interval = Interval(entry);
        if (interval < clock.Launch) return false;
        uint who = Who(entry);
        // Between blocks atomics are how programs synchronise; what they order is not modelled, so nothing is claimed about them.
        bool atomics = IsAtomic(entry) || IsAtomic(self);
        if (who == ManyBlocks) return !atomics;
        if (interval < clock.Block) return !atomics;
        if (interval < clock.Current) return false;
        if (IsAtomic(entry) && IsAtomic(self)) return false;
        if (who == ManyWarps) return true;
        uint own = Who(self);
        if ((who & ~Atomic) == (own & ~Atomic) && who < ManyLanes) return false;
        return Warp(who) != Warp(own) || WarpEpoch(entry) >= WarpEpoch(self);
    }

    /// <summary>The readers of a word when <paramref name="self"/> joins those of <paramref name="entry"/>.</summary>
    public static ulong Merge(ulong entry, in RaceClock clock, ulong self)
    {
        uint interval = Interval(entry);
        if (interval < clock.Launch) return self;
        uint who = Who(entry), own = Who(self);
        if (who == ManyBlocks) return entry;
        if (interval < clock.Block) return OfThread(clock.Current, 0, (int)ManyBlocks);
        if (interval < clock.Current || who == own) return self;
        if (who == ManyWarps || Warp(who) != Warp(own)) return OfThread(clock.Current, 0, (int)ManyWarps);
        return WarpEpoch(entry) < WarpEpoch(self) ? self : OfWarp(clock.Current, WarpEpoch(self), (int)Warp(own));
    }

    /// <summary>For a message.</summary>
    public static string Describe(ulong entry, in RaceClock clock)
    {
        // Several are always readers.
        uint who = Who(entry) & (Who(entry) < ManyWarps ? ~Read : uint.MaxValue);
        string verb = IsAtomic(entry) ? "was changed atomically by" : who != Who(entry) || who >= ManyLanes ? "was read by" : "was written by";
        return verb + (who == ManyBlocks ? " several blocks"
            : Interval(entry) < clock.Block ? " another block"
            : who == ManyWarps ? " threads of several warps"
            : who >= ManyLanes ? $" several threads of warp {Warp(who)}"
            : $" thread {who & ~Atomic}");
    }

    private static uint Interval(ulong entry) => (uint)(entry >> 32);

    private static uint WarpEpoch(ulong entry) => (uint)(entry >> 16) & 0xFFFF;

    private static uint Who(ulong entry) => (uint)entry & 0xFFFF;

    private static uint Warp(uint who) => who >= ManyLanes ? who & 0xFF : (who & 0x3FFF) >> 5;
}
