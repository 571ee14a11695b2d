namespace Convoke.PtxEmulator;

/// <summary>Hands out blocks to workers.</summary>
internal sealed class Turnstile(long count)
{
    private long _next;

    public bool TryNext(out long turn)
    {
        turn = Interlocked.Increment(ref _next) - 1;
        return turn < count;
    }

    /// <summary>No more blocks: a worker failed.</summary>
    public void Close() => Interlocked.Exchange(ref _next, long.MaxValue / 2);
}
