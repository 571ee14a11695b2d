using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Primary contexts, and which one a thread uses.</summary>
internal static unsafe class ContextCalls
{
    [UnmanagedCallersOnly(EntryPoint = nameof(cuDevicePrimaryCtxRetain))]
    public static Result cuDevicePrimaryCtxRetain(nint* context, int device) => Call.Initialized(() =>
    {
        Require.Output(context);
        *context = Driver.Device(device).Retain().Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDevicePrimaryCtxRelease_v2))]
    public static Result cuDevicePrimaryCtxRelease_v2(int device) => Call.Initialized(() => Driver.Device(device).Release());

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDevicePrimaryCtxReset_v2))]
    public static Result cuDevicePrimaryCtxReset_v2(int device) => Call.Initialized(() => Driver.Device(device).Reset());

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDevicePrimaryCtxGetState))]
    public static Result cuDevicePrimaryCtxGetState(int device, uint* flags, int* isActive) => Call.Initialized(() =>
    {
        Require.Output(flags);
        Require.Output(isActive);
        (*flags, *isActive) = (0, Driver.Device(device).Retains > 0 ? 1 : 0);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuCtxSetCurrent))]
    public static Result cuCtxSetCurrent(nint context) => Call.Initialized(() =>
    {
        if (context != 0 && !Driver.Contexts.ContainsKey(context)) throw new DriverError(Result.InvalidContext, $"0x{context:x} is no live context");
        Driver.CurrentHandle = context;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuCtxGetCurrent))]
    public static Result cuCtxGetCurrent(nint* context) => Call.Initialized(() =>
    {
        Require.Output(context);
        *context = Driver.CurrentHandle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuCtxGetDevice))]
    public static Result cuCtxGetDevice(int* device) => Call.InContext(context =>
    {
        Require.Output(device);
        *device = context.Device.Ordinal;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuCtxSynchronize))]
    public static Result cuCtxSynchronize() => Call.InContext(static context =>
    {
        CaptureRules.RefuseAny(context);
        context.Scheduler.DrainTo(0);
    });
}
