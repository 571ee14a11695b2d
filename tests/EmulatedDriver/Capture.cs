namespace Convoke.EmulatedDriver;

/// <summary>CUstreamCaptureMode: whose unsafe calls are refused while a stream captures.</summary>
internal enum CaptureMode
{
    Global = 0,
    ThreadLocal = 1,
    Relaxed = 2,
}

/// <summary>Nodes of a capture after which later work stands.</summary>
internal sealed record CapturedPoint(Capture Capture, IReadOnlyList<GraphNode> Nodes);

/// <summary>The recording of streams into a graph, from cuStreamBeginCapture to cuStreamEndCapture on the same stream.</summary>
internal sealed class Capture
{
    private readonly Dictionary<Stream, List<GraphNode>> _frontiers = [];
    private readonly Graph _graph;
    private readonly Stream _origin;

    public Capture(Stream origin, CaptureMode mode)
    {
        (_origin, Mode, Thread) = (origin, mode, Environment.CurrentManagedThreadId);
        _graph = new(origin.Context!);
        _frontiers.Add(origin, []);
        origin.Capture = this;
    }

    public CaptureMode Mode { get; }

    /// <summary>The thread that began it.</summary>
    public int Thread { get; }

    /// <summary>A call that cannot be captured came in between: nothing but the end is left.</summary>
    public bool IsInvalid { get; set; }

    public bool HasEnded { get; private set; }

    /// <summary>Whether a blocking stream takes part, so that the legacy stream would have to wait for it.</summary>
    public bool HasBlockingStream => _frontiers.Keys.Any(static stream => stream.IsBlocking);

    public void Add(Stream stream, Work work)
    {
        RefuseInvalid();
        GraphNode node = _graph.Add(work, _frontiers[stream]);
        _frontiers[stream] = [node];
    }

    public CapturedPoint Point(Stream stream)
    {
        RefuseInvalid();
        return new(this, [.. _frontiers[stream]]);
    }

    public void Join(Stream stream, CapturedPoint point)
    {
        RefuseInvalid();
        if (stream.Capture is { } other && other != this)
        {
            (IsInvalid, other.IsInvalid) = (true, true);
            throw new DriverError(Result.StreamCaptureMerge, "two captures cannot become one");
        }

        if (stream == stream.Context!.Legacy) throw new DriverError(Result.StreamCaptureImplicit, "the legacy stream cannot be captured");
        stream.Capture = this;
        if (!_frontiers.TryGetValue(stream, out List<GraphNode>? frontier)) _frontiers.Add(stream, frontier = []);
        frontier.AddRange(point.Nodes.Except(frontier));
    }

    /// <summary>Ends the capture, whatever comes of it.</summary>
    /// <exception cref="DriverError">Wrong thread, not the origin (both leave it open), invalidated, or a stream that was drawn in and never joined back.</exception>
    public Graph End(Stream stream)
    {
        if (stream != _origin) throw new DriverError(Result.StreamCaptureUnmatched, "the capture was not begun on this stream");
        if (Mode != CaptureMode.Relaxed && Thread != Environment.CurrentManagedThreadId)
            throw new DriverError(Result.StreamCaptureWrongThread, "the capture was begun by another thread");
        Close();
        RefuseInvalid();
        HashSet<GraphNode> reached = Reached(_frontiers[_origin]);
        if (_frontiers.Values.Any(frontier => !reached.IsSupersetOf(frontier)))
            throw new DriverError(Result.StreamCaptureUnjoined, "work of a stream that was drawn into the capture is not waited for by its first stream");
        return _graph;
    }

    /// <summary>A stream goes away in the middle of its capture.</summary>
    public void Leave(Stream stream)
    {
        IsInvalid = true;
        stream.Capture = null;
        if (stream == _origin) Close();
    }

    private void Close()
    {
        HasEnded = true;
        foreach (Stream member in _frontiers.Keys) member.Capture = null;
    }

    private void RefuseInvalid()
    {
        if (IsInvalid) throw new DriverError(Result.StreamCaptureInvalidated, "a call in between could not be captured");
    }

    private static HashSet<GraphNode> Reached(IEnumerable<GraphNode> from)
    {
        var reached = new HashSet<GraphNode>();
        var open = new Stack<GraphNode>(from);
        while (open.TryPop(out GraphNode? node))
        {
            if (!reached.Add(node)) continue;
            foreach (GraphNode before in node.Before) open.Push(before);
        }

        return reached;
    }
}
