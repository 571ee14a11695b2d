using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Convoke;

/// <summary>The threads of a <see cref="WorkerPool"/> and what they share.</summary>
/// <remarks>
/// A run is published as one 64-bit ticket, (run number, tasks not yet handed out); a task is taken by a compare-and-swap that lowers it. A late
/// thread therefore can never take a task of another run than the one it read, and the caller waits for tasks, not for threads to check in.
/// </remarks>
internal sealed class WorkerCrew : IDisposable
{
    /// <summary>Longer than the gap between two phases of a step, shorter than what a scheduler would make of a busy wait.</summary>
    private static readonly long SpinTicks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * 50 / 1_000_000 : 0;

    private readonly Seat[] _seats;
    private readonly Seat _caller = new();
    private bool _started;
    private volatile bool _stopped;

    private IndexedWork? _work;
    private int _count;
    private long _ticket;
    private int _pending;
    private ExceptionDispatchInfo? _failure;

    public WorkerCrew(int workers)
    {
        _seats = new Seat[workers];
        for (int i = 0; i < workers; i++) _seats[i] = new Seat();
    }

    public void Run(IndexedWork work, int count)
    {
        if (!_started) Start();
        (_work, _count) = (work, count);
        Volatile.Write(ref _pending, count);
        long run = (_ticket >>> 32) + 1;
        Interlocked.Exchange(ref _ticket, (run << 32) | (uint)count);   // a full fence: what stands above is seen by whoever takes a task
        int helpers = Math.Min(_seats.Length, count - 1);
        for (int i = 0; i < helpers; i++) _seats[i].Wake();

        while (TryRunOne(0)) ;
        while (Volatile.Read(ref _pending) != 0) Wait(_caller, static crew => Volatile.Read(ref crew._pending) == 0);

        _work = null;   // the threads hold this crew: through its last work they would keep a lost pool alive
        if (_failure is { } failure)
        {
            _failure = null;
            failure.Throw();
        }
    }

    /// <summary>Lets the threads end; harmless when repeated, and from a finalizer.</summary>
    public void Stop()
    {
        _stopped = true;
        if (!_started) return;
        Interlocked.MemoryBarrier();
        foreach (Seat seat in _seats) seat.Wake();
    }

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dispose()
    {
        Stop();
        foreach (Seat seat in _seats)
        {
            seat.Thread?.Join();
            seat.Dispose();
        }
        _caller.Dispose();
        _started = false;
    }

    private void Start()
    {
        for (int i = 0; i < _seats.Length; i++)
        {
            int worker = i + 1;
            _seats[i].Thread = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"Convoke worker {worker}" };
            _seats[i].Thread!.UnsafeStart();   // no flow of the first caller's context, which would live as long as the thread
        }
        _started = true;
    }

    private void Loop(int worker)
    {
        Seat seat = _seats[worker - 1];
        while (!_stopped)
        {
            if (!TryRunOne(worker)) Wait(seat, static crew => crew._stopped || (uint)Volatile.Read(ref crew._ticket) != 0);
        }
    }

    /// <summary>Takes and does one task, if there is one; in a frame of its own, so that a sleeping thread's stack does not hold the work.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryRunOne(int worker)
    {
        if (!TryTake(out IndexedWork? work, out int task)) return false;
        Execute(work, task, worker);
        return true;
    }

    private bool TryTake([NotNullWhen(true)] out IndexedWork? work, out int task)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            int left = (int)(uint)ticket;
            // While tasks are left the run is unfinished, so these two are its own as long as the ticket has not moved: the exchange proves that.
            (work, task) = (_work!, _count - left);
            if (left == 0) return false;
            if (Interlocked.CompareExchange(ref _ticket, ticket - 1, ticket) == ticket) return true;
        }
    }

    private void Execute(IndexedWork work, int task, int worker)
    {
        try
        {
            if (_failure is null) work.Execute(task, worker);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
        if (Interlocked.Decrement(ref _pending) == 0 && worker != 0) _caller.Wake();
    }

    /// <summary>Spins, then blocks until woken or ready; may return early, so callers look again.</summary>
    private void Wait(Seat seat, Func<WorkerCrew, bool> ready)
    {
        long end = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            for (int i = 0; i < 8; i++)
            {
                if (ready(this)) return;
                Thread.SpinWait(8);
            }
        }
        while (Stopwatch.GetTimestamp() < end);
        seat.RaiseFlag();
        if (ready(this)) seat.LowerFlag();
        else seat.Block();
    }

    /// <summary>Where one thread sleeps.</summary>
    private sealed class Seat : IDisposable
    {
        private readonly AutoResetEvent _signal = new(false);
        private int _asleep;

        public Thread? Thread { get; set; }

        /// <summary>Says that the sleeper is about to block; a full fence, after which it must look once more.</summary>
        public void RaiseFlag() => Interlocked.Exchange(ref _asleep, 1);

        /// <summary>Takes the flag back; where a waker was faster, its signal is on the way and is awaited.</summary>
        public void LowerFlag()
        {
            if (Interlocked.Exchange(ref _asleep, 0) == 0) _signal.WaitOne();
        }

        public void Block() => _signal.WaitOne();

        /// <summary>Call after a full fence behind the write that the sleeper waits for.</summary>
        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1) _signal.Set();
        }

        public void Dispose() => _signal.Dispose();
    }
}
