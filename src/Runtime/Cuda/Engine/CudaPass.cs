namespace Convoke;

/// <summary>One kind of pass (a training step, a forward pass, one with losses): launched kernel by kernel, or as a graph that was captured once per batch size.</summary>
/// <remarks>A size is captured when it comes the second time: a size that comes once is not worth it.</remarks>
internal sealed class CudaPass(CudaAreas areas, CudaQueue queue, CudaBranch? branch, bool useGraphs, params CudaLaunches[] parts) : IDisposable
{
    /// <summary>Sizes whose graphs are kept: a full batch, the last one of an epoch, the same of a second data set.</summary>
    private const int MaxGraphs = 8;

    private readonly Dictionary<int, CudaGraphHandle?> _graphs = [];
    private int _generation = -1;

    /// <summary>Enqueues the pass for a batch of <paramref name="n"/> samples.</summary>
    public void Enqueue(int n)
    {
        if (_generation != areas.Generation) Rebind();
        if (!useGraphs || CudaTrace.TimesKernels)
        {
            EnqueueKernels(n);
            return;
        }
        if (!_graphs.TryGetValue(n, out CudaGraphHandle? graph))
        {
            if (_graphs.Count == MaxGraphs) DropGraphs();
            _graphs[n] = null;
            EnqueueKernels(n);
            return;
        }
        _graphs[n] = graph ??= Capture(n);
        graph.Launch(queue);
    }

    /// <inheritdoc/>
    public void Dispose() => DropGraphs();

    private CudaGraphHandle Capture(int n)
    {
        queue.BeginCapture();
        try
        {
            EnqueueKernels(n, branch);
            return queue.EndCapture();
        }
        catch
        {
            queue.AbandonCapture();
            throw;
        }
    }

    private void EnqueueKernels(int n, CudaBranch? beside = null)
    {
        foreach (CudaLaunches part in parts) part.Enqueue(queue, n, beside);
    }

    private void Rebind()
    {
        DropGraphs();
        foreach (CudaLaunches part in parts) part.Bind(areas);
        _generation = areas.Generation;
    }

    private void DropGraphs()
    {
        foreach (CudaGraphHandle? graph in _graphs.Values) graph?.Dispose();
        _graphs.Clear();
    }
}
