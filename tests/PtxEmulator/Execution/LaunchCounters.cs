namespace Convoke.PtxEmulator;

/// <summary>
/// What a launch did, in units that do not depend on a device. Requests are memory instructions of a warp with a lane taking part.
/// </summary>
/// <param name="WarpInstructions">Instructions issued, per warp.</param>
/// <param name="ActiveLanes">Sum of active lanes over the warp instructions.</param>
/// <param name="FmaLanes">Lanes of 32-bit fused multiply-adds, and the multiply-adds of matrix instructions.</param>
/// <param name="MatrixInstructions">mma.sync instructions, per warp.</param>
/// <param name="GlobalLoads">Load requests to global memory.</param>
/// <param name="GlobalLoadSectors">32-byte sectors they touch.</param>
/// <param name="BlockLoadSectors">Sectors that a block loads at least once, summed over the blocks: what passes a first-level cache that holds what a block reads.</param>
/// <param name="GlobalStores">Store requests to global memory.</param>
/// <param name="GlobalStoreSectors">32-byte sectors they touch.</param>
/// <param name="SharedRequests">Requests to shared memory.</param>
/// <param name="SharedPasses">Passes over the 32 banks they take.</param>
/// <param name="SharedConflicts">Passes beyond those that the requested bytes need.</param>
/// <param name="MatrixLoads">ldmatrix instructions among the shared requests.</param>
/// <param name="Atomics">Atomic requests.</param>
/// <param name="Barriers">Barriers passed, per block.</param>
/// <param name="Branches">Conditional branches, per warp.</param>
/// <param name="DivergentBranches">Those at which lanes of a warp part.</param>
/// <param name="Longest">What the block did that issued most.</param>
public sealed record LaunchCounters(
    long WarpInstructions, long ActiveLanes, long FmaLanes, long MatrixInstructions,
    long GlobalLoads, long GlobalLoadSectors, long BlockLoadSectors, long GlobalStores, long GlobalStoreSectors,
    long SharedRequests, long SharedPasses, long SharedConflicts, long MatrixLoads, long Atomics,
    long Barriers, long Branches, long DivergentBranches, BlockWork Longest);

/// <summary>The part of one block.</summary>
/// <param name="WarpInstructions">Instructions issued, per warp.</param>
/// <param name="GlobalLoads">Load requests to global memory.</param>
/// <param name="SharedRequests">Requests to shared memory.</param>
/// <param name="Barriers">Barriers passed.</param>
public readonly record struct BlockWork(long WarpInstructions, long GlobalLoads, long SharedRequests, long Barriers);
