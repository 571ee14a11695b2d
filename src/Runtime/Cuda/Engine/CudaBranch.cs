namespace Convoke;

/// <summary>A second queue beside a model's own, for launches that only the last of a pass waits for; in a graph they become a branch.</summary>
internal sealed class CudaBranch : IDisposable
{
    private readonly CudaQueue _main;
    private readonly CudaMark _mark;

    public CudaBranch(CudaSession session, CudaQueue main)
    {
        _main = main;
        Queue = session.CreateQueue();
        try
        {
            _mark = Queue.Mark();
        }
        catch
        {
            Queue.Dispose();
            throw;
        }
    }

    /// <summary>The branch.</summary>
    public CudaQueue Queue { get; }

    /// <summary>What the branch gets from now on waits for what the main queue has.</summary>
    public void Fork()
    {
        _mark.Record(_main);
        _mark.HoldBack(Queue);
    }

    /// <summary>What the main queue gets from now on waits for what the branch has.</summary>
    public void Join()
    {
        _mark.Record(Queue);
        _mark.HoldBack(_main);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Queue.Dispose();
        _mark.Dispose();
    }
}
