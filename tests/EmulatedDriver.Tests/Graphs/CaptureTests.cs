namespace Convoke.EmulatedDriver.Tests.Graphs;

public unsafe class CaptureTests
{
    private const int Global = 0, ThreadLocal = 1, Relaxed = 2;

    [DriverFact]
    public void What_is_captured_does_not_run()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Values(1);
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, Global));
        Emulator.Check(Cuda.cuMemsetD32Async(device, 7, 1, stream));
        Emulator.Check(Cuda.cuStreamIsCapturing(stream, out int status));
        Assert.Equal(1, status);
        nint graph = emulator.EndCapture(stream);
        Assert.Equal([1], emulator.Read(device, 1));
        Assert.Single(Emulator.Nodes(graph));
        Emulator.Check(Cuda.cuStreamIsCapturing(stream, out status));
        Assert.Equal(0, status);
    }

    [DriverFact]
    public void Waiting_for_a_capturing_stream_spoils_the_capture()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(1);
        foreach (Func<int> wait in (Func<int>[])[() => Cuda.cuStreamSynchronize(stream), () => Cuda.cuStreamQuery(stream), Cuda.cuCtxSynchronize])
        {
            Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, Relaxed));
            Assert.Equal(900, wait());
            Emulator.Check(Cuda.cuStreamIsCapturing(stream, out int status));
            Assert.Equal(2, status);
            Assert.Equal(901, Cuda.cuMemsetD32Async(device, 0, 1, stream));
            Assert.Equal(901, Cuda.cuStreamEndCapture(stream, out nint graph));
            Assert.Equal(0, graph);
        }

        Assert.Equal(0, Emulator.Leaks.Graphs);
    }

    [DriverFact]
    public void Calls_that_may_wait_are_refused_as_the_mode_says()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        Assert.Equal((900, 900), (Allocate(Global, sameThread: true), Allocate(Global, sameThread: false)));
        Assert.Equal((900, 0), (Allocate(ThreadLocal, sameThread: true), Allocate(ThreadLocal, sameThread: false)));
        Assert.Equal((0, 0), (Allocate(Relaxed, sameThread: true), Allocate(Relaxed, sameThread: false)));

        int Allocate(int mode, bool sameThread)
        {
            Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, mode));
            int result = sameThread ? Cuda.cuMemAlloc_v2(out _, 4) : OnAnotherThread(emulator, static () => Cuda.cuMemAlloc_v2(out _, 4));
            Assert.Equal(result == 0 ? 0 : 901, Cuda.cuStreamEndCapture(stream, out _));
            return result;
        }
    }

    [DriverFact]
    public void It_ends_on_the_stream_and_the_thread_that_began_it()
    {
        using var emulator = new Emulator();
        (nint stream, nint other, nint point) = (emulator.Stream(), emulator.Stream(), emulator.Event());
        Assert.Equal(401, Cuda.cuStreamEndCapture(stream, out _));
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, Global));
        Assert.Equal(401, Cuda.cuStreamBeginCapture_v2(stream, Global));
        Emulator.Check(Cuda.cuEventRecord(point, stream));
        Emulator.Check(Cuda.cuStreamWaitEvent(other, point, 0));
        Assert.Equal(903, Cuda.cuStreamEndCapture(other, out _));
        Assert.Equal(908, OnAnotherThread(emulator, () => Cuda.cuStreamEndCapture(stream, out _)));
        Emulator.Check(Cuda.cuStreamEndCapture(stream, out _));
        Assert.Equal(900, Cuda.cuStreamBeginCapture_v2(0, Global));
    }

    [DriverTheory]
    [InlineData(true, 0)]
    [InlineData(false, 904)]
    public void A_stream_that_an_event_draws_in_must_be_joined_again(bool joins, int result)
    {
        using var emulator = new Emulator();
        (nint a, nint b, nint fork, nint join) = (emulator.Stream(), emulator.Stream(), emulator.Event(), emulator.Event());
        ulong device = emulator.Device(2);
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, Global));
        Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, a));
        Emulator.Check(Cuda.cuEventRecord(fork, a));
        Emulator.Check(Cuda.cuStreamWaitEvent(b, fork, 0));
        Emulator.Check(Cuda.cuMemsetD32Async(device + 4, 2, 1, b));
        Emulator.Check(Cuda.cuEventRecord(join, b));
        if (joins) Emulator.Check(Cuda.cuStreamWaitEvent(a, join, 0));
        Assert.Equal(result, Cuda.cuStreamEndCapture(a, out _));
        Emulator.Check(Cuda.cuStreamIsCapturing(b, out int status));
        Assert.Equal(0, status);
    }

    [DriverFact]
    public void Nobody_can_ask_for_an_event_that_was_captured()
    {
        using var emulator = new Emulator();
        (nint stream, nint point) = (emulator.Stream(), emulator.Event());
        foreach (Func<nint, int> question in (Func<nint, int>[])[Cuda.cuEventQuery, Cuda.cuEventSynchronize])
        {
            Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, Global));
            Emulator.Check(Cuda.cuEventRecord(point, stream));
            Assert.Equal((907, 901), (question(point), Cuda.cuStreamEndCapture(stream, out _)));
        }

        Assert.Equal(907, Cuda.cuStreamWaitEvent(stream, point, 0));
        Emulator.Check(Cuda.cuEventRecord(point, stream));
        Emulator.Check(Cuda.cuEventSynchronize(point));
    }

    [DriverFact]
    public void Captures_do_not_merge_and_do_not_wait_for_the_outside()
    {
        using var emulator = new Emulator();
        (nint a, nint b, nint point) = (emulator.Stream(), emulator.Stream(), emulator.Event());
        Emulator.Check(Cuda.cuEventRecord(point, b));
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, Global));
        Emulator.Check(Cuda.cuStreamWaitEvent(a, emulator.Event(), 0));
        Assert.Equal(905, Cuda.cuStreamWaitEvent(a, point, 0));
        Assert.Equal(901, Cuda.cuStreamEndCapture(a, out _));

        Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, Global));
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(b, Global));
        Emulator.Check(Cuda.cuEventRecord(point, a));
        Assert.Equal(902, Cuda.cuStreamWaitEvent(b, point, 0));
        Assert.Equal((901, 901), (Cuda.cuStreamEndCapture(a, out _), Cuda.cuStreamEndCapture(b, out _)));
    }

    [DriverTheory]
    [InlineData(true, 906)]
    [InlineData(false, 0)]
    public void The_legacy_stream_cannot_wait_for_a_blocking_stream_that_captures(bool blocking, int result)
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(blocking);
        ulong device = emulator.Device(1);
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, Relaxed));
        Assert.Equal(result, Cuda.cuMemsetD32Async(device, 1, 1, 0));
        Assert.Equal(result == 0 ? 0 : 901, Cuda.cuStreamEndCapture(stream, out _));
    }

    [DriverFact]
    public void A_stream_that_is_destroyed_spoils_its_capture()
    {
        using var emulator = new Emulator();
        (nint a, nint b, nint point) = (emulator.Stream(), emulator.Stream(), emulator.Event());
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, Global));
        Emulator.Check(Cuda.cuEventRecord(point, a));
        Emulator.Check(Cuda.cuStreamWaitEvent(b, point, 0));
        Emulator.Check(Cuda.cuStreamDestroy_v2(b));
        Assert.Equal(901, Cuda.cuStreamEndCapture(a, out _));
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, Global));
        Emulator.Check(Cuda.cuStreamDestroy_v2(a));
        _ = emulator.Device(1);
    }

    private static int OnAnotherThread(Emulator emulator, Func<int> call)
    {
        int result = -1;
        var thread = new Thread(() =>
        {
            Emulator.Check(Cuda.cuCtxSetCurrent(emulator.Context));
            result = call();
        });
        thread.Start();
        thread.Join();
        return result;
    }
}
