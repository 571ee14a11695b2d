using System.Diagnostics;

namespace Convoke.EmulatedDriver;

/// <summary>One piece of work that waits its turn: what to do, and what must be done before.</summary>
internal sealed class Operation(Work work)
{
    private readonly List<Operation> _before = [];
    private readonly List<Operation> _after = [];
    private int _neededBy;

    public Work Work { get; } = work;

    /// <summary>Its place in the order of issue.</summary>
    public long Number { get; set; }

    public bool IsDone { get; private set; }

    /// <summary>When it was done: <see cref="Stopwatch"/> ticks.</summary>
    public long DoneAt { get; private set; }

    public bool IsReady => _before.Count == 0;

    /// <summary>This operation starts after <paramref name="other"/> is done. To be said before it is submitted.</summary>
    public void After(Operation? other)
    {
        if (other is null || other.IsDone || _before.Contains(other)) return;
        _before.Add(other);
        other._after.Add(this);
    }

    /// <summary>Marks it done; the operations that are ready now because of it.</summary>
    public IEnumerable<Operation> Finish()
    {
        (IsDone, DoneAt) = (true, Stopwatch.GetTimestamp());
        foreach (Operation next in _after)
        {
            next._before.Remove(this);
            if (next.IsReady) yield return next;
        }

        _after.Clear();
    }

    public bool IsNeededBy(int wait) => _neededBy == wait;

    /// <summary>Marks this operation and all that stand before it, directly or not, as needed by a wait.</summary>
    public void Need(int wait)
    {
        var open = new Stack<Operation>([this]);
        while (open.TryPop(out Operation? operation))
        {
            if (operation.IsDone || operation._neededBy == wait) continue;
            operation._neededBy = wait;
            foreach (Operation before in operation._before) open.Push(before);
        }
    }
}
