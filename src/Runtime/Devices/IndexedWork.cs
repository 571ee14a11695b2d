namespace Convoke;

/// <summary>Tasks 0..count - 1 that may run in any order on any thread; an object rather than a delegate, so that a run allocates nothing.</summary>
internal abstract class IndexedWork
{
    /// <summary>Does task <paramref name="task"/> as worker <paramref name="worker"/>; no two tasks run as one worker at the same time.</summary>
    public abstract void Execute(int task, int worker);
}
