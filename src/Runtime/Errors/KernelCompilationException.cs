namespace Convoke;

/// <summary>NVRTC did not compile a kernel; the message has its errors, each with the numbered source lines around it.</summary>
public sealed class KernelCompilationException : ConvokeException
{
    internal KernelCompilationException(string message, string log) : base(message) => Log = log;

    /// <summary>The compiler's log as it wrote it.</summary>
    public string Log { get; }
}
