using System.Globalization;

namespace Convoke;

/// <summary>A call of the CUDA driver failed; the message has the driver's name and text, the call, and the kernel where one was launched.</summary>
public sealed class CudaException : ConvokeException
{
    internal CudaException(int code, string errorName, string errorText, string call, string? kernel, string? launch, bool isContextLost, string? hint = null)
        : base(Compose(code, errorName, errorText, call, kernel, launch, isContextLost, hint))
    {
        (Code, ErrorName, ErrorText, Call, Kernel, Launch, IsContextLost) = (code, errorName, errorText, call, kernel, launch, isContextLost);
    }

    /// <summary>The driver's number: 2 is out of memory, 700 an illegal address.</summary>
    public int Code { get; }

    /// <summary>The driver's name for it: "CUDA_ERROR_OUT_OF_MEMORY".</summary>
    public string ErrorName { get; }

    /// <summary>The driver's sentence for it: "out of memory".</summary>
    public string ErrorText { get; }

    /// <summary>The driver's function that returned it. Work is asynchronous: a kernel's fault is often returned by a later call.</summary>
    public string Call { get; }

    /// <summary>The kernel concerned, or the last one launched before a call that waits; null where none was.</summary>
    public string? Kernel { get; }

    /// <summary>That kernel's launch: "grid 128x1x1, block 256, 0 B dynamic shared"; null where there was none.</summary>
    public string? Launch { get; }

    /// <summary>The device no longer works for this process's models on it, and what its memory held is gone: dispose of them and create them anew.</summary>
    public bool IsContextLost { get; }

    private static string Compose(int code, string errorName, string errorText, string call, string? kernel, string? launch, bool isContextLost, string? hint)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"{call} failed: {errorName} ({code}), {errorText}.");
        if (kernel is not null) message += $" Kernel {kernel}{(launch is null ? "" : ", " + launch)}.";
        if (hint is not null) message += " " + hint;
        if (isContextLost) message += " The device's context is lost, and with it what device memory held: dispose of the models on this device and create them anew.";
        return message;
    }
}
