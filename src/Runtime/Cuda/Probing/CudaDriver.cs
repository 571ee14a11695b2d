using System.Text;

namespace Convoke;

/// <summary>Looks for the driver, its devices and the compiler; never throws for what a machine lacks.</summary>
internal static class CudaDriver
{
    /// <summary>Graph instantiation with flags and the architectures that kernels are written for came with CUDA 11.4 and 12.0.</summary>
    private static readonly Version OldestDriver = new(12, 0);

    /// <summary>Compute capability 7.5 (Turing): what CUDA 13 still compiles for.</summary>
    private const int OldestArchitecture = 75;

    private static readonly Lazy<CudaProbe> Cached = new(Run);

    /// <summary>What this machine has, found out once per process.</summary>
    public static CudaProbe Probe() => Cached.Value;

    /// <summary>The probe itself, uncached.</summary>
    public static CudaProbe Run()
    {
        Version? driverVersion = DriverVersion();
        List<CudaDeviceInfo> devices = [];
        string driver = ProbeDriver(driverVersion, devices);
        bool hasCompiler = KernelCompiler.TryFind(out string compiler);
        CudaProbe probe = new(devices.Count > 0 && hasCompiler, devices, $"{driver}; {compiler}", driverVersion, hasCompiler ? KernelCompiler.Default.Version : null);
        CudaTrace.Write(1, $"probe: {probe.Explanation} (binding {NativeBinding.Name})");
        return probe;
    }

    /// <summary>CUDA version of the driver; null where there is none. Needs no device.</summary>
    public static Version? DriverVersion()
    {
        int version = 0;
        return NativeLibraries.Driver.IsLoaded && DriverAPINativeMethods.cuDriverGetVersion(ref version) == CUResult.Success ? new Version(version / 1000, version % 1000 / 10) : null;
    }

    private static string ProbeDriver(Version? version, List<CudaDeviceInfo> devices)
    {
        NativeLibraryState library = NativeLibraries.Driver;
        if (!library.IsLoaded) return $"no NVIDIA driver: tried {string.Join(", ", library.Tried)}";
        string found = $"driver {library.Path} for CUDA {version?.ToString() ?? "of an unknown version"}";
        if (version < OldestDriver) return $"{found} is too old: CUDA {OldestDriver} or newer is needed, install a driver of 525 or newer";

        CUResult result = DriverAPINativeMethods.cuInit(CUInitializationFlags.None);
        if (result != CUResult.Success) return $"{found}: cuInit gave {CudaErrors.Describe(result)}";
        int count = 0;
        result = DriverAPINativeMethods.DeviceManagement.cuDeviceGetCount(ref count);
        if (result != CUResult.Success) return $"{found}: cuDeviceGetCount gave {CudaErrors.Describe(result)}";

        List<string> notes = [];
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            CudaDeviceInfo? device = Describe(ordinal, out string failure);
            if (device is null) notes.Add($"device {ordinal}: {failure}");
            else if (device.Architecture < OldestArchitecture) notes.Add($"device {ordinal}, {device}, is older than compute capability 7.5");
            else devices.Add(device);
        }

        notes.InsertRange(0, devices.Select(static device => $"device {device.Ordinal}: {device}"));
        return notes.Count == 0 ? $"{found} sees no device" : $"{found}: {string.Join("; ", notes)}";
    }

    private static CudaDeviceInfo? Describe(int ordinal, out string failure)
    {
        CUdevice device = default;
        byte[] name = new byte[256];
        SizeT memory = 0L;
        int major = 0, minor = 0, multiprocessors = 0;
        failure = "";
        return Succeeds("cuDeviceGet", DriverAPINativeMethods.DeviceManagement.cuDeviceGet(ref device, ordinal), ref failure)
            && Succeeds("cuDeviceGetName", DriverAPINativeMethods.DeviceManagement.cuDeviceGetName(name, name.Length, device), ref failure)
            && Succeeds("cuDeviceTotalMem", DriverAPINativeMethods.DeviceManagement.cuDeviceTotalMem_v2(ref memory, device), ref failure)
            && Succeeds("cuDeviceGetAttribute", DriverAPINativeMethods.DeviceManagement.cuDeviceGetAttribute(ref major, CUDeviceAttribute.ComputeCapabilityMajor, device), ref failure)
            && Succeeds("cuDeviceGetAttribute", DriverAPINativeMethods.DeviceManagement.cuDeviceGetAttribute(ref minor, CUDeviceAttribute.ComputeCapabilityMinor, device), ref failure)
            && Succeeds("cuDeviceGetAttribute", DriverAPINativeMethods.DeviceManagement.cuDeviceGetAttribute(ref multiprocessors, CUDeviceAttribute.MultiProcessorCount, device), ref failure)
            ? new(ordinal, Encoding.UTF8.GetString(name).TrimEnd('\0'), major, minor, multiprocessors, memory)
            : null;
    }

    private static bool Succeeds(string call, CUResult result, ref string failure)
    {
        if (result == CUResult.Success) return true;
        failure = $"{call} gave {CudaErrors.Describe(result)}";
        return false;
    }
}
