namespace Convoke.PtxEmulator;

/// <summary>Counters of one worker while it runs; see <see cref="LaunchCounters"/> for their meaning.</summary>
internal sealed class Tally
{
    private BlockWork _before;

    public long WarpInstructions, ActiveLanes, FmaLanes, MatrixInstructions;
    public long GlobalLoads, GlobalLoadSectors, BlockLoadSectors, GlobalStores, GlobalStoreSectors;
    public long SharedRequests, SharedPasses, SharedConflicts, MatrixLoads, Atomics;
    public long Barriers, Branches, DivergentBranches;

    /// <summary>Sectors that the running block has loaded.</summary>
    public HashSet<ulong> Loaded { get; } = [];

    /// <summary>The part of the block that issued most so far.</summary>
    public BlockWork Longest { get; private set; }

    private BlockWork All => new(WarpInstructions, GlobalLoads, SharedRequests, Barriers);

    public void StartBlock()
    {
        _before = All;
        Loaded.Clear();
    }

    public void EndBlock()
    {
        BlockWork all = All, block = new(
            all.WarpInstructions - _before.WarpInstructions, all.GlobalLoads - _before.GlobalLoads, all.SharedRequests - _before.SharedRequests, all.Barriers - _before.Barriers);
        if (block.WarpInstructions > Longest.WarpInstructions) Longest = block;
    }

    public static LaunchCounters Sum(IEnumerable<Tally> tallies)
    {
        Tally s = new();
        foreach (Tally t in tallies)
        {
            s.WarpInstructions += t.WarpInstructions;
            s.ActiveLanes += t.ActiveLanes;
            s.FmaLanes += t.FmaLanes;
            s.MatrixInstructions += t.MatrixInstructions;
            s.GlobalLoads += t.GlobalLoads;
            s.GlobalLoadSectors += t.GlobalLoadSectors;
            s.BlockLoadSectors += t.BlockLoadSectors;
            s.GlobalStores += t.GlobalStores;
            s.GlobalStoreSectors += t.GlobalStoreSectors;
            s.SharedRequests += t.SharedRequests;
            s.SharedPasses += t.SharedPasses;
            s.SharedConflicts += t.SharedConflicts;
            s.MatrixLoads += t.MatrixLoads;
            s.Atomics += t.Atomics;
            s.Barriers += t.Barriers;
            s.Branches += t.Branches;
            s.DivergentBranches += t.DivergentBranches;
            if (t.Longest.WarpInstructions > s.Longest.WarpInstructions) s.Longest = t.Longest;
        }
        return new(s.WarpInstructions, s.ActiveLanes, s.FmaLanes, s.MatrixInstructions, s.GlobalLoads, s.GlobalLoadSectors, s.BlockLoadSectors, s.GlobalStores, s.GlobalStoreSectors,
            s.SharedRequests, s.SharedPasses, s.SharedConflicts, s.MatrixLoads, s.Atomics, s.Barriers, s.Branches, s.DivergentBranches, s.Longest);
    }
}
