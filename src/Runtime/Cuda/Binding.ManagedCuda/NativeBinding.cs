global using ManagedCuda;
global using ManagedCuda.BasicTypes;
global using ManagedCuda.NVRTC;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Convoke;

/// <summary>The same differences as in Binding/NativeBinding.cs, for a build with <c>-p:CudaBinding=ManagedCuda</c>.</summary>
internal static unsafe class NativeBinding
{
    /// <summary>Name for diagnostics.</summary>
    public const string Name = "ManagedCuda";

    private static readonly Lock Gate = new();
    private static Func<nint>? _driver;
    private static delegate* unmanaged<CUfunction, uint, uint, uint, uint, uint, uint, uint, CUstream, void**, void**, CUResult> _launch;

    /// <summary>
    /// ManagedCuda sets a resolver of its own, which asks for "libcuda" and "nvrtc" without a version and then for the Windows names. Where that finds nothing
    /// the load context asks here. A libcuda.so or libnvrtc.so on the loader's path comes first, as in any program that uses ManagedCuda.
    /// </summary>
    public static void Attach(Func<nint> driver, Func<nint> compiler)
    {
        _driver = driver;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name switch
        {
            "libcuda" or "nvcuda" => driver(),
            "nvrtc" or "nvrtc64_120_0" => compiler(),
            _ => 0,
        };
    }

    /// <summary>Enqueues a kernel; ManagedCuda's own import takes an array, which would be allocated and pinned on each launch.</summary>
    public static CUResult Launch(CUfunction function, uint gridX, uint gridY, uint gridZ, uint blockX, uint dynamicSharedBytes, CUstream stream, void** arguments)
    {
        if (_launch == null)
        {
            lock (Gate)
                _launch = (delegate* unmanaged<CUfunction, uint, uint, uint, uint, uint, uint, uint, CUstream, void**, void**, CUResult>)NativeLibrary.GetExport(_driver!(), "cuLaunchKernel");
        }

        return _launch(function, gridX, gridY, gridZ, blockX, 1, 1, dynamicSharedBytes, stream, arguments, null);
    }
}
