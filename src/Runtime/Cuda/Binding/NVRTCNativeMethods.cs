using System.Runtime.InteropServices;

namespace Convoke.Binding;

/// <summary>nvrtcResult of nvrtc.h; only those that the runtime tells apart have a name.</summary>
internal enum nvrtcResult
{
    Success = 0,
    ErrorInvalidOption = 5,
    ErrorCompilation = 6,
    ErrorBuiltinOperationFailure = 7,
}

/// <summary>The compiler's entry points (libnvrtc), under ManagedCuda's names.</summary>
internal static partial class NVRTCNativeMethods
{
    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcVersion(ref int major, ref int minor);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetNumSupportedArchs(ref int numArchs);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetSupportedArchs(int[] supportedArchs);

    [LibraryImport(NativeBinding.Compiler, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nvrtcResult nvrtcCreateProgram(ref nvrtcProgram prog, string src, string name, int numHeaders, IntPtr[]? headers, IntPtr[]? includeNames);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcDestroyProgram(ref nvrtcProgram prog);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcCompileProgram(nvrtcProgram prog, int numOptions, IntPtr[] options);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetPTXSize(nvrtcProgram prog, ref SizeT ptxSizeRet);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetPTX(nvrtcProgram prog, byte[] ptx);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetCUBINSize(nvrtcProgram prog, ref SizeT cubinSizeRet);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetCUBIN(nvrtcProgram prog, byte[] cubin);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram prog, ref SizeT logSizeRet);

    [LibraryImport(NativeBinding.Compiler)]
    public static partial nvrtcResult nvrtcGetProgramLog(nvrtcProgram prog, byte[] log);
}
