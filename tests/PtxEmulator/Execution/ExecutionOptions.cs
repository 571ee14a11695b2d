namespace Convoke.PtxEmulator;

/// <summary>What a machine checks and counts, and in which order it runs.</summary>
public sealed record ExecutionOptions
{
    /// <summary>Report accesses to the same bytes that nothing orders: within a block between barriers, and between blocks of a launch.</summary>
    public bool DetectRaces { get; init; } = true;

    /// <summary>Report loads of global, shared or local bytes that were never written.</summary>
    public bool DetectUninitialized { get; init; } = true;

    /// <summary>Fill the counters of memory requests. Instructions are counted always.</summary>
    public bool Count { get; init; }

    /// <summary>Null: blocks and warps run in ascending order; else in an order drawn from the seed.</summary>
    public ulong? OrderSeed { get; init; }

    /// <summary>Threads that run blocks in parallel. Race detection needs one order of blocks and keeps to one thread.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Complete cp.async as late as the program allows, at its wait, instead of at once.</summary>
    public bool PessimisticAsync { get; init; }

    /// <summary>Warp instructions after which a launch is stopped as endless.</summary>
    public long InstructionLimit { get; init; } = long.MaxValue;
}
