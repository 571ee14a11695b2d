namespace Convoke.EmulatedDriver;

/// <summary>CUgraphNodeType, as far as there are such nodes here.</summary>
internal enum NodeType
{
    Kernel = 0,
    Copy = 1,
    Fill = 2,
    Empty = 5,
}

/// <summary>What one operation of a stream, or one node of a graph, does. It does not change once made, so that graphs share it with their launches.</summary>
internal abstract class Work
{
    public abstract NodeType Type { get; }

    public abstract void Run(Context context);

    /// <summary>It was queued: by a call on a stream, or by the launch of its graph.</summary>
    public virtual void Issued(Context context)
    {
    }

    /// <summary>It left the queue, run or not.</summary>
    public virtual void Retired(Context context)
    {
    }
}

/// <summary>A point in a stream: an event, a wait for one, the ends of a graph launch.</summary>
internal sealed class Marker : Work
{
    public static Marker Instance { get; } = new();

    public override NodeType Type => NodeType.Empty;

    public override void Run(Context context)
    {
    }
}
