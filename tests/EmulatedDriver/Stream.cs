namespace Convoke.EmulatedDriver;

/// <summary>A queue of operations that run one after another. A blocking stream and the legacy stream wait for each other, a non-blocking one for none.</summary>
internal sealed class Stream(Context context, bool isBlocking) : Resource(context)
{
    public bool IsBlocking { get; } = isBlocking;

    /// <summary>The last operation that was queued.</summary>
    public Operation? Tail { get; set; }

    /// <summary>The capture that it takes part in.</summary>
    public Capture? Capture { get; set; }
}
