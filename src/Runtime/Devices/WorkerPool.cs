namespace Convoke;

/// <summary>Runs indexed work on a fixed number of threads, of which the caller is one; idle threads spin briefly, then block.</summary>
/// <remarks>The threads know the crew but not the pool, so that a pool nobody holds any more is collected and its threads end.</remarks>
internal sealed class WorkerPool : IDisposable
{
    private readonly WorkerCrew? _crew;
    private int _running;
    private bool _disposed;

    /// <summary>A pool of <paramref name="threads"/> threads; those beside the caller's start with the first run that needs them.</summary>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _crew = threads > 1 ? new WorkerCrew(threads - 1) : null;
    }

    /// <summary>Ends the threads of a lost pool.</summary>
    ~WorkerPool() => _crew?.Stop();

    /// <summary>Threads that work, the caller's included; worker numbers are 0 (the caller) to Threads - 1.</summary>
    public int Threads { get; }

    /// <summary>Runs tasks 0..<paramref name="count"/> - 1 and returns when all are done; allocates nothing once the threads have started.</summary>
    /// <remarks>When a task throws, those not yet begun are skipped and the first exception is rethrown here.</remarks>
    /// <exception cref="InvalidOperationException">The pool is running already: a task, or another thread, called.</exception>
    public void Run(IndexedWork work, int count)
    {
        if (Interlocked.CompareExchange(ref _running, 1, 0) != 0)
            throw new InvalidOperationException("The worker pool is running already; a task must not start another run, and two threads must not share a pool.");
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (count > 1 && _crew is not null) _crew.Run(work, count);
            else
                for (int task = 0; task < count; task++) work.Execute(task, 0);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dispose()
    {
        if (Interlocked.CompareExchange(ref _running, 1, 0) != 0) throw new InvalidOperationException("The worker pool is running and cannot be disposed now.");
        _disposed = true;
        _crew?.Dispose();
        GC.SuppressFinalize(this);
        Volatile.Write(ref _running, 0);
    }
}
