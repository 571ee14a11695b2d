using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>The 16 barriers of a block.</summary>
internal sealed unsafe class BarrierUnit(BlockContext block)
{
    private const int Count = 16;

    /// <summary>Threads that arrived without waiting (bar.arrive).</summary>
    private readonly int[] _arrived = new int[Count];

    public void Reset() => Array.Clear(_arrived);

    public void Arrive(Warp warp, ref LaneGroup group, CodeBlock code)
    {
        int lane = BitOperations.TrailingZeroCount(group.Mask);
        int barrier = code.BarrierRegister < 0 ? 0 : ((int*)(warp.Registers + code.BarrierRegister))[lane];
        int threads = code.BarrierThreadsRegister < 0 ? 0 : ((int*)(warp.Registers + code.BarrierThreadsRegister))[lane];
        if (barrier is < 0 or >= Count) throw warp.Fault(DeviceFaultKind.BarrierMisuse, lane, code.At, $"barrier {barrier}: there are {Count}");
        if (threads < 0 || threads % Warp.Lanes != 0) throw warp.Fault(DeviceFaultKind.BarrierMisuse, lane, code.At, $"a barrier of {threads} threads: the number must be a multiple of 32");
        if (code.BarrierArriveOnly)
        {
            _arrived[barrier] += BitOperations.PopCount(group.Mask);
            return;
        }
        group.State = LaneState.Barrier;
        group.At = code;
        group.Barrier = barrier;
        group.BarrierThreads = threads;
    }

    /// <summary>Lets threads go whose barrier is complete; returns whether there were any.</summary>
    public bool TryRelease()
    {
        bool released = false;
        int live = 0;
        foreach (Warp warp in block.Warps) live += BitOperations.PopCount(warp.Live);
        for (int barrier = 0; barrier < Count; barrier++)
        {
            int waiting = 0, threads = 0;
            foreach (Warp warp in block.Warps)
            {
                for (int i = 0; i < warp.GroupCount; i++)
                {
                    ref LaneGroup group = ref warp.Groups[i];
                    if (group.State != LaneState.Barrier || group.Barrier != barrier) continue;
                    waiting += BitOperations.PopCount(group.Mask);
                    threads = group.BarrierThreads;
                }
            }
            if (waiting == 0) continue;
            int expected = threads == 0 ? live : threads;
            if (waiting + _arrived[barrier] < expected) continue;
            Release(barrier);
            _arrived[barrier] = 0;
            released = true;
        }
        // All wait, though at different barriers: no order of execution lets them go.
        if (!released) CheckForStrangers(live);
        return released;
    }

    private void Release(int barrier)
    {
        CodeBlock? at = null;
        int trueCount = 0, count = 0;
        foreach (Warp warp in block.Warps)
        {
            for (int i = 0; i < warp.GroupCount; i++)
            {
                ref LaneGroup group = ref warp.Groups[i];
                if (group.State != LaneState.Barrier || group.Barrier != barrier) continue;
                at ??= group.At;
                if (group.BarrierThreads == 0 && !ReferenceEquals(at, group.At)) throw Strangers(warp, group, at!);
                count += BitOperations.PopCount(group.Mask);
                if (at!.Reduction is { } reduction)
                    trueCount += BitOperations.PopCount(group.Mask & (reduction.SourceNegated ? ~warp.Predicates[reduction.Source] : warp.Predicates[reduction.Source]));
            }
        }
        foreach (Warp warp in block.Warps)
        {
            for (int i = 0; i < warp.GroupCount; i++)
            {
                ref LaneGroup group = ref warp.Groups[i];
                if (group.State != LaneState.Barrier || group.Barrier != barrier) continue;
                group.State = LaneState.Ready;
                if (at!.Reduction is { } reduction) Reduce(warp, group.Mask, reduction, trueCount, count);
            }
        }
        block.Tally.Barriers++;
        // A barrier of some threads orders only those. To count it for all misses races, and reports none that is not there.
        block.NextInterval();
    }

    private static void Reduce(Warp warp, uint mask, BarrierReduction reduction, int trueCount, int count)
    {
        if (reduction.Kind == "popc")
        {
            for (uint left = mask; left != 0; left &= left - 1) ((int*)(warp.Registers + reduction.Result))[BitOperations.TrailingZeroCount(left)] = trueCount;
            return;
        }
        bool holds = reduction.Kind == "and" ? trueCount == count : trueCount > 0;
        uint old = warp.Predicates[reduction.Result];
        warp.Predicates[reduction.Result] = holds ? old | mask : old & ~mask;
    }

    private void CheckForStrangers(int live)
    {
        int waiting = 0;
        CodeBlock? first = null, other = null;
        Warp? where = null;
        LaneGroup stranger = default;
        foreach (Warp warp in block.Warps)
        {
            for (int i = 0; i < warp.GroupCount; i++)
            {
                ref LaneGroup group = ref warp.Groups[i];
                if (group.State != LaneState.Barrier) continue;
                waiting += BitOperations.PopCount(group.Mask);
                first ??= group.At;
                if (ReferenceEquals(first, group.At) || other != null) continue;
                (other, where, stranger) = (group.At, warp, group);
            }
        }
        if (waiting == live && other != null) throw Strangers(where!, stranger, first!);
    }

    private static DeviceFaultException Strangers(Warp warp, in LaneGroup group, CodeBlock first) =>
        warp.Fault(DeviceFaultKind.BarrierMisuse, BitOperations.TrailingZeroCount(group.Mask), group.At!.At,
            $"threads meet at different barriers: others wait at ptx line {first.At!.Line}, source line {first.At.Source.Line}");
}
