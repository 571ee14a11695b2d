using System.Runtime.InteropServices;
using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Device and pinned memory.</summary>
internal static unsafe class MemoryCalls
{
    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemAlloc_v2))]
    public static Result cuMemAlloc_v2(ulong* address, nuint bytes) => Call.InContext(context =>
    {
        Require.Output(address);
        CaptureRules.RefuseUnsafe(context);
        *address = Allocate(context, bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemFree_v2))]
    public static Result cuMemFree_v2(ulong address) => Call.InContext(context =>
    {
        if (address == 0) return;
        CaptureRules.RefuseUnsafe(context);
        CheckStart(context, address);
        // As a device does: freeing waits for what is queued, so that nothing of it finds the memory gone.
        context.Scheduler.DrainTo(0);
        if (!context.IsLost) context.Memory.Free(address);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemAllocAsync))]
    public static Result cuMemAllocAsync(ulong* address, nuint bytes, nint stream) => Call.InContext(context =>
    {
        Require.Output(address);
        RefuseNodes(context.Stream(stream));
        *address = Allocate(context, bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemFreeAsync))]
    public static Result cuMemFreeAsync(ulong address, nint stream) => Call.InContext(context =>
    {
        Stream queue = context.Stream(stream);
        RefuseNodes(queue);
        CheckStart(context, address);
        context.Issue(queue, new FreeOnDevice(address));
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemGetInfo_v2))]
    public static Result cuMemGetInfo_v2(nuint* free, nuint* total) => Call.InContext(context =>
    {
        Require.Output(free);
        Require.Output(total);
        *total = (nuint)context.Device.MemoryBytes;
        *free = (nuint)(context.Device.MemoryBytes - context.Memory.LiveBytes);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemHostAlloc))]
    public static Result cuMemHostAlloc(void** pointer, nuint bytes, uint flags) => Call.InContext(context =>
    {
        Require.Output(pointer);
        CaptureRules.RefuseUnsafe(context);
        if (flags > 7) throw new DriverError(Result.InvalidValue, $"flags {flags} of cuMemHostAlloc");
        *pointer = (void*)context.Pinned.Allocate(checked((long)bytes));
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemFreeHost))]
    public static Result cuMemFreeHost(void* pointer) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        context.Scheduler.DrainTo(0);
        if (!context.IsLost) context.Pinned.Free((nint)pointer);
    });

    private static ulong Allocate(Context context, nuint bytes)
    {
        if (bytes == 0) throw new DriverError(Result.InvalidValue, "0 bytes of device memory");
        try
        {
            return context.Memory.Allocate((long)Math.Min((ulong)bytes, long.MaxValue));
        }
        catch (OutOfDeviceMemoryException error)
        {
            throw new DriverError(Result.OutOfMemory, error.Message);
        }
    }

    private static void CheckStart(Context context, ulong address)
    {
        if (context.Memory.Find(address) is not { } found || found.Start != address || context.PendingFrees.Contains(address))
            throw new DriverError(Result.InvalidValue, $"0x{address:x} is not the start of a live allocation");
    }

    private static void RefuseNodes(Stream stream)
    {
        if (stream.Capture is not { } capture) return;
        capture.IsInvalid = true;
        throw new DriverError(Result.NotSupported, "memory nodes of graphs are not emulated");
    }
}
