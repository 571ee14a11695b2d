namespace Convoke.PtxEmulator;

/// <summary>Counters of one worker while it runs; see <see cref="LaunchCounters"/> for their meaning.</summary>
internal sealed class Tally
{
    public long WarpInstructions, ActiveLanes, FmaLanes, MatrixInstructions;
    public long GlobalLoads, GlobalLoadSectors, GlobalStores, GlobalStoreSectors;
    public long SharedRequests, SharedPasses, SharedConflicts, MatrixLoads, Atomics;
    public long Barriers, Branches, DivergentBranches;

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
        }
        return new(s.WarpInstructions, s.ActiveLanes, s.FmaLanes, s.MatrixInstructions, s.GlobalLoads, s.GlobalLoadSectors, s.GlobalStores, s.GlobalStoreSectors,
            s.SharedRequests, s.SharedPasses, s.SharedConflicts, s.MatrixLoads, s.Atomics, s.Barriers, s.Branches, s.DivergentBranches);
    }
}
