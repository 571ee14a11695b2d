namespace Convoke.EmulatedDriver.Tests.Memory;

public unsafe class CopyTests
{
    private const int Poison = unchecked((int)0xdbdbdbdb);

    [DriverFact]
    public void What_was_copied_in_comes_out()
    {
        using var emulator = new Emulator();
        ulong a = emulator.Values(3, 1, 4), b = emulator.Device(3);
        Emulator.Check(Cuda.cuMemcpyDtoDAsync_v2(b, a, 12, 0));
        Assert.Equal([3, 1, 4], emulator.Read(b, 3));
        Emulator.Check(Cuda.cuMemsetD8Async(b + 4, 255, 4, 0));
        Assert.Equal([3, -1, 4], emulator.Read(b, 3));
    }

    [DriverFact]
    public void Who_reads_before_waiting_sees_poison()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Values(5, 6);
        int* pinned = emulator.Pinned(2);
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, device, 8, stream));
        Assert.Equal(Poison, pinned[0]);
        Emulator.Check(Cuda.cuStreamSynchronize(stream));
        Assert.Equal(5, pinned[0]);
    }

    [DriverFact]
    public void Into_pageable_memory_the_call_waits_by_itself()
    {
        using var emulator = new Emulator();
        int value = 0;
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(&value, emulator.Values(5, 6), 4, emulator.Stream()));
        Assert.Equal(5, value);
    }

    [DriverFact]
    public void Pinned_memory_is_read_when_the_copy_runs_and_pageable_memory_by_the_call()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(2);
        int* pinned = emulator.Pinned(1);
        int pageable = *pinned = 1;
        Emulator.Check(Cuda.cuMemcpyHtoDAsync_v2(device, pinned, 4, stream));
        Emulator.Check(Cuda.cuMemcpyHtoDAsync_v2(device + 4, &pageable, 4, stream));
        pageable = *pinned = 2;
        Assert.Equal([2, 1], emulator.Read(device, 2));
    }

    [DriverFact]
    public void A_buffer_that_goes_out_and_comes_back_is_not_poisoned_in_between()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(1);
        int* pinned = emulator.Pinned(1);
        *pinned = 7;
        Emulator.Check(Cuda.cuMemcpyHtoDAsync_v2(device, pinned, 4, stream));
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, device, 4, stream));
        Emulator.Check(Cuda.cuStreamSynchronize(stream));
        Assert.Equal(7, *pinned);
    }

    [DriverFact]
    public void A_copy_without_a_stream_does_not_order_non_blocking_streams()
    {
        Assert.Contains(Enumerable.Range(1, 20), static seed => First(seed, waits: false) != 9);
        Assert.All(Enumerable.Range(1, 20), static seed => Assert.Equal(9, First(seed, waits: true)));

        static int First(int seed, bool waits)
        {
            using var emulator = new Emulator($"seed={seed}");
            nint stream = emulator.Stream();
            ulong device = emulator.Device(1);
            int value = 9;
            Emulator.Check(Cuda.cuMemcpyHtoD_v2(device, &value, 4));
            if (waits) Emulator.Check(Cuda.cuCtxSynchronize());
            int* pinned = emulator.Pinned(1);
            Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, device, 4, stream));
            Emulator.Check(Cuda.cuStreamSynchronize(stream));
            return *pinned;
        }
    }

    [DriverFact]
    public void Both_ends_must_be_what_they_are_said_to_be()
    {
        using var emulator = new Emulator();
        ulong device = emulator.Device(2), other = emulator.Device(2);
        int* pinned = emulator.Pinned(4);
        Assert.Equal(1, Cuda.cuMemcpyHtoDAsync_v2(device, pinned, 9, 0));
        Assert.Equal(1, Cuda.cuMemcpyHtoDAsync_v2((ulong)pinned, pinned, 4, 0));
        Assert.Equal(1, Cuda.cuMemcpyDtoHAsync_v2((void*)other, device, 4, 0));
        Assert.Equal(1, Cuda.cuMemcpyHtoDAsync_v2(device, null, 4, 0));
        Assert.Equal(1, Cuda.cuMemcpyDtoDAsync_v2(device + 4, device, 8, 0));
        Assert.Equal(1, Cuda.cuMemcpyDtoDAsync_v2(device, device + 2, 4, 0));
        Assert.Equal(1, Cuda.cuMemsetD32Async(device + 2, 0, 1, 0));
        Emulator.Check(Cuda.cuMemcpyHtoDAsync_v2(device, pinned, 8, 0));
        Emulator.Check(Cuda.cuMemcpyHtoDAsync_v2(0, null, 0, 0));
    }
}
