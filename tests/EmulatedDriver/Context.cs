using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>The primary context of a device: its memory, its streams, and whether work in it has failed.</summary>
internal sealed class Context
{
    // As many launches as a device queues before a launch waits; it also bounds what a program that never waits keeps here.
    private const int QueuedOperations = 1024;

    private static nint _nextHandle = 0x8000;

    /// <param name="device">Whose it is.</param>
    /// <param name="handle">The handle of the context that this one takes the place of; zero: a new one.</param>
    public Context(Device device, nint handle = 0)
    {
        Device = device;
        Handle = handle != 0 ? handle : _nextHandle++;
        Memory = new(device.MemoryBytes);
        Pinned = new();
        Legacy = new(this, isBlocking: true);
        Scheduler = new(this);
        Driver.Contexts[Handle] = this;
    }

    public nint Handle { get; }

    public Device Device { get; }

    public DeviceMemory Memory { get; }

    public PinnedMemory Pinned { get; }

    public Scheduler Scheduler { get; }

    /// <summary>The stream with the handle 0.</summary>
    public Stream Legacy { get; }

    /// <summary>Host memory that queued copies have yet to read.</summary>
    public List<HostRange> PendingReads { get; } = [];

    /// <summary>Addresses that a queued cuMemFreeAsync frees.</summary>
    public HashSet<ulong> PendingFrees { get; } = [];

    /// <summary>The first failure of work in this context; Success while there was none. It stays until the context is reset.</summary>
    public Result LostBy { get; private set; }

    public bool IsLost => LostBy != Result.Success;

    public void Lose(Result code, string reason)
    {
        if (IsLost) return;
        LostBy = code;
        Driver.LastFault = reason;
    }

    public IEnumerable<Stream> Streams => Driver.Handles.All.OfType<Stream>().Where(stream => stream.Context == this);

    public Stream Stream(nint handle) => handle switch
    {
        0 or 1 => Legacy,
        2 => throw new DriverError(Result.NotSupported, "the per-thread default stream is not emulated"),
        _ => Driver.Handles.Get<Stream>(handle, this),
    };

    /// <summary>Queues work on a stream, or adds it to the graph that the stream captures.</summary>
    /// <returns>The operation, or null where the work was captured.</returns>
    public Operation? Issue(Stream stream, Work work)
    {
        if (stream.Capture is { } capture)
        {
            capture.Add(stream, work);
            return null;
        }

        if (stream == Legacy) CaptureRules.RefuseLegacyStream(this);
        var operation = new Operation(work);
        operation.After(stream.Tail);
        if (stream == Legacy)
        {
            foreach (Stream other in Streams.Where(static other => other.IsBlocking)) operation.After(other.Tail);
        }
        else if (stream.IsBlocking)
        {
            operation.After(Legacy.Tail);
        }

        stream.Tail = operation;
        Scheduler.Submit(operation);
        if (Scheduler.Pending > QueuedOperations) Scheduler.DrainTo(QueuedOperations);
        return operation;
    }

    /// <summary>Everything ends with the context: queued work does not run, memory is freed, handles die.</summary>
    public void Destroy()
    {
        Resource[] resources = [.. Driver.Handles.All.Where(resource => resource.Context == this)];
        // After a failure nothing can be given back one by one, so that what remains is nobody's fault.
        if (!IsLost) Driver.Collected += Pinned.Count + Memory.LiveAllocations + resources.Count(static resource => resource.IsOwnedByCaller);
        Lose(Result.ContextIsDestroyed, Driver.LastFault);
        Scheduler.DrainTo(0);
        foreach (Resource resource in resources) Driver.Handles.Remove(resource);
        Driver.Contexts.Remove(Handle);
        Pinned.Dispose();
        Memory.Dispose();
    }
}
