namespace Convoke.PtxEmulator;

internal enum LaneState
{
    Ready,

    /// <summary>At a barrier of the block.</summary>
    Barrier,

    /// <summary>At a warp operation, until the lanes of its mask have come.</summary>
    Rendezvous,
}

/// <summary>Lanes of a warp that are at the same basic block.</summary>
internal struct LaneGroup
{
    public int Block;
    public uint Mask;
    public LaneState State;

    /// <summary>While at a barrier: which, for how many threads (0: all), and which instruction asked.</summary>
    public int Barrier, BarrierThreads;
    public CodeBlock? At;
}
