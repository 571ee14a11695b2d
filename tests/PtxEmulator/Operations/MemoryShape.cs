namespace Convoke.PtxEmulator;

/// <summary>How the addresses of a warp lie to each other.</summary>
internal enum MemoryShape
{
    Scattered,

    /// <summary>All 32 lanes at one address.</summary>
    Uniform,

    /// <summary>All 32 lanes, each right behind the one before.</summary>
    Consecutive,
}
