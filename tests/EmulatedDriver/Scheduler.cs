using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>
/// Runs the queued operations of a context, as late and in as odd an order as their dependencies allow: nothing runs before something waits for it, and what
/// may run next is drawn by the seed, work that nobody waits for included. A program that relies on an order that it did not ask for shows it under some seed.
/// </summary>
internal sealed class Scheduler(Context context)
{
    private readonly List<Operation> _ready = [];
    private uint _random = (uint)Driver.Settings.Seed * 2654435769u | 1;
    private long _issued;
    private int _waits;

    /// <summary>Operations that are queued and not done.</summary>
    public int Pending { get; private set; }

    public void Submit(Operation operation)
    {
        operation.Number = _issued++;
        Pending++;
        operation.Work.Issued(context);
        if (operation.IsReady) _ready.Add(operation);
    }

    /// <summary>Runs until an operation is done; null is done.</summary>
    public void Drain(Operation? target)
    {
        if (target is null or { IsDone: true }) return;
        int wait = ++_waits;
        target.Need(wait);
        while (!target.IsDone) Run(Choose(wait));
    }

    /// <summary>Runs until at most so many operations are queued.</summary>
    public void DrainTo(int pending)
    {
        while (Pending > pending) Run(Choose(wait: 0));
    }

    /// <summary>Runs one operation, if there is any: a program that polls makes progress.</summary>
    public void Poll()
    {
        if (Pending > 0) Run(Choose(wait: 0));
    }

    private bool IsInOrder => Driver.Settings.Seed == 0;

    /// <summary>The place in <see cref="_ready"/> of the next operation: one that the wait needs, or, by a coin, any. Wait 0 needs all.</summary>
    private int Choose(int wait)
    {
        bool any = wait == 0 || (!IsInOrder && (Next() & 1) == 0);
        int chosen = -1, seen = 0;
        for (int i = 0; i < _ready.Count; i++)
        {
            if (!any && !_ready[i].IsNeededBy(wait)) continue;
            seen++;
            if (chosen < 0 || (IsInOrder ? _ready[i].Number < _ready[chosen].Number : Next() % (uint)seen == 0)) chosen = i;
        }

        // Dependencies point to earlier operations only, so that something is always ready.
        return chosen >= 0 ? chosen : throw new InvalidOperationException("no queued operation is ready");
    }

    private void Run(int index)
    {
        Operation operation = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        try
        {
            // After a failure the queue empties without effect.
            if (!context.IsLost) operation.Work.Run(context);
        }
        catch (DeviceFaultException fault)
        {
            context.Lose(DeviceFaults.ToResult(fault.Kind), fault.Message);
        }
        catch (ContextFault fault)
        {
            context.Lose(fault.Code, fault.Message);
        }

        operation.Work.Retired(context);
        Pending--;
        _ready.AddRange(operation.Finish());
    }

    /// <summary>Marsaglia's xorshift32: the order must not depend on the runtime's version.</summary>
    public uint Next()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }
}
