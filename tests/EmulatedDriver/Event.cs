namespace Convoke.EmulatedDriver;

/// <summary>A point in a stream, or in a capture, that others wait for.</summary>
internal sealed class Event(Context context, bool hasTime) : Resource(context)
{
    public bool HasTime { get; } = hasTime;

    /// <summary>The operation that stands for the last record, null before the first.</summary>
    public Operation? Recorded { get; private set; }

    /// <summary>Set where the last record was captured: it is a point of that graph, and never happens by itself.</summary>
    public CapturedPoint? Captured { get; private set; }

    public void Record(Stream stream)
    {
        if (stream.Capture is { } capture)
        {
            Captured = capture.Point(stream);
            return;
        }

        Recorded = Context!.Issue(stream, Marker.Instance);
        Captured = null;
    }

    /// <summary>Makes all later work of a stream wait for the last record. A captured record draws the stream into the capture.</summary>
    public void Wait(Stream stream)
    {
        if (Captured is { } point)
        {
            if (point.Capture.HasEnded) throw new DriverError(Result.CapturedEvent, "the event is a point of a capture that has ended");
            point.Capture.Join(stream, point);
        }
        else if (stream.Capture is { } capture && Recorded is not null)
        {
            capture.IsInvalid = true;
            throw new DriverError(Result.StreamCaptureIsolation, "a capturing stream cannot wait for an event that was recorded outside of the capture");
        }
        else if (Recorded is { IsDone: false } recorded)
        {
            var wait = new Operation(Marker.Instance);
            wait.After(stream.Tail);
            wait.After(recorded);
            stream.Tail = wait;
            Context!.Scheduler.Submit(wait);
        }
    }

    /// <exception cref="DriverError">CapturedEvent: it was recorded into a graph, and nobody can ask it.</exception>
    public void RefuseCaptured()
    {
        if (Captured is not { } point) return;
        point.Capture.IsInvalid = true;
        throw new DriverError(Result.CapturedEvent, "the event was last recorded in a capturing stream");
    }
}
