namespace Convoke;

/// <summary>Waits for asynchronous work where the caller has no use for a task.</summary>
internal static class Blocking
{
    /// <summary>Runs <paramref name="work"/> off any synchronisation context, and waits: the caller's thread may be the one that continuations want.</summary>
    public static T Wait<T>(Func<CancellationToken, Task<T>> work) => Task.Run(() => work(CancellationToken.None)).GetAwaiter().GetResult();
}
