namespace Convoke.EmulatedDriver.Tests.Code;

/// <summary>What a kernel does wrong: the error a driver gives, the place in the CUDA source, and what is left of the context.</summary>
public unsafe class FaultTests
{
    [DriverFact]
    public void An_access_out_of_bounds_loses_the_context_until_it_is_reset()
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel("copy"), stream = emulator.Stream();
        (ulong from, ulong to) = (emulator.Values(new int[64]), emulator.Device(63));
        emulator.Launch(kernel, stream, 1, 64, 0, from, to, 64);
        Assert.Equal(700, Cuda.cuStreamSynchronize(stream));
        Assert.Contains("copy", Emulator.LastFault);
        Assert.Contains("thread (63,0,0)", Emulator.LastFault);
        Assert.Contains("probes.cu:16", Emulator.LastFault);

        int host;
        Assert.Equal((700, 700, 700), (Cuda.cuMemAlloc_v2(out _, 4), Cuda.cuMemcpyDtoH_v2(&host, from, 4), Cuda.cuMemFree_v2(from)));
        Assert.Equal((2, 1, 700), (Emulator.Leaks.DeviceBlocks, Emulator.Leaks.Streams, Cuda.cuStreamCreate(out _, 0)));
        Assert.Equal((2, 1), (Emulator.Leaks.DeviceBlocks, Emulator.Leaks.Streams));
        Emulator.Check(Cuda.cuDevicePrimaryCtxReset_v2(0));
        Assert.Equal(400, Cuda.cuStreamSynchronize(stream));
        Assert.Equal([1, 2], emulator.Read(emulator.Values(1, 2), 2));
        Assert.Equal(new LeakCounts { ContextRetains = 1, DeviceBlocks = 1, DeviceBytes = 8 }, Emulator.Leaks);
    }

    [DriverFact]
    public void Work_behind_a_fault_does_not_run_and_nothing_hangs()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        (ulong from, ulong to) = (emulator.Values(new int[64]), emulator.Device(1));
        int* pinned = emulator.Pinned(1);
        emulator.Launch(emulator.Kernel("copy"), stream, 1, 64, 0, from, to, 64);
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, from, 4, stream));
        Assert.Equal(700, Cuda.cuCtxSynchronize());
        Assert.Equal((unchecked((int)0xdbdbdbdb), 0), (*pinned, Emulator.Leaks.Pending));
    }

    [DriverFact]
    public void A_missing_barrier_is_found_whatever_the_order_and_only_where_it_is_looked_for()
    {
        using (var emulator = new Emulator())
        {
            emulator.Launch(emulator.Kernel("race"), 0, 1, 64, 0, emulator.Device(64));
            Assert.Equal(719, Cuda.cuCtxSynchronize());
            Assert.Contains("probes.cu:31", Emulator.LastFault);
        }

        using (var emulator = new Emulator("checks=none"))
        {
            emulator.Launch(emulator.Kernel("race"), 0, 1, 64, 0, emulator.Device(64));
            Emulator.Check(Cuda.cuCtxSynchronize());
        }
    }

    [DriverFact]
    public void Memory_that_was_never_written_is_found_through_copies()
    {
        Assert.Equal(0, Run("checks=races", 8));
        Assert.Equal(719, Run("", 8));
        Assert.Equal(0, Run("", 4));

        static int Run(string settings, uint integers)
        {
            using var emulator = new Emulator(settings);
            (ulong half, ulong copy, ulong to) = (emulator.Device(8), emulator.Device(8), emulator.Device(8));
            Emulator.Check(Cuda.cuMemsetD32Async(half, 1, 4, 0));
            Emulator.Check(Cuda.cuMemcpyDtoDAsync_v2(copy, half, 32, 0));
            emulator.Launch(emulator.Kernel("copy"), 0, 1, 64, 0, copy, to, integers);
            return Cuda.cuCtxSynchronize();
        }
    }

    [DriverFact]
    public void Freed_memory_is_out_of_bounds()
    {
        using var emulator = new Emulator();
        ulong freed = emulator.Device(1);
        Emulator.Check(Cuda.cuMemFree_v2(freed));
        emulator.Launch(emulator.Kernel("put"), 0, 1, 1, 0, freed, 1);
        Assert.Equal(700, Cuda.cuCtxSynchronize());
    }
}
