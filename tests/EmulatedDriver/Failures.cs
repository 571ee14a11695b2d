namespace Convoke.EmulatedDriver;

/// <summary>A call is refused: the code goes back to the caller, the reason to <c>cvkEmuLastFault</c>. The context stays healthy.</summary>
internal sealed class DriverError(Result code, string reason) : Exception(reason)
{
    public Result Code { get; } = code;
}

/// <summary>Queued work failed on the device: the context is lost, and every later call in it returns the code.</summary>
internal sealed class ContextFault(Result code, string reason) : Exception(reason)
{
    public Result Code { get; } = code;
}
