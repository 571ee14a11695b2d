namespace Convoke.EmulatedDriver.Tests.Streams;

public class EventTests
{
    private const uint NoTiming = 2;

    [DriverFact]
    public void Time_passes_between_two_that_are_done()
    {
        using var emulator = new Emulator();
        (nint stream, nint start, nint end) = (emulator.Stream(), emulator.Event(), emulator.Event());
        Assert.Equal(400, Cuda.cuEventElapsedTime(out _, start, end));
        Emulator.Check(Cuda.cuEventRecord(start, stream));
        Emulator.Check(Cuda.cuEventRecord(end, stream));
        Assert.Equal(600, Cuda.cuEventElapsedTime(out _, start, end));
        Emulator.Check(Cuda.cuEventSynchronize(end));
        Emulator.Check(Cuda.cuEventElapsedTime(out float milliseconds, start, end));
        Assert.InRange(milliseconds, 0, 1000);
    }

    [DriverFact]
    public void Without_timing_there_is_no_time()
    {
        using var emulator = new Emulator();
        (nint start, nint end) = (emulator.Event(NoTiming), emulator.Event());
        Emulator.Check(Cuda.cuEventRecord(start, 0));
        Emulator.Check(Cuda.cuEventRecord(end, 0));
        Emulator.Check(Cuda.cuCtxSynchronize());
        Assert.Equal(400, Cuda.cuEventElapsedTime(out _, start, end));
    }

    [DriverFact]
    public void One_that_was_never_recorded_is_done()
    {
        using var emulator = new Emulator();
        nint never = emulator.Event();
        Assert.Equal((0, 0, 0), (Cuda.cuEventQuery(never), Cuda.cuEventSynchronize(never), Cuda.cuStreamWaitEvent(0, never, 0)));
    }
}
