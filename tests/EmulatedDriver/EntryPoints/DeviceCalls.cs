using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.EmulatedDriver;

/// <summary>Initialization, devices and error names. C# names of entry points are those of the exports, which cuda.h gives their meaning.</summary>
internal static unsafe class DeviceCalls
{
    [UnmanagedCallersOnly(EntryPoint = nameof(cuInit))]
    public static Result cuInit(uint flags) => Call.Free(() =>
    {
        if (flags != 0) throw new DriverError(Result.InvalidValue, "the flags of cuInit are 0");
        Driver.Initialize();
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDriverGetVersion))]
    public static Result cuDriverGetVersion(int* version) => Call.Free(() =>
    {
        Require.Output(version);
        *version = Driver.SettingsBeforeInitialization.DriverVersion;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDeviceGetCount))]
    public static Result cuDeviceGetCount(int* count) => Call.Initialized(() =>
    {
        Require.Output(count);
        *count = Driver.Devices.Count;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDeviceGet))]
    public static Result cuDeviceGet(int* device, int ordinal) => Call.Initialized(() =>
    {
        Require.Output(device);
        *device = Driver.Device(ordinal).Ordinal;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDeviceGetName))]
    public static Result cuDeviceGetName(byte* name, int bytes, int device) => Call.Initialized(() =>
    {
        Require.Output(name);
        _ = Driver.Device(device);
        Text.Write(Device.Name, name, bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDeviceGetAttribute))]
    public static Result cuDeviceGetAttribute(int* value, int attribute, int device) => Call.Initialized(() =>
    {
        Require.Output(value);
        *value = Driver.Device(device).Attribute(attribute);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuDeviceTotalMem_v2))]
    public static Result cuDeviceTotalMem_v2(nuint* bytes, int device) => Call.Initialized(() =>
    {
        Require.Output(bytes);
        *bytes = (nuint)Driver.Device(device).MemoryBytes;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGetErrorName))]
    public static Result cuGetErrorName(int error, byte** name) => Call.Free(() =>
    {
        Require.Output(name);
        *name = (byte*)ErrorText.NameOf(error);
        if (*name is null) throw new DriverError(Result.InvalidValue, $"{error} is no known result");
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGetErrorString))]
    public static Result cuGetErrorString(int error, byte** text) => Call.Free(() =>
    {
        Require.Output(text);
        *text = (byte*)ErrorText.TextOf(error);
        if (*text is null) throw new DriverError(Result.InvalidValue, $"{error} is no known result");
    });
}
