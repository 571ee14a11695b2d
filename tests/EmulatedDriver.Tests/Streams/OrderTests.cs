namespace Convoke.EmulatedDriver.Tests.Streams;

/// <summary>What streams promise holds under every seed; what they do not promise fails under some.</summary>
public unsafe class OrderTests
{
    private static readonly int[] Seeds = [.. Enumerable.Range(1, 20)];

    [DriverFact]
    public void Nothing_runs_before_something_waits()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(1);
        Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, stream));
        Assert.Equal(1, Emulator.Leaks.Pending);
        Emulator.Check(Cuda.cuStreamSynchronize(stream));
        Assert.Equal(0, Emulator.Leaks.Pending);
    }

    [DriverFact]
    public void A_missing_wait_between_two_streams_shows_and_one_that_is_there_holds()
    {
        Assert.All(Seeds, static seed => Assert.Equal(7, Run(seed, waits: true)));
        Assert.Contains(Seeds, static seed => Run(seed, waits: false) != 7);
        Assert.Contains(Seeds, static seed => Run(seed, waits: false) == 7);

        static int Run(int seed, bool waits)
        {
            using var emulator = new Emulator($"seed={seed}");
            (nint a, nint b, nint written) = (emulator.Stream(), emulator.Stream(), emulator.Event());
            ulong device = emulator.Values(1, 1);
            int* pinned = emulator.Pinned(1);
            Emulator.Check(Cuda.cuMemsetD32Async(device, 7, 1, a));
            Emulator.Check(Cuda.cuEventRecord(written, a));
            if (waits) Emulator.Check(Cuda.cuStreamWaitEvent(b, written, 0));
            Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, device, 4, b));
            Emulator.Check(Cuda.cuStreamSynchronize(b));
            return *pinned;
        }
    }

    [DriverFact]
    public void A_wait_is_for_the_record_before_it_not_for_later_ones()
    {
        Assert.All(Seeds, static seed =>
        {
            using var emulator = new Emulator($"seed={seed}");
            (nint a, nint b, nint point) = (emulator.Stream(), emulator.Stream(), emulator.Event());
            ulong device = emulator.Values(0);
            Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, a));
            Emulator.Check(Cuda.cuEventRecord(point, a));
            Emulator.Check(Cuda.cuStreamWaitEvent(b, point, 0));
            Emulator.Check(Cuda.cuEventRecord(point, b));
            Emulator.Check(Cuda.cuStreamWaitEvent(a, point, 0));
            Emulator.Check(Cuda.cuMemsetD32Async(device, 2, 1, a));
            Assert.Equal([2], emulator.Read(device, 1));
        });
    }

    [DriverTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_legacy_stream_and_blocking_streams_wait_for_each_other_and_non_blocking_ones_do_not(bool legacyFirst)
    {
        Assert.All(Seeds, seed => Assert.Equal(7, Run(seed, blocking: true)));
        Assert.Contains(Seeds, seed => Run(seed, blocking: false) != 7);

        int Run(int seed, bool blocking)
        {
            using var emulator = new Emulator($"seed={seed}");
            nint stream = emulator.Stream(blocking);
            ulong device = emulator.Values(1, 1);
            int* pinned = emulator.Pinned(1);
            Emulator.Check(Cuda.cuMemsetD32Async(device, 7, 1, legacyFirst ? 0 : stream));
            Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, device, 4, legacyFirst ? stream : 0));
            Emulator.Check(Cuda.cuStreamSynchronize(legacyFirst ? stream : 0));
            return *pinned;
        }
    }

    [DriverFact]
    public void Seed_0_runs_in_the_order_of_issue()
    {
        using var emulator = new Emulator("seed=0");
        (nint a, nint b) = (emulator.Stream(), emulator.Stream());
        ulong device = emulator.Device(1);
        for (int i = 0; i < 50; i++) Emulator.Check(Cuda.cuMemsetD32Async(device, (uint)i, 1, i % 2 == 0 ? a : b));
        Assert.Equal([49], emulator.Read(device, 1));
    }

    [DriverFact]
    public void The_same_seed_gives_the_same_order()
    {
        Assert.All(Seeds, static seed => Assert.Equal(Last(seed), Last(seed)));
        Assert.True(Seeds.Select(Last).Distinct().Count() > 3);

        static int Last(int seed)
        {
            using var emulator = new Emulator($"seed={seed}");
            ulong device = emulator.Device(1);
            for (uint i = 0; i < 10; i++) Emulator.Check(Cuda.cuMemsetD32Async(device, i, 1, emulator.Stream()));
            return emulator.Read(device, 1)[0];
        }
    }

    [DriverFact]
    public void Polling_comes_to_an_end()
    {
        using var emulator = new Emulator();
        (nint stream, nint done) = (emulator.Stream(), emulator.Event());
        ulong device = emulator.Device(1);
        for (int i = 0; i < 3; i++) Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, stream));
        Assert.Equal(600, Cuda.cuStreamQuery(stream));
        Emulator.Check(Cuda.cuEventRecord(done, stream));
        int polls = 0;
        for (; Cuda.cuEventQuery(done) == 600; polls++) Assert.True(polls < 10);
        Assert.Equal((0, 0), (Cuda.cuStreamQuery(stream), Cuda.cuEventQuery(done)));
    }

    [DriverFact]
    public void A_program_that_never_waits_is_held_back_at_the_length_of_the_queue()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(1);
        for (int i = 0; i < 3000; i++) Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, stream));
        Assert.Equal(1024, Emulator.Leaks.Pending);
    }

    [DriverFact]
    public void A_destroyed_stream_still_does_its_work()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream();
        ulong device = emulator.Device(1);
        Emulator.Check(Cuda.cuMemsetD32Async(device, 7, 1, stream));
        Emulator.Check(Cuda.cuStreamDestroy_v2(stream));
        Assert.Equal([7], emulator.Read(device, 1));
    }
}
