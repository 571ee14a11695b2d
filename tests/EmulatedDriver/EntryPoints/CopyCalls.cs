using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Copies and fills, on a stream or at once.</summary>
internal static unsafe class CopyCalls
{
    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyHtoDAsync_v2))]
    public static Result cuMemcpyHtoDAsync_v2(ulong to, void* from, nuint bytes, nint stream) => Call.InContext(context =>
        ToDevice(context, context.Stream(stream), to, from, bytes));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyDtoHAsync_v2))]
    public static Result cuMemcpyDtoHAsync_v2(void* to, ulong from, nuint bytes, nint stream) => Call.InContext(context =>
    {
        Operation? copy = FromDevice(context, context.Stream(stream), to, from, bytes);
        // Into pageable memory the call itself waits; a program that relies on it works, slowly, as on a device.
        if (!context.Pinned.Contains(new((nint)to, (long)bytes))) context.Scheduler.Drain(copy);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyDtoDAsync_v2))]
    public static Result cuMemcpyDtoDAsync_v2(ulong to, ulong from, nuint bytes, nint stream) => Call.InContext(context =>
        OnDevice(context, context.Stream(stream), to, from, bytes));

    /// <remarks>
    /// Returns once a pageable source is staged, as on a device: the bytes reach device memory in the order of the legacy stream, which non-blocking streams
    /// do not wait for.
    /// </remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyHtoD_v2))]
    public static Result cuMemcpyHtoD_v2(ulong to, void* from, nuint bytes) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        Operation? copy = ToDevice(context, context.Legacy, to, from, bytes);
        if (context.Pinned.Contains(new((nint)from, (long)bytes))) context.Scheduler.Drain(copy);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyDtoH_v2))]
    public static Result cuMemcpyDtoH_v2(void* to, ulong from, nuint bytes) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        context.Scheduler.Drain(FromDevice(context, context.Legacy, to, from, bytes));
    });

    /// <remarks>Does not wait: a copy on the device is asynchronous for the host even without a stream.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemcpyDtoD_v2))]
    public static Result cuMemcpyDtoD_v2(ulong to, ulong from, nuint bytes) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        OnDevice(context, context.Legacy, to, from, bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemsetD8Async))]
    public static Result cuMemsetD8Async(ulong address, byte value, nuint count, nint stream) => Call.InContext(context =>
        Fill(context, context.Stream(stream), address, value, count, 1));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemsetD32Async))]
    public static Result cuMemsetD32Async(ulong address, uint value, nuint count, nint stream) => Call.InContext(context =>
        Fill(context, context.Stream(stream), address, value, count, 4));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemsetD8_v2))]
    public static Result cuMemsetD8_v2(ulong address, byte value, nuint count) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        Fill(context, context.Legacy, address, value, count, 1);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuMemsetD32_v2))]
    public static Result cuMemsetD32_v2(ulong address, uint value, nuint count) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        Fill(context, context.Legacy, address, value, count, 4);
    });

    private static Operation? ToDevice(Context context, Stream stream, ulong to, void* from, nuint bytes)
    {
        if (bytes == 0) return null;
        HostRange source = CheckHost(context, from, bytes);
        DeviceRange.Check(context, to, source.Bytes);
        // A captured copy reads its source at every launch of the graph.
        bool isStaged = stream.Capture is null && !context.Pinned.Contains(source);
        return context.Issue(stream, new CopyToDevice(to, source, isStaged));
    }

    private static Operation? FromDevice(Context context, Stream stream, void* to, ulong from, nuint bytes)
    {
        if (bytes == 0) return null;
        HostRange target = CheckHost(context, to, bytes);
        DeviceRange.Check(context, from, target.Bytes);
        return context.Issue(stream, new CopyFromDevice(target, from));
    }

    private static void OnDevice(Context context, Stream stream, ulong to, ulong from, nuint bytes)
    {
        if (bytes == 0) return;
        DeviceRange.Check(context, to, (long)bytes);
        DeviceRange.Check(context, from, (long)bytes);
        if (Math.Max(to, from) - Math.Min(to, from) < bytes) throw new DriverError(Result.InvalidValue, "source and target of a copy on the device overlap");
        context.Issue(stream, new CopyOnDevice(to, from, (long)bytes));
    }

    private static void Fill(Context context, Stream stream, ulong address, uint value, nuint count, int elementBytes)
    {
        if (count == 0) return;
        if (address % (ulong)elementBytes != 0) throw new DriverError(Result.InvalidValue, $"0x{address:x} is no multiple of {elementBytes}");
        DeviceRange.Check(context, address, checked((long)count * elementBytes));
        context.Issue(stream, new Fill(address, value, (long)count, elementBytes));
    }

    /// <summary>Device addresses are addresses of this process, so that a device pointer in the place of a host pointer would work here and nowhere else.</summary>
    private static HostRange CheckHost(Context context, void* pointer, nuint bytes)
    {
        if (pointer is null) throw new DriverError(Result.InvalidValue, "a null host pointer");
        if (context.Memory.Find((ulong)pointer) is not null) throw new DriverError(Result.InvalidValue, $"0x{(ulong)pointer:x} is device memory, not host memory");
        return new((nint)pointer, checked((long)bytes));
    }
}
