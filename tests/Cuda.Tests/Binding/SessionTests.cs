using System.Runtime.CompilerServices;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>What the CUDA engine is written against, on the emulated driver.</summary>
[Collection(DriverTests.Name)]
public sealed unsafe class SessionTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public SessionTests() => EmulatedDriver.StartTest();

    private ImageCache Cache => new(_folder.Path);

    public void Dispose()
    {
        _folder.Dispose();
        EmulatedDriver.EndTest();
    }

    [EmulatedFact]
    public void Everything_together_computes_what_it_should() => Workload.Run(Cache);

    [EmulatedFact]
    public void The_probe_describes_the_device()
    {
        CudaProbe probe = CudaDriver.Run();
        Assert.True(probe.Available, probe.Explanation);
        CudaDeviceInfo device = Assert.Single(probe.Devices);
        Assert.Equal((0, 9, 0, 132), (device.Ordinal, device.Major, device.Minor, device.Multiprocessors));
        Assert.Contains(device.Name, probe.Explanation, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_device_that_there_is_not_lists_those_that_there_are()
    {
        string message = Assert.Throws<DeviceNotAvailableException>(static () => CudaSession.Open(7)).Message;
        Assert.StartsWith("CUDA device 7 is not available: driver ", message, StringComparison.Ordinal);
        Assert.Contains("device 0: ", message, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_driver_that_refuses_cubins_gets_PTX_once_and_for_all()
    {
        using TraceCapture trace = new(level: 1);
        using CudaSession session = Open(ImageMode.Automatic);
        using CudaModuleHandle first = session.LoadModule(Sources.Device, "device.cu");
        Assert.True(first.Compiled.IsPtx);
        string text = trace.TakeText();
        Assert.Contains("refuses a cubin for sm_90 (CUDA_ERROR_NO_BINARY_FOR_GPU)", text, StringComparison.Ordinal);

        using CudaModuleHandle second = session.LoadModule(Sources.Axpy, "axpy.cu");
        Assert.True(second.Compiled.IsPtx);
        Assert.DoesNotContain("sm_90", trace.TakeText(), StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_forced_cubin_that_the_driver_refuses_is_an_error()
    {
        using CudaSession session = Open(ImageMode.Cubin);
        CudaException failure = Assert.Throws<CudaException>(() => session.LoadModule(Sources.Device, "device.cu"));
        Assert.Equal((209, "CUDA_ERROR_NO_BINARY_FOR_GPU", false), (failure.Code, failure.ErrorName, failure.IsContextLost));
        Assert.Contains("does not load device.cu", failure.Message, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_kernel_that_there_is_not_is_named()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaException failure = Assert.Throws<CudaException>(() => module.GetKernel("scael"));
        Assert.Equal((500, "cuModuleGetFunction", "scael"), (failure.Code, failure.Call, failure.Kernel));
    }

    [EmulatedFact]
    public void Too_much_memory_is_an_error_with_both_numbers_and_the_session_goes_on()
    {
        using CudaSession session = Open();
        (long free, long total) = session.Memory();
        CudaException failure = Assert.Throws<CudaException>(() => session.Allocate(total + 1));
        Assert.Equal((2, "CUDA_ERROR_OUT_OF_MEMORY", "cuMemAlloc", false), (failure.Code, failure.ErrorName, failure.Call, failure.IsContextLost));
        Assert.Contains($"{total + 1} bytes were asked for; {free} of the device's {total} are free.", failure.Message, StringComparison.Ordinal);
        using DeviceBlock block = session.Allocate(1000);
        Assert.Equal(0UL, block.Pointer % 256);
    }

    [EmulatedFact]
    public void Empty_blocks_are_blocks()
    {
        using CudaSession session = Open();
        using DeviceBlock device = session.Allocate(0);
        using PinnedBlock pinned = session.AllocatePinned(0);
        Assert.Equal((0L, 0L), (device.Bytes, pinned.Bytes));
        Assert.NotEqual(0UL, device.Pointer);
    }

    [EmulatedFact]
    public void More_shared_memory_than_48_KB_must_be_asked_for()
    {
        const int bytes = 60 * 1024;
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaKernelHandle kernel = module.GetKernel("use_shared");
        using DeviceBlock to = session.Allocate(sizeof(float));
        using CudaQueue queue = session.CreateQueue();

        CudaException failure = Assert.Throws<CudaException>(Launch);
        Assert.Equal(("cuLaunchKernel", "use_shared", "grid 1x1x1, block 128, 61440 B dynamic shared"), (failure.Call, failure.Kernel, failure.Launch));
        Assert.Contains("Kernel use_shared, grid 1x1x1, block 128, 61440 B dynamic shared.", failure.Message, StringComparison.Ordinal);

        kernel.EnsureDynamicShared(bytes);
        Launch();
        float read;
        queue.CopyFromDevice(&read, to.Pointer, sizeof(float));
        queue.Synchronize();
        Assert.Equal(bytes / sizeof(float) - 1, read);

        CudaException tooMuch = Assert.Throws<CudaException>(() => kernel.EnsureDynamicShared(1 << 20));
        Assert.Equal(("cuFuncSetAttribute", "use_shared"), (tooMuch.Call, tooMuch.Kernel));

        void Launch()
        {
            ulong at = to.Pointer;
            int count = bytes / sizeof(float);
            void** arguments = stackalloc void*[] { &at, &count };
            kernel.Launch(queue, 1, 1, 1, 128, bytes, arguments);
        }
    }

    [EmulatedFact]
    public void A_launch_allocates_nothing()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaKernelHandle scale = module.GetKernel("scale");
        using DeviceBlock x = session.Allocate(Workload.Count * sizeof(float)), y = session.Allocate(Workload.Count * sizeof(float));
        using CudaQueue queue = session.CreateQueue();
        queue.Clear(x.Pointer, x.Bytes);
        queue.BeginCapture();
        Workload.Launch(scale, queue, x.Pointer, y.Pointer, 1, 0);
        using CudaGraphHandle graph = queue.EndCapture();
        Once();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Once()
        {
            session.MakeCurrent();
            Workload.Launch(scale, queue, x.Pointer, y.Pointer, 1, 0);
            graph.Launch(queue);
            queue.CopyOnDevice(x.Pointer, y.Pointer, y.Bytes);
            queue.Synchronize();
        }
    }

    [EmulatedFact]
    public void Another_thread_works_after_MakeCurrent()
    {
        using CudaSession session = Open();
        Exception? failure = null;
        Thread other = new(() => failure = Record.Exception(() =>
        {
            session.MakeCurrent();
            using DeviceBlock block = session.Allocate(16);
            using CudaQueue queue = session.CreateQueue();
            queue.Clear(block.Pointer, 16);
            queue.Synchronize();
        }));
        other.Start();
        other.Join();
        Assert.Null(failure);
    }

    [EmulatedFact]
    public void Who_disposes_on_another_thread_leaves_that_threads_context_as_it_was()
    {
        using CudaSession session = Open();
        DeviceBlock block = session.Allocate(16);
        int code = 0;
        Thread other = new(() =>
        {
            block.Dispose();
            // This thread had no context before, so it has none now.
            code = (Record.Exception(() => session.Allocate(16)) as CudaException)?.Code ?? 0;
        });
        other.Start();
        other.Join();
        Assert.Equal(201, code);
        Assert.Equal(0, EmulatedDriver.Leaks.DeviceBlocks);
    }

    [EmulatedFact]
    public void An_abandoned_capture_ran_nothing_and_the_queue_works_on()
    {
        using CudaSession session = Open();
        using DeviceBlock block = session.Allocate(4);
        using CudaQueue queue = session.CreateQueue();
        queue.Clear(block.Pointer, 4);
        int one = 1, read = -1;
        queue.Synchronize();
        queue.BeginCapture();
        queue.CopyToDevice(block.Pointer, &one, 4);
        Assert.True(queue.IsCapturing);
        queue.AbandonCapture();
        queue.AbandonCapture();
        Assert.False(queue.IsCapturing);
        queue.CopyFromDevice(&read, block.Pointer, 4);
        queue.Synchronize();
        Assert.Equal(0, read);
    }

    [EmulatedFact]
    public void A_wait_inside_of_a_capture_is_an_error_and_the_queue_works_on()
    {
        using CudaSession session = Open();
        using DeviceBlock block = session.Allocate(4);
        using CudaQueue queue = session.CreateQueue();
        queue.BeginCapture();
        queue.Clear(block.Pointer, 4);
        Assert.StartsWith("CUDA_ERROR_STREAM_CAPTURE", Assert.Throws<CudaException>(queue.Synchronize).ErrorName, StringComparison.Ordinal);
        CudaException failure = Assert.Throws<CudaException>(queue.EndCapture);
        Assert.Equal(("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "cuStreamEndCapture"), (failure.ErrorName, failure.Call));
        Assert.False(queue.IsCapturing);
        queue.Clear(block.Pointer, 4);
        queue.Synchronize();
    }

    [EmulatedFact]
    public void What_is_disposed_of_is_refused_by_name()
    {
        CudaSession session = Open();
        CudaQueue queue = session.CreateQueue();
        queue.Dispose();
        Assert.Contains(nameof(CudaQueue), Assert.Throws<ObjectDisposedException>(queue.Synchronize).Message, StringComparison.Ordinal);
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(session.MakeCurrent);
        Assert.Throws<ObjectDisposedException>(() => session.Allocate(1));
    }

    [EmulatedFact]
    public void Level_3_names_each_kernel_with_its_time_and_level_2_its_launch()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaKernelHandle scale = module.GetKernel("scale");
        using DeviceBlock x = session.Allocate(Workload.Count * sizeof(float)), y = session.Allocate(Workload.Count * sizeof(float));
        using CudaQueue queue = session.CreateQueue();
        queue.Clear(x.Pointer, x.Bytes);

        using (TraceCapture trace = new(level: 2))
        {
            Workload.Launch(scale, queue, x.Pointer, y.Pointer, 1, 0);
            Assert.Equal("convoke: launched scale, grid 4x1x1, block 256, 0 B dynamic shared", trace.TakeText().TrimEnd());
        }

        using (TraceCapture trace = new(level: 3))
        {
            Workload.Launch(scale, queue, x.Pointer, y.Pointer, 1, 0);
            Assert.Matches(@"^convoke: +[0-9.]+ us  scale, grid 4x1x1, block 256, 0 B dynamic shared$", trace.TakeText().TrimEnd());
        }
    }

    [EmulatedTheory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Results_do_not_depend_on_the_order_in_which_the_driver_runs_things(int seed)
    {
        EmulatedDriver.Reset($"seed={seed}");
        Workload.Run(Cache);
    }

    [EmulatedFact]
    public void What_nobody_disposes_of_is_given_back_by_the_finalizers()
    {
        Forget();
        for (int i = 0; i < 20 && EmulatedDriver.Leaks.ContextRetains > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(default, EmulatedDriver.Leaks);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget()
    {
        CudaSession session = Open();
        CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        CudaQueue queue = session.CreateQueue();
        DeviceBlock block = session.Allocate(64);
        queue.BeginCapture();
        queue.Clear(block.Pointer, 64);
        CudaGraphHandle graph = queue.EndCapture();
        CudaMark mark = queue.Mark();
        queue.Synchronize();
        Assert.True(session.AllocatePinned(64).Bytes == 64 && graph.Nodes == 1 && mark.IsDone && module.GetKernel("scale").MaxThreads > 0);
        Assert.NotEqual(default, EmulatedDriver.Leaks);
    }

    private CudaSession Open(ImageMode mode = ImageMode.Ptx) => CudaSession.Open(0, CudaDriver.Run(), Cache, mode);
}
