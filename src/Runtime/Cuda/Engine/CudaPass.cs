namespace Convoke;

/// <summary>One kind of pass (a training step, a forward pass, one with losses): launched kernel by kernel, or as graphs that were captured once per batch size.</summary>
/// <remarks>
/// A size is captured when it comes the second time: a size that comes once is not worth it. Passes that follow each other may be deferred, and then go as graphs of
/// many: between two graphs a device pauses for longer than between two kernels of one.
/// </remarks>
internal sealed class CudaPass(CudaAreas areas, CudaQueue queue, bool useGraphs, params CudaLaunches[] parts) : IDisposable
{
    /// <summary>Graphs that are kept: a full batch, the last one of an epoch, the same of a second data set, and many of each.</summary>
    private const int MaxGraphs = 16;

    /// <summary>Passes of a graph; what is left over goes by fewer at a time, then one by one.</summary>
    private const int Many = 32, Few = 4;

    private readonly Dictionary<(int Samples, int Passes), CudaGraphHandle?> _graphs = [];
    private int _generation = -1, _deferred, _deferredSamples;

    /// <summary>Enqueues the pass for a batch of <paramref name="n"/> samples, behind those that were deferred.</summary>
    public void Enqueue(int n)
    {
        Flush();
        EnqueueNow(n);
    }

    /// <summary>Enqueues the pass soon: with the next ones of its kind, or when <see cref="Flush"/> is called, which must come before anything else is enqueued.</summary>
    public void Defer(int n)
    {
        if (!useGraphs || CudaTrace.TimesKernels)
        {
            EnqueueNow(n);
            return;
        }
        if (n != _deferredSamples) Flush();
        _deferredSamples = n;
        if (++_deferred < Many) return;
        _deferred = 0;
        Graph(n, Many).Launch(queue);
    }

    /// <summary>Enqueues what was deferred.</summary>
    public void Flush()
    {
        while (_deferred > 0)
        {
            int passes = _deferred >= Few ? Few : 1;
            _deferred -= passes;
            if (passes == 1) EnqueueNow(_deferredSamples);
            else Graph(_deferredSamples, passes).Launch(queue);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DropGraphs();

    private void EnqueueNow(int n)
    {
        if (!useGraphs || CudaTrace.TimesKernels)
        {
            Rebind();
            EnqueueKernels(n);
        }
        else if (!_graphs.ContainsKey((n, 1)))
        {
            Rebind();
            Remember(n, 1, null);
            EnqueueKernels(n);
        }
        else
        {
            Graph(n, 1).Launch(queue);
        }
    }

    private CudaGraphHandle Graph(int n, int passes)
    {
        Rebind();
        if (_graphs.GetValueOrDefault((n, passes)) is { } known) return known;
        CudaGraphHandle graph = Capture(n, passes);
        Remember(n, passes, graph);
        return graph;
    }

    private void Remember(int n, int passes, CudaGraphHandle? graph)
    {
        if (_graphs.Count == MaxGraphs) DropGraphs();
        _graphs[(n, passes)] = graph;
    }

    private CudaGraphHandle Capture(int n, int passes)
    {
        queue.BeginCapture();
        try
        {
            for (int i = 0; i < passes; i++) EnqueueKernels(n);
            return queue.EndCapture();
        }
        catch
        {
            queue.AbandonCapture();
            throw;
        }
    }

    private void EnqueueKernels(int n)
    {
        foreach (CudaLaunches part in parts) part.Enqueue(queue, n);
    }

    /// <summary>Takes the areas' addresses where they moved since.</summary>
    private void Rebind()
    {
        if (_generation == areas.Generation) return;
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
