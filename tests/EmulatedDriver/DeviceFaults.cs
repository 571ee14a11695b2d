using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Which error of the driver a fault in a kernel becomes.</summary>
internal static class DeviceFaults
{
    public static Result ToResult(DeviceFaultKind kind) => kind switch
    {
        DeviceFaultKind.OutOfBounds or DeviceFaultKind.SharedOutOfBounds => Result.IllegalAddress,
        DeviceFaultKind.Misaligned => Result.MisalignedAddress,
        DeviceFaultKind.IllegalInstruction => Result.IllegalInstruction,
        DeviceFaultKind.Deadlock => Result.LaunchTimeout,
        // Races, uninitialised reads and misused barriers are no errors to a real device, which computes something else or hangs.
        _ => Result.LaunchFailed,
    };
}
