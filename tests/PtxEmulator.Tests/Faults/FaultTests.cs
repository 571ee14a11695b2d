namespace Convoke.PtxEmulator.Tests.Faults;

/// <summary>Each kernel of faults.cu does one thing wrong; the fault names its kind, thread and source line.</summary>
public class FaultTests
{
    private static readonly Dim3 One = new(1), Threads = new(64);

    [Fact]
    public void Reading_what_another_thread_wrote_without_a_barrier() =>
        Fails("shared_write_read", DeviceFaultKind.SharedRace, One, Threads, device => [device.Raw(256)]);

    [Fact]
    public void Writing_what_another_thread_read_without_a_barrier() =>
        Fails("shared_read_write", DeviceFaultKind.SharedRace, One, Threads, device => [device.Raw(256)]);

    [Fact]
    public void Two_lanes_write_one_byte() =>
        Fails("shared_same_byte", DeviceFaultKind.SharedRace, One, Threads, device => [device.Raw(64)], thread: 1);

    [Fact]
    public void An_atomic_on_what_was_plainly_written() =>
        Fails("shared_atomic_plain", DeviceFaultKind.SharedRace, One, Threads, device => [device.Raw(256)], thread: 1);

    [Fact]
    public void Two_blocks_write_one_address() =>
        Fails("blocks_write_same", DeviceFaultKind.GlobalRace, new(2), Threads, device => [device.Raw(256)], thread: 0, blockX: 1);

    [Fact]
    public void A_block_writes_what_another_read() =>
        Fails("blocks_read_write", DeviceFaultKind.GlobalRace, new(4), One, device => [device.Upload(1, 2, 3, 4)], blockX: 1);

    [Fact]
    public void A_race_of_global_memory_within_a_block() =>
        Fails("global_within_block", DeviceFaultKind.GlobalRace, One, Threads, device => [device.Upload(new int[128])]);

    [Fact]
    public void One_element_past_the_end()
    {
        DeviceFaultException fault = Fails("past_the_end", DeviceFaultKind.OutOfBounds, new(3), new(32), device => [device.Raw(70 * 4), 70], thread: 6, blockX: 2);
        Assert.Contains("0 bytes past the end of an allocation of 280", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_pointer() =>
        Fails("null_pointer", DeviceFaultKind.OutOfBounds, One, Threads, device => [device.Raw(256), 0ul], thread: 0);

    [Fact]
    public void A_freed_allocation()
    {
        using Device device = new();
        ulong stale = device.Upload(new float[64]), output = device.Raw(256);
        device.Run(Golden.Faults.Kernels["null_pointer"], One, Threads, 0, output, stale);
        device.Memory.Free(stale);
        DeviceFaultException fault = Assert.Throws<DeviceFaultException>(() => device.Run(Golden.Faults.Kernels["null_pointer"], One, Threads, 0, output, stale));
        Assert.Equal(DeviceFaultKind.OutOfBounds, fault.Kind);
    }

    [Fact]
    public void Past_the_end_of_shared_memory() =>
        Fails("past_shared", DeviceFaultKind.SharedOutOfBounds, One, new(32), device => [device.Raw(256), 1], thread: 31);

    [Fact]
    public void A_misaligned_load() =>
        Fails("misaligned", DeviceFaultKind.Misaligned, One, Threads, device => [device.Raw(256), device.Upload(new byte[300])], thread: 0);

    [Fact]
    public void Global_memory_that_nothing_wrote()
    {
        Fails("unwritten_global", DeviceFaultKind.UninitializedRead, One, Threads, static device =>
        {
            ulong input = device.Raw(256);
            device.Memory.MarkInitialized(input, 37 * 4 + 3);
            return [device.Raw(256), input];
        }, thread: 37);
    }

    [Fact]
    public void Shared_memory_that_nothing_wrote() =>
        Fails("unwritten_shared", DeviceFaultKind.UninitializedRead, One, Threads, device => [device.Raw(256)], thread: 63);

    [Fact]
    public void Local_memory_that_nothing_wrote() =>
        Fails("unwritten_local", DeviceFaultKind.UninitializedRead, One, new(32), device => [device.Raw(256), device.Upload([.. Enumerable.Range(0, 16), .. new int[16]])], thread: 15);

    [Fact]
    public void Threads_at_different_barriers() =>
        Fails("different_barriers", DeviceFaultKind.BarrierMisuse, One, Threads, device => [device.Raw(256)], line: false);

    [Fact]
    public void A_barrier_that_is_never_full() =>
        Fails("incomplete_barrier", DeviceFaultKind.Deadlock, One, Threads, device => [device.Raw(256)]);

    [Fact]
    public void Trap() => Fails("stopped", DeviceFaultKind.Trap, One, Threads, device => [device.Raw(256), 40], thread: 40);

    [Fact]
    public void A_shuffle_from_a_lane_that_is_absent() =>
        Fails("shuffle_from_absent", DeviceFaultKind.WarpMisuse, One, new(32), device => [device.Raw(128)]);

    [Fact]
    public void A_mask_that_names_lanes_with_another() =>
        Fails("mask_of_the_other_half", DeviceFaultKind.WarpMisuse, One, new(32), device => [device.Raw(128)]);

    [Fact]
    public void An_asynchronous_copy_read_before_its_wait() =>
        Fails("async_read_before_wait", DeviceFaultKind.UninitializedRead, One, new(32), device => [device.Raw(128), device.Upload(new float[128])], options: new() { PessimisticAsync = true });

    [Fact]
    public void A_kernel_that_does_not_end() =>
        Fails("forever", DeviceFaultKind.Endless, One, new(32), device => [device.Upload(1)], line: false, options: new() { InstructionLimit = 100_000 });

    [Fact]
    public void More_threads_than_the_kernel_allows()
    {
        using Device device = new();
        DeviceFaultException fault = Assert.Throws<DeviceFaultException>(() => device.Run(Golden.Kernels.Kernels["block_sum"], One, new(129), 0, 0ul, 0ul));
        Assert.Equal(DeviceFaultKind.InvalidLaunch, fault.Kind);
    }

    /// <summary>The faults of synchronisation are not faults when nobody looks.</summary>
    [Theory]
    [InlineData("shared_write_read")]
    [InlineData("shared_same_byte")]
    public void Races_pass_where_they_are_not_looked_for(string kernel)
    {
        using Device device = new(new() { DetectRaces = false, DetectUninitialized = false });
        device.Run(Golden.Faults.Kernels[kernel], One, Threads, 0, device.Raw(256));
    }

    private static DeviceFaultException Fails(
        string kernel, DeviceFaultKind kind, Dim3 grid, Dim3 block, Func<Device, object[]> arguments, int? thread = null, uint? blockX = null, bool line = true, ExecutionOptions? options = null)
    {
        using Device device = new(options);
        object[] values = arguments(device);
        DeviceFaultException fault = Assert.Throws<DeviceFaultException>(() => device.Run(Golden.Faults.Kernels[kernel], grid, block, 0, values));
        Assert.Equal(kind, fault.Kind);
        Assert.Equal(kernel, fault.Kernel);
        if (thread is { } t) Assert.Equal((uint)t, fault.Thread.X);
        if (blockX is { } b) Assert.Equal(b, fault.Block.X);
        if (!line) return fault;
        Assert.Equal(Golden.FaultLine(kernel), fault.SourceLine);
        Assert.Equal("/golden/faults.cu", fault.SourceFile);
        Assert.True(fault.PtxLine > 0);
        return fault;
    }
}
