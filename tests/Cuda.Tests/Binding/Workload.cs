namespace Convoke.Cuda.Tests.Binding;

/// <summary>One use of everything that a session offers; each run checks its own results.</summary>
internal static unsafe class Workload
{
    public const int Count = 1000;
    private const int BlockX = 256;

    /// <summary>y = 3x + 1, on the queue and then as a graph, twice.</summary>
    public static void Run(ImageCache cache)
    {
        using CudaSession session = CudaSession.Open(0, CudaDriver.Run(), cache, ImageMode.Ptx);
        session.MakeCurrent();
        Assert.True(session.Memory().Free > 0);
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaKernelHandle scale = module.GetKernel("scale");
        scale.EnsureDynamicShared(64 * 1024);
        using DeviceBlock x = session.Allocate(Count * sizeof(float)), y = session.Allocate(Count * sizeof(float));
        using PinnedBlock host = session.AllocatePinned(Count * sizeof(float));
        using CudaQueue queue = session.CreateQueue();
        using CudaMark start = queue.Mark();

        Span<float> values = new(host.Pointer, Count);
        for (int i = 0; i < values.Length; i++) values[i] = i;
        queue.CopyToDevice(x.Pointer, host.Pointer, x.Bytes);
        queue.Clear(y.Pointer, y.Bytes);
        Launch(scale, queue, x.Pointer, y.Pointer, 3, 64 * 1024);
        queue.CopyFromDevice(host.Pointer, y.Pointer, y.Bytes);
        queue.Synchronize();
        for (int i = 0; i < values.Length; i++) Assert.Equal(3f * i + 1, values[i]);

        queue.BeginCapture();
        Launch(scale, queue, y.Pointer, x.Pointer, 2, 0);
        queue.CopyOnDevice(y.Pointer, x.Pointer, x.Bytes);
        using CudaGraphHandle graph = queue.EndCapture();
        Assert.Equal(2, graph.Nodes);
        graph.Launch(queue);
        graph.Launch(queue);
        using CudaQueue beside = session.CreateQueue();
        using CudaMark end = queue.Mark();
        end.HoldBack(beside);
        queue.CopyFromDevice(host.Pointer, y.Pointer, y.Bytes);
        end.Wait();
        Assert.True(end.IsDone);
        Assert.True(CudaMark.Milliseconds(start, end) >= 0);
        queue.Synchronize();
        for (int i = 0; i < values.Length; i++) Assert.Equal(2 * (2 * (3f * i + 1) + 1) + 1, values[i]);
    }

    /// <summary>to = factor * from + 1.</summary>
    public static void Launch(CudaKernelHandle kernel, CudaQueue queue, ulong from, ulong to, float factor, int dynamicSharedBytes)
    {
        int count = Count;
        void** arguments = stackalloc void*[] { &from, &to, &factor, &count };
        kernel.Launch(queue, (Count + BlockX - 1) / BlockX, 1, 1, BlockX, dynamicSharedBytes, arguments);
    }
}
