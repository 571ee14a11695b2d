namespace Convoke.EmulatedDriver.Tests.Controls;

public unsafe class LeakTests
{
    [DriverFact]
    public void Everything_that_is_alive_is_counted_and_what_is_given_back_is_not()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(), @event = emulator.Event(), module = emulator.Module(), library = Emulator.LoadLibrary();
        ulong device = emulator.Device(25);
        nint pinned = (nint)emulator.Pinned(1);
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, 0));
        nint graph = emulator.EndCapture(stream), executable = emulator.Instantiate(graph);
        _ = emulator.Kernel("put", module);
        Emulator.Check(Cuda.cuLibraryGetKernel(out nint kernel, library, "put"));
        Emulator.Check(Cuda.cuKernelGetFunction(out _, kernel));
        Emulator.Check(Cuda.cuMemsetD32Async(device, 0, 25, stream));
        Assert.Equal(new LeakCounts
        {
            ContextRetains = 1,
            DeviceBlocks = 1,
            DeviceBytes = 100,
            PinnedBlocks = 1,
            Streams = 1,
            Events = 1,
            Modules = 1,
            Libraries = 1,
            Graphs = 1,
            GraphExecutables = 1,
            Pending = 1,
        }, Emulator.Leaks);

        int[] results =
        [
            Cuda.cuMemFree_v2(device), Cuda.cuMemFreeHost(pinned), Cuda.cuStreamDestroy_v2(stream), Cuda.cuEventDestroy_v2(@event), Cuda.cuModuleUnload(module),
            Cuda.cuLibraryUnload(library), Cuda.cuGraphDestroy(graph), Cuda.cuGraphExecDestroy(executable), Cuda.cuDevicePrimaryCtxRelease_v2(0),
        ];
        Assert.All(results, static result => Assert.Equal(0, result));
        Assert.Equal(default, Emulator.Leaks);
    }

    [DriverFact]
    public void What_a_healthy_context_takes_with_it_is_a_leak_too()
    {
        using var emulator = new Emulator();
        _ = (emulator.Stream(), emulator.Event(), emulator.Module(), emulator.Device(1), (nint)emulator.Pinned(1));
        Emulator.Check(Cuda.cuDevicePrimaryCtxRelease_v2(0));
        Assert.Equal(new LeakCounts { Collected = 5 }, Emulator.Leaks);
    }

    [DriverFact]
    public void Launches_are_counted_by_kernel_and_their_instructions_where_asked()
    {
        using var emulator = new Emulator("count=1");
        long* counters = stackalloc long[17];
        (ulong from, ulong to) = (emulator.Values(new int[64]), emulator.Device(64));
        nint kernel = emulator.Kernel("copy");
        emulator.Launch(kernel, 0, 1, 64, 0, from, to, 64);
        emulator.Launch(kernel, 0, 1, 64, 0, from, to, 64);
        Emulator.Check(Cuda.cuCtxSynchronize());
        Emulator.Check(Cuda.cvkEmuCounters("copy", counters));
        // Two launches of two warps, each with one load and one store of 128 bytes: four sectors.
        Assert.Equal((2, 4, 16, 4, 16), (counters[0], counters[5], counters[6], counters[7], counters[8]));
        Emulator.Check(Cuda.cvkEmuCounters("nothing", counters));
        Assert.Equal(0, counters[0]);
    }
}
