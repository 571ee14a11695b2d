using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Convoke;

/// <summary>The driver's results as text and as exceptions.</summary>
internal static class CudaErrors
{
    /// <summary>"CUDA_ERROR_NO_DEVICE".</summary>
    public static string Name(CUResult result)
    {
        IntPtr text = 0;
        return DriverAPINativeMethods.ErrorHandling.cuGetErrorName(result, ref text) == CUResult.Success && text != 0
            ? Marshal.PtrToStringUTF8(text)!
            : string.Create(CultureInfo.InvariantCulture, $"CUDA_ERROR_{(int)result}");
    }

    /// <summary>The driver's sentence: "no CUDA-capable device is detected".</summary>
    public static string Text(CUResult result)
    {
        IntPtr text = 0;
        return DriverAPINativeMethods.ErrorHandling.cuGetErrorString(result, ref text) == CUResult.Success && text != 0
            ? Marshal.PtrToStringUTF8(text)!
            : "the driver has no text for it";
    }

    /// <summary>"CUDA_ERROR_NO_DEVICE (100): no CUDA-capable device is detected".</summary>
    public static string Describe(CUResult result) => string.Create(CultureInfo.InvariantCulture, $"{Name(result)} ({(int)result}): {Text(result)}");

    /// <summary>True for errors after which the driver answers every call on the context with the same error: what its memory holds is gone.</summary>
    public static bool LosesContext(CUResult result) => result is
        CUResult.ErrorDeinitialized or CUResult.ErrorECCUncorrectable or CUResult.NVLinkUncorrectable or CUResult.ErrorIllegalAddress or CUResult.ErrorLaunchTimeout
        or CUResult.ErrorContextIsDestroyed or CUResult.ErrorAssert or CUResult.ErrorHardwareStackError or CUResult.ErrorIllegalInstruction or CUResult.ErrorMisalignedAddress
        or CUResult.ErrorInvalidAddressSpace or CUResult.ErrorInvalidPC or CUResult.ErrorLaunchFailed or CUResult.ErrorUnknown;

    /// <summary>Throws for anything but success.</summary>
    public static void Check(CUResult result, string call)
    {
        if (result != CUResult.Success) Throw(result, call, null, null, null);
    }

    /// <summary>Throws for anything but success, and notes in the context when it is lost.</summary>
    public static void Check(CUResult result, string call, DeviceContext context)
    {
        if (result == CUResult.Success) return;
        context.Note(result);
        Throw(result, call, null, null, null);
    }

    /// <summary>An exception with all that is known.</summary>
    /// <param name="result">Not success.</param>
    /// <param name="call">The driver's function.</param>
    /// <param name="kernel">Kernel that was launched, where it is one.</param>
    /// <param name="launch">Its launch, in words.</param>
    /// <param name="hint">A sentence more for the message.</param>
    [DoesNotReturn]
    public static void Throw(CUResult result, string call, string? kernel, string? launch, string? hint) =>
        throw new CudaException((int)result, Name(result), Text(result), call, kernel, launch, LosesContext(result), hint);
}
