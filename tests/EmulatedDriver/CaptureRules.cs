namespace Convoke.EmulatedDriver;

/// <summary>Calls that cannot be captured, or that would wait for what is only being recorded: they fail and spoil the capture.</summary>
internal static class CaptureRules
{
    /// <summary>Refuses calls that may synchronize (allocation, loading, copies without a stream), as the mode of each open capture asks.</summary>
    /// <remarks>Global captures concern every thread, thread-local ones the thread that began them, relaxed ones none.</remarks>
    public static void RefuseUnsafe(Context context) =>
        Refuse(context, static capture => capture.Mode == CaptureMode.Global
            || (capture.Mode == CaptureMode.ThreadLocal && capture.Thread == Environment.CurrentManagedThreadId),
            Result.StreamCaptureUnsupported, "the call may wait for the device, and a stream is capturing");

    /// <summary>Refuses a wait for the whole context, which no mode allows.</summary>
    public static void RefuseAny(Context context) =>
        Refuse(context, static _ => true, Result.StreamCaptureUnsupported, "the call waits for all streams, and one of them is capturing");

    /// <summary>Refuses waits for, and questions to, a capturing stream.</summary>
    public static void RefuseCapturing(Stream stream)
    {
        if (stream.Capture is not { } capture) return;
        capture.IsInvalid = true;
        throw new DriverError(Result.StreamCaptureUnsupported, "the stream is capturing");
    }

    /// <summary>Refuses work on the legacy stream, which would wait for every blocking stream, while one of those captures.</summary>
    public static void RefuseLegacyStream(Context context) =>
        Refuse(context, static capture => capture.HasBlockingStream, Result.StreamCaptureImplicit, "the legacy stream would wait for a capturing stream");

    private static void Refuse(Context context, Func<Capture, bool> concerns, Result code, string reason)
    {
        foreach (Stream stream in context.Streams)
        {
            if (stream.Capture is not { } capture || !concerns(capture)) continue;
            capture.IsInvalid = true;
            throw new DriverError(code, reason);
        }
    }
}
