using System.Runtime.InteropServices;
using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>What <c>cvkEmuCounters</c> fills: sums over the launches of one kernel since cvkEmuReset. 64-bit each, in this order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CountersOfKernel
{
    public long Launches;
    public long WarpInstructions, ActiveLanes, FmaLanes, MatrixInstructions;
    public long GlobalLoads, GlobalLoadSectors, GlobalStores, GlobalStoreSectors;
    public long SharedRequests, SharedPasses, SharedConflicts, MatrixLoads, Atomics;
    public long Barriers, Branches, DivergentBranches;
}

/// <summary>Counters by kernel name. The meaning of each is <see cref="LaunchCounters"/>'.</summary>
internal sealed class KernelCounters
{
    private readonly Dictionary<string, CountersOfKernel> _sums = [];

    public CountersOfKernel Of(string kernel) => _sums.GetValueOrDefault(kernel);

    public void Add(string kernel, LaunchCounters launch)
    {
        ref CountersOfKernel sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, kernel, out _);
        sum.Launches++;
        sum.WarpInstructions += launch.WarpInstructions;
        sum.ActiveLanes += launch.ActiveLanes;
        sum.FmaLanes += launch.FmaLanes;
        sum.MatrixInstructions += launch.MatrixInstructions;
        sum.GlobalLoads += launch.GlobalLoads;
        sum.GlobalLoadSectors += launch.GlobalLoadSectors;
        sum.GlobalStores += launch.GlobalStores;
        sum.GlobalStoreSectors += launch.GlobalStoreSectors;
        sum.SharedRequests += launch.SharedRequests;
        sum.SharedPasses += launch.SharedPasses;
        sum.SharedConflicts += launch.SharedConflicts;
        sum.MatrixLoads += launch.MatrixLoads;
        sum.Atomics += launch.Atomics;
        sum.Barriers += launch.Barriers;
        sum.Branches += launch.Branches;
        sum.DivergentBranches += launch.DivergentBranches;
    }
}
