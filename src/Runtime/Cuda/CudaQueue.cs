namespace Convoke;

/// <summary>A queue of work for the device (a non-blocking stream): copies, clears and kernels run in the order in which they were enqueued, beside the program.</summary>
internal sealed unsafe class CudaQueue : CudaHandle
{
    private CudaKernelHandle? _lastKernel;
    private KernelLaunch _lastLaunch;
    private CudaMark? _start, _end;

    private CudaQueue(DeviceContext context, CUstream value) : base(context, value.Pointer)
    {
    }

    /// <summary>The driver's stream.</summary>
    public CUstream Stream => new() { Pointer = handle };

    /// <summary>What is enqueued now is captured into a graph and does not run.</summary>
    public bool IsCapturing { get; private set; }

    /// <summary>An empty queue.</summary>
    public static CudaQueue Create(DeviceContext context)
    {
        CUstream created = default;
        CudaErrors.Check(DriverAPINativeMethods.Streams.cuStreamCreate(ref created, CUStreamFlags.NonBlocking), "cuStreamCreate", context);
        return new(context, created);
    }

    /// <summary>Copies to the device. Pinned memory is read when the queue gets there, other memory before the call returns.</summary>
    public void CopyToDevice(ulong to, void* from, long bytes)
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2(new CUdeviceptr(to), (nint)from, bytes, Stream), "cuMemcpyHtoDAsync", Context);
    }

    /// <summary>Copies from the device; what stands at <paramref name="to"/> counts after <see cref="Synchronize"/> only.</summary>
    public void CopyFromDevice(void* to, ulong from, long bytes)
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2((nint)to, new CUdeviceptr(from), bytes, Stream), "cuMemcpyDtoHAsync", Context);
    }

    /// <summary>Copies between places of the device that do not overlap.</summary>
    public void CopyOnDevice(ulong to, ulong from, long bytes)
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyDtoDAsync_v2(new CUdeviceptr(to), new CUdeviceptr(from), bytes, Stream), "cuMemcpyDtoDAsync", Context);
    }

    /// <summary>Sets bytes to zero.</summary>
    public void Clear(ulong at, long bytes)
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.MemsetAsync.cuMemsetD8Async(new CUdeviceptr(at), 0, bytes, Stream), "cuMemsetD8Async", Context);
    }

    /// <summary>Waits until the queue is empty. A fault of any kernel in it arrives here.</summary>
    /// <exception cref="CudaException">Work failed; <see cref="CudaException.Kernel"/> is the last one launched.</exception>
    public void Synchronize()
    {
        ThrowIfUnusable();
        CUResult result = DriverAPINativeMethods.Streams.cuStreamSynchronize(Stream);
        if (result == CUResult.Success) return;
        Context.Note(result);
        CudaErrors.Throw(
            result, "cuStreamSynchronize", _lastKernel?.Name, _lastKernel is null ? null : _lastLaunch.ToString(),
            _lastKernel is null ? null : "A kernel's fault arrives late and the kernel named is the last one launched; CONVOKE_DEBUG=3 runs them one by one.");
    }

    /// <summary>From now on work is captured.</summary>
    public void BeginCapture()
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.Streams.cuStreamBeginCapture(Stream, CUstreamCaptureMode.Local), "cuStreamBeginCapture", Context);
        IsCapturing = true;
    }

    /// <summary>Ends the capture and makes a graph of it; after an error the queue no longer captures.</summary>
    public CudaGraphHandle EndCapture()
    {
        ThrowIfUnusable();
        CUgraph graph = default;
        CUResult result = DriverAPINativeMethods.Streams.cuStreamEndCapture(Stream, ref graph);
        if (result != CUResult.Success)
        {
            AbandonCapture();
            CudaErrors.Check(result, "cuStreamEndCapture", Context);
        }

        IsCapturing = false;
        try
        {
            CudaGraphHandle made = CudaGraphHandle.Instantiate(Context, graph);
            CudaTrace.Write(2, $"captured a graph of {made.Nodes} nodes");
            return made;
        }
        finally
        {
            _ = DriverAPINativeMethods.GraphManagment.cuGraphDestroy(graph);
        }
    }

    /// <summary>Ends a capture and drops what it holds; without one nothing happens.</summary>
    public void AbandonCapture()
    {
        if (!IsCapturing || IsClosed) return;
        IsCapturing = false;
        if (Context.IsLost) return;
        CUgraph graph = default;
        _ = DriverAPINativeMethods.Streams.cuStreamEndCapture(Stream, ref graph);
        if (graph.Pointer != 0) _ = DriverAPINativeMethods.GraphManagment.cuGraphDestroy(graph);
    }

    /// <summary>A mark at the end of what the queue has now.</summary>
    public CudaMark Mark()
    {
        ThrowIfUnusable();
        CudaMark mark = CudaMark.Create(Context);
        try
        {
            mark.Record(this);
            return mark;
        }
        catch
        {
            mark.Dispose();
            throw;
        }
    }

    /// <summary>Enqueues a kernel; see <see cref="CudaKernelHandle.Launch"/>.</summary>
    public void Launch(CudaKernelHandle kernel, CUfunction function, in KernelLaunch launch, void** arguments)
    {
        ThrowIfUnusable();
        bool isTimed = CudaTrace.TimesKernels && !IsCapturing;
        if (isTimed) (_start ??= CudaMark.Create(Context)).Record(this);
        CUResult result = NativeBinding.Launch(function, launch.GridX, launch.GridY, launch.GridZ, launch.BlockX, (uint)launch.DynamicSharedBytes, Stream, arguments);
        if (result != CUResult.Success) Fail(result, "cuLaunchKernel", kernel, launch);
        (_lastKernel, _lastLaunch) = (kernel, launch);
        if (isTimed) WaitAndShow(kernel, launch);
        else CudaTrace.Write(2, $"{(IsCapturing ? "captured" : "launched")} {kernel.Name}, {launch}");
    }

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.Streams.cuStreamDestroy_v2(Stream);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            AbandonCapture();
            _start?.Dispose();
            _end?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WaitAndShow(CudaKernelHandle kernel, in KernelLaunch launch)
    {
        (_end ??= CudaMark.Create(Context)).Record(this);
        CUResult result = DriverAPINativeMethods.Streams.cuStreamSynchronize(Stream);
        if (result != CUResult.Success) Fail(result, "cuStreamSynchronize", kernel, launch);
        CudaTrace.Write(3, $"{CudaMark.Milliseconds(_start!, _end) * 1000,10:0.0} us  {kernel.Name}, {launch}");
    }

    private void Fail(CUResult result, string call, CudaKernelHandle kernel, in KernelLaunch launch)
    {
        Context.Note(result);
        CudaErrors.Throw(result, call, kernel.Name, launch.ToString(), null);
    }
}
