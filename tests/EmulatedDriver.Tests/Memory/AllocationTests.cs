namespace Convoke.EmulatedDriver.Tests.Memory;

public unsafe class AllocationTests
{
    [DriverFact]
    public void Memory_is_given_out_once_and_taken_back_once()
    {
        using var emulator = new Emulator();
        ulong first = emulator.Device(10);
        Assert.Equal(0ul, first % 256);
        Assert.Equal(1, Cuda.cuMemFree_v2(first + 4));
        Emulator.Check(Cuda.cuMemFree_v2(first));
        Assert.NotEqual(first, emulator.Device(10));
        Assert.Equal(1, Cuda.cuMemFree_v2(first));
        Emulator.Check(Cuda.cuMemFree_v2(0));
        Assert.Equal(1, Cuda.cuMemAlloc_v2(out _, 0));
    }

    [DriverFact]
    public void Beyond_the_capacity_is_out_of_memory_until_something_is_freed()
    {
        using var emulator = new Emulator("memory_mb=1");
        ulong big = emulator.Device(200_000);
        Assert.Equal(2, Cuda.cuMemAlloc_v2(out _, 300_000));
        Emulator.Check(Cuda.cuMemGetInfo_v2(out nuint free, out nuint total));
        Assert.Equal(((nuint)(1 << 20) - 800_000, (nuint)1 << 20), (free, total));
        Emulator.Check(Cuda.cuMemFree_v2(big));
        Emulator.Check(Cuda.cuMemAlloc_v2(out _, 300_000));
    }

    [DriverFact]
    public void Stream_ordered_memory_lives_until_its_stream_frees_it()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        Emulator.Check(Cuda.cuMemAllocAsync(out ulong address, 16, stream));
        Emulator.Check(Cuda.cuMemsetD32Async(address, 7, 4, stream));
        int* to = emulator.Pinned(4);
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(to, address, 16, stream));
        Emulator.Check(Cuda.cuMemFreeAsync(address, stream));
        Assert.Equal(1, Cuda.cuMemFreeAsync(address, stream));
        Assert.Equal(1, Emulator.Leaks.DeviceBlocks);
        Emulator.Check(Cuda.cuStreamSynchronize(stream));
        Assert.Equal((7, 0), (to[3], Emulator.Leaks.DeviceBlocks));
    }

    [DriverFact]
    public void Work_that_finds_its_memory_freed_by_another_stream_loses_the_context()
    {
        Assert.Contains(Enumerable.Range(1, 20), static seed =>
        {
            using var emulator = new Emulator($"seed={seed}");
            (nint a, nint b) = (emulator.Stream(), emulator.Stream());
            Emulator.Check(Cuda.cuMemAllocAsync(out ulong address, 16, a));
            Emulator.Check(Cuda.cuMemFreeAsync(address, a));
            Emulator.Check(Cuda.cuMemsetD32Async(address, 7, 4, b));
            return Cuda.cuCtxSynchronize() == 700 && Emulator.LastFault.Contains("ran after that memory was freed", StringComparison.Ordinal);
        });
    }

    [DriverFact]
    public void Pinned_memory_is_freed_by_its_start()
    {
        using var emulator = new Emulator();
        nint block = (nint)emulator.Pinned(4);
        Assert.Equal(1, Cuda.cuMemFreeHost(block + 4));
        Emulator.Check(Cuda.cuMemFreeHost(block));
        Assert.Equal(1, Cuda.cuMemFreeHost(block));
    }
}
