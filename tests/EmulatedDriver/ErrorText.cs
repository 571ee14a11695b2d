using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.EmulatedDriver;

/// <summary>Names and sentences of results, as zero-terminated text that lives as long as the process: callers keep the pointer.</summary>
internal static class ErrorText
{
    private static readonly Dictionary<Result, (nint Name, nint Text)> Known = Enum.GetValues<Result>().ToDictionary(
        static code => code,
        static code => (Marshal.StringToCoTaskMemUTF8(Name(code)), Marshal.StringToCoTaskMemUTF8(Sentence(code))));

    /// <summary>Zero for a code that is not known.</summary>
    public static nint NameOf(int code) => Known.TryGetValue((Result)code, out var found) ? found.Name : 0;

    /// <inheritdoc cref="NameOf"/>
    public static nint TextOf(int code) => Known.TryGetValue((Result)code, out var found) ? found.Text : 0;

    /// <summary>CUDA's spelling: InvalidPtx is CUDA_ERROR_INVALID_PTX.</summary>
    private static string Name(Result code)
    {
        if (code == Result.Success) return "CUDA_SUCCESS";
        var name = new StringBuilder("CUDA_ERROR");
        foreach (char letter in code.ToString()) name.Append(char.IsUpper(letter) ? "_" : "").Append(char.ToUpperInvariant(letter));
        return name.ToString();
    }

    private static string Sentence(Result code) => code switch
    {
        Result.Success => "no error",
        Result.InvalidValue => "invalid argument",
        Result.OutOfMemory => "out of memory",
        Result.NotInitialized => "initialization error",
        Result.NoDevice => "no CUDA-capable device is detected",
        Result.InvalidDevice => "invalid device ordinal",
        Result.InvalidContext => "invalid device context",
        Result.NoBinaryForGpu => "no kernel image is available for execution on the device",
        Result.EccUncorrectable => "uncorrectable ECC error encountered",
        Result.InvalidPtx => "a PTX JIT compilation failed",
        Result.UnsupportedPtxVersion => "the provided PTX was compiled with an unsupported toolchain.",
        Result.InvalidHandle => "invalid resource handle",
        Result.NotFound => "named symbol not found",
        Result.NotReady => "device not ready",
        Result.IllegalAddress => "an illegal memory access was encountered",
        Result.LaunchOutOfResources => "too many resources requested for launch",
        Result.LaunchTimeout => "the launch timed out and was terminated",
        Result.ContextIsDestroyed => "context is destroyed",
        Result.MisalignedAddress => "misaligned address",
        Result.LaunchFailed => "unspecified launch failure",
        Result.NotSupported => "operation not supported",
        Result.StreamCaptureUnsupported => "operation not permitted when stream is capturing",
        Result.StreamCaptureInvalidated => "operation failed due to a previous error during capture",
        Result.StreamCaptureUnjoined => "capturing stream has unjoined work",
        Result.StreamCaptureImplicit => "operation would make the legacy stream depend on a capturing blocking stream",
        Result.Unknown => "unknown error",
        _ => "error " + ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
