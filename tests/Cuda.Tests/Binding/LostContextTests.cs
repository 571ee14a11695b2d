namespace Convoke.Cuda.Tests.Binding;

/// <summary>A fault on the device ends the context: everything on it says so, nothing leaks, and a new session works.</summary>
[Collection(DriverTests.Name)]
public sealed unsafe class LostContextTests : IDisposable
{
    public LostContextTests() => EmulatedDriver.StartTest();

    public void Dispose() => EmulatedDriver.EndTest();

    [EmulatedFact]
    public void A_kernels_fault_is_reported_with_the_kernel_and_ends_the_session()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        using DeviceBlock block = session.Allocate(64);
        using PinnedBlock pinned = session.AllocatePinned(64);
        using CudaQueue queue = session.CreateQueue();
        using CudaMark mark = queue.Mark();
        Break(module, queue, block);

        CudaException failure = Assert.Throws<CudaException>(queue.Synchronize);
        Assert.Equal((700, "CUDA_ERROR_ILLEGAL_ADDRESS", "cuStreamSynchronize", true), (failure.Code, failure.ErrorName, failure.Call, failure.IsContextLost));
        Assert.Equal(("write_at", "grid 1x1x1, block 32, 0 B dynamic shared"), (failure.Kernel, failure.Launch));
        Assert.Contains("The device's context is lost", failure.Message, StringComparison.Ordinal);
        Assert.True(session.IsLost);
        Action[] later = [session.MakeCurrent, () => session.Allocate(4), () => session.CreateQueue(), queue.Synchronize, () => queue.Clear(block.Pointer, 4), mark.Wait, () => module.GetKernel("scale")];
        Assert.All(later, action => Assert.Equal((700, true), (Assert.Throws<CudaException>(action) is { } e ? e.Code : 0, session.IsLost)));
    }

    [EmulatedFact]
    public void After_a_fault_a_new_session_works_and_handles_of_the_old_one_do_no_harm()
    {
        CudaSession old = Open();
        CudaModuleHandle module = old.LoadModule(Sources.Device, "device.cu");
        DeviceBlock block = old.Allocate(64);
        CudaQueue queue = old.CreateQueue();
        Break(module, queue, block);
        Assert.Throws<CudaException>(queue.Synchronize);

        using (ScratchFolder folder = new()) Workload.Run(new(folder.Path));
        using CudaSession next = Open();
        using DeviceBlock alive = next.Allocate(64);
        string[] destructions = ["cuMemFree_v2", "cuStreamDestroy_v2", "cuModuleUnload", "cuMemsetD8Async"];
        int[] before = [.. destructions.Select(EmulatedDriver.Calls)];
        // The context was reset: these handles stand for nothing, and on a real device their numbers may be another's by now.
        Assert.Equal(700, Assert.Throws<CudaException>(() => queue.Clear(block.Pointer, 4)).Code);
        old.Dispose();
        block.Dispose();
        queue.Dispose();
        module.Dispose();
        Assert.Equal(before, destructions.Select(EmulatedDriver.Calls));
        using CudaQueue work = next.CreateQueue();
        work.Clear(alive.Pointer, alive.Bytes);
        work.Synchronize();
        Assert.False(next.IsLost);
    }

    [EmulatedFact]
    public void Disposing_of_a_lost_session_frees_what_it_gave_out_at_once()
    {
        CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        using DeviceBlock block = session.Allocate(64);
        using CudaQueue queue = session.CreateQueue();
        Break(module, queue, block);
        Assert.Throws<CudaException>(queue.Synchronize);
        session.Dispose();
        Assert.Equal(new LeakCounts { ContextRetains = 1 }, EmulatedDriver.Leaks);
    }

    [EmulatedFact]
    public void A_fault_that_another_call_brings_is_noticed_as_well()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        using DeviceBlock block = session.Allocate(64);
        using CudaQueue queue = session.CreateQueue();
        Break(module, queue, block);
        using CudaMark mark = queue.Mark();
        CudaException failure = Assert.Throws<CudaException>(mark.Wait);
        Assert.Equal((700, "cuEventSynchronize", true), (failure.Code, failure.Call, failure.IsContextLost));
        Assert.True(session.IsLost);
    }

    [EmulatedFact]
    public void At_level_3_the_faulty_kernel_itself_is_named()
    {
        using CudaSession session = Open();
        using CudaModuleHandle module = session.LoadModule(Sources.Device, "device.cu");
        using DeviceBlock block = session.Allocate(64);
        using CudaQueue queue = session.CreateQueue();
        using TraceCapture trace = new(level: 3);
        CudaException failure = Assert.Throws<CudaException>(() => Break(module, queue, block));
        Assert.Equal((700, "write_at", "grid 1x1x1, block 32, 0 B dynamic shared"), (failure.Code, failure.Kernel, failure.Launch));
        Assert.DoesNotContain("last one launched", failure.Message, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void Both_sessions_of_a_device_are_lost_together()
    {
        using CudaSession a = Open(), b = Open();
        using CudaModuleHandle module = a.LoadModule(Sources.Device, "device.cu");
        using DeviceBlock block = a.Allocate(64);
        using CudaQueue queue = a.CreateQueue();
        Break(module, queue, block);
        Assert.Throws<CudaException>(queue.Synchronize);
        Assert.True(b.IsLost);
        Assert.True(Assert.Throws<CudaException>(b.MakeCurrent).IsContextLost);
    }

    [EmulatedFact]
    public void One_session_ends_and_the_other_works_on()
    {
        using CudaSession a = Open();
        using (CudaSession b = Open()) using (b.Allocate(64))
        {
        }

        using DeviceBlock block = a.Allocate(64);
        using CudaQueue queue = a.CreateQueue();
        queue.Clear(block.Pointer, 64);
        queue.Synchronize();
    }

    private static CudaSession Open() => CudaSession.Open(0, CudaDriver.Run(), new(null), ImageMode.Ptx);

    private static void Break(CudaModuleHandle module, CudaQueue queue, DeviceBlock block)
    {
        ulong to = block.Pointer;
        long at = 1L << 33;
        void** arguments = stackalloc void*[] { &to, &at };
        module.GetKernel("write_at").Launch(queue, 1, 1, 1, 32, 0, arguments);
    }
}
