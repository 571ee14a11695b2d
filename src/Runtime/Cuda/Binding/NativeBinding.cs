using System.Runtime.InteropServices;

namespace Convoke.Binding;

/// <summary>What the two bindings do differently: how libraries that were found are handed over, and the launch that allocates nothing.</summary>
internal static unsafe partial class NativeBinding
{
    /// <summary>Names of the imports, which stand for no file: <see cref="Attach"/> says what they are.</summary>
    public const string Driver = "convoke-driver", Compiler = "convoke-nvrtc";

    /// <summary>Name for diagnostics.</summary>
    public const string Name = "Convoke";

    /// <summary>From now on the driver's and the compiler's imports are looked up in the libraries that the two functions give (0: not found).</summary>
    public static void Attach(Func<nint> driver, Func<nint> compiler) =>
        NativeLibrary.SetDllImportResolver(typeof(NativeBinding).Assembly, (name, _, _) => name switch
        {
            Driver => driver(),
            Compiler => compiler(),
            _ => 0,
        });

    /// <summary>Enqueues a kernel; <paramref name="arguments"/> has one pointer per parameter.</summary>
    public static CUResult Launch(CUfunction function, uint gridX, uint gridY, uint gridZ, uint blockX, uint dynamicSharedBytes, CUstream stream, void** arguments) =>
        cuLaunchKernel(function, gridX, gridY, gridZ, blockX, 1, 1, dynamicSharedBytes, stream, arguments, null);

    [LibraryImport(Driver)]
    private static partial CUResult cuLaunchKernel(
        CUfunction f, uint gridDimX, uint gridDimY, uint gridDimZ, uint blockDimX, uint blockDimY, uint blockDimZ, uint sharedMemBytes, CUstream hStream, void** kernelParams, void** extra);
}
