namespace Convoke;

/// <summary>Lets one thread at a time into a model, cheaply, and says so when a second one comes.</summary>
internal sealed class ModelGuard(string modelName)
{
    private int _owner;
    private bool _pausedForCallback;
    private bool _disposed;

    /// <summary>Enters; dispose the result to leave. Not kept across a callback: see <see cref="Pause"/>.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is inside, or this one is and has not paused.</exception>
    public Lease Enter()
    {
        int thread = Environment.CurrentManagedThreadId;
        int owner = Interlocked.CompareExchange(ref _owner, thread, 0);
        bool nested = owner == thread && _pausedForCallback;
        if (owner != 0 && !nested)
            throw new InvalidOperationException($"{modelName} is in use: a model computes one call at a time. Wait for the other call, or create one model per thread.");
        _pausedForCallback = false;
        if (_disposed)
        {
            Volatile.Write(ref _owner, 0);
            throw new ObjectDisposedException(modelName);
        }
        return new Lease(this, nested);
    }

    /// <summary>Between two steps, while a callback of the user runs on this thread: lets that callback use the model. Ends with <see cref="Resume"/>.</summary>
    public void Pause() => _pausedForCallback = true;

    /// <summary>Ends a pause.</summary>
    public void Resume() => _pausedForCallback = false;

    /// <summary>Closes the model for good; false when it was closed before.</summary>
    public bool TryClose()
    {
        int owner = Interlocked.CompareExchange(ref _owner, Environment.CurrentManagedThreadId, 0);
        if (owner != 0) throw new InvalidOperationException($"{modelName} is in use and cannot be disposed now.");
        bool first = !_disposed;
        _disposed = true;
        Volatile.Write(ref _owner, 0);
        return first;
    }

    /// <summary>One stay inside.</summary>
    public readonly struct Lease(ModelGuard guard, bool nested) : IDisposable
    {
        /// <summary>Leaves.</summary>
        public void Dispose()
        {
            if (nested) guard._pausedForCallback = true;
            else Volatile.Write(ref guard._owner, 0);
        }
    }
}
