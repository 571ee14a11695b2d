namespace Convoke.EmulatedDriver.Tests.Devices;

public unsafe class ContextTests
{
    [DriverFact]
    public void A_context_is_current_on_the_thread_that_set_it()
    {
        using var emulator = new Emulator();
        int result = 0;
        var other = new Thread(() => result = Cuda.cuStreamCreate(out _, 0));
        other.Start();
        other.Join();
        Assert.Equal(201, result);
        Emulator.Check(Cuda.cuCtxGetCurrent(out nint current));
        Assert.Equal(emulator.Context, current);
    }

    [DriverFact]
    public void Releasing_it_as_often_as_it_was_retained_destroys_it()
    {
        using var emulator = new Emulator();
        Emulator.Check(Cuda.cuDevicePrimaryCtxRetain(out nint again, 0));
        Assert.Equal(emulator.Context, again);
        Emulator.Check(Cuda.cuDevicePrimaryCtxRelease_v2(0));
        _ = emulator.Stream();
        Emulator.Check(Cuda.cuDevicePrimaryCtxRelease_v2(0));
        Assert.Equal(709, Cuda.cuStreamCreate(out _, 0));
        Assert.Equal(201, Cuda.cuCtxSetCurrent(again));
        Assert.Equal(201, Cuda.cuDevicePrimaryCtxRelease_v2(0));
    }

    [DriverFact]
    public void Handles_are_never_given_out_twice_and_dead_ones_are_refused()
    {
        using var emulator = new Emulator();
        nint first = emulator.Stream();
        Emulator.Check(Cuda.cuStreamDestroy_v2(first));
        nint second = emulator.Stream();
        Assert.NotEqual(first, second);
        Assert.Equal(400, Cuda.cuStreamDestroy_v2(first));
        Assert.Equal(400, Cuda.cuEventRecord(second, 0));
        Assert.Contains("is a Stream, not a Event", Emulator.LastFault);
    }
}
