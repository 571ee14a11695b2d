using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>Runs the warps of a block in turn, from barrier to barrier, until all threads returned.</summary>
internal sealed class BlockRunner
{
    private readonly BlockContext _block;
    private readonly WarpRunner _runner;
    private readonly BarrierUnit _barriers;
    private readonly int[] _order;
    private readonly Random? _random;

    public BlockRunner(BlockContext block)
    {
        _block = block;
        _runner = new(block);
        _barriers = new(block);
        _order = [.. Enumerable.Range(0, block.Warps.Length)];
        if (block.Options.OrderSeed is { } seed) _random = new((int)(seed ^ seed >> 32) + 1);
    }

    public void Run()
    {
        _barriers.Reset();
        while (true)
        {
            _random?.Shuffle(_order);
            bool progress = false, alive = false;
            foreach (int index in _order)
            {
                Warp warp = _block.Warps[index];
                if (warp.Live == 0) continue;
                progress |= _runner.Run(warp, _barriers);
                alive |= warp.Live != 0;
            }
            if (!alive) return;
            if (!_barriers.TryRelease() && !progress) throw Stuck();
        }
    }

    private DeviceFaultException Stuck()
    {
        int live = 0, waiting = 0, lane = 0;
        Warp first = _block.Warps[0];
        Instruction? at = null;
        foreach (Warp warp in _block.Warps)
        {
            live += BitOperations.PopCount(warp.Live);
            for (int i = 0; i < warp.GroupCount; i++)
            {
                ref LaneGroup group = ref warp.Groups[i];
                if (group.State == LaneState.Barrier) waiting += BitOperations.PopCount(group.Mask);
                // The group that waits for lanes, rather than for threads, is the one to show.
                if (at != null && group.State != LaneState.Rendezvous) continue;
                at = group.State == LaneState.Rendezvous ? group.At?.RendezvousAt : group.At?.At;
                (first, lane) = (warp, BitOperations.TrailingZeroCount(group.Mask));
            }
        }
        return first.Fault(DeviceFaultKind.Deadlock, lane, at, $"deadlock: {waiting} of {live} live threads wait at a barrier, the rest for lanes that never come");
    }
}
