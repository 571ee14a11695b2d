using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Bytes of host memory.</summary>
internal readonly record struct HostRange(nint Start, long Bytes)
{
    public bool Overlaps(HostRange other) => Start < other.Start + other.Bytes && other.Start < Start + Bytes;
}

/// <summary>Checks of the device side of copies.</summary>
internal static class DeviceRange
{
    /// <exception cref="DriverError">InvalidValue: not all bytes lie in one live allocation.</exception>
    public static void Check(Context context, ulong address, long bytes)
    {
        if (!IsLive(context.Memory, address, bytes))
            throw new DriverError(Result.InvalidValue, $"{bytes} bytes at device address 0x{address:x} do not lie in one live allocation");
    }

    /// <summary>The same when the work runs: memory may have been freed since it was queued.</summary>
    /// <exception cref="ContextFault">IllegalAddress.</exception>
    public static void CheckAgain(Context context, ulong address, long bytes)
    {
        if (!IsLive(context.Memory, address, bytes))
            throw new ContextFault(Result.IllegalAddress, $"a queued copy of {bytes} bytes at device address 0x{address:x} ran after that memory was freed");
    }

    private static bool IsLive(DeviceMemory memory, ulong address, long bytes) =>
        memory.Find(address) is { } found && bytes <= found.Bytes - (long)(address - found.Start);
}
