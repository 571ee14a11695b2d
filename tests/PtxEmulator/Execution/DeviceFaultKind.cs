namespace Convoke.PtxEmulator;

/// <summary>What a kernel did wrong.</summary>
public enum DeviceFaultKind
{
    /// <summary>Two threads of a block touch the same shared bytes, one writes, and no barrier stands between.</summary>
    SharedRace,

    /// <summary>The same for global bytes, or two blocks of one launch.</summary>
    GlobalRace,

    /// <summary>A global access outside of every live allocation.</summary>
    OutOfBounds,

    /// <summary>A shared access beyond the block's shared memory.</summary>
    SharedOutOfBounds,

    /// <summary>A local or parameter access beyond what the kernel declares.</summary>
    LocalOutOfBounds,

    /// <summary>An address that is no multiple of the access' size.</summary>
    Misaligned,

    /// <summary>A load of bytes that nothing wrote.</summary>
    UninitializedRead,

    /// <summary>Threads meet at different barriers, or a barrier is given a thread count that is no multiple of 32.</summary>
    BarrierMisuse,

    /// <summary>A warp operation names lanes that do not take part, or reads from one.</summary>
    WarpMisuse,

    /// <summary>Threads wait for others that never come.</summary>
    Deadlock,

    /// <summary>The launch ran longer than <see cref="ExecutionOptions.InstructionLimit"/>.</summary>
    Endless,

    /// <summary>The kernel has an instruction that the emulator does not know.</summary>
    IllegalInstruction,

    /// <summary>The kernel executed trap.</summary>
    Trap,

    /// <summary>The launch itself is not possible: threads, shared memory or parameters do not fit the kernel.</summary>
    InvalidLaunch,
}
