namespace Convoke.Runtime.Tests.Devices;

public sealed class DeviceTests
{
    [Fact]
    public void Best_is_a_GPU_or_the_processor_with_the_reason_why()
    {
        Device best = Device.Best;
        if (best.IsCuda)
        {
            Assert.StartsWith("cuda:", best.Name, StringComparison.Ordinal);
            Assert.Null(best.Note);
        }
        else
        {
            Assert.Equal(Device.Cpu.Name, best.Name);
            Assert.Equal(Device.Cpu.Threads, best.Threads);
            Assert.StartsWith("no GPU: ", best.Note, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', best.Note!);
        }
    }

    [Fact]
    public void The_processor_has_all_its_threads_and_stands_last_in_the_list()
    {
        Assert.Equal(Math.Clamp(Environment.ProcessorCount, 1, 32), Device.Cpu.Threads);
        Assert.Same(Device.Cpu, Device.List()[^1]);
        Assert.All(Device.List().SkipLast(1), static device => Assert.True(device.IsCuda));
        Assert.Matches("^CPU, [0-9]+ threads?, (512|256|128)-bit vectors$", Device.Cpu.Description);
        Assert.StartsWith("CPU, 1 thread, ", Device.CpuThreads(1).Description, StringComparison.Ordinal);
        Assert.Null(Device.Cpu.Note);
    }

    [Theory]
    [InlineData(" CPU ", "cpu", 0)]
    [InlineData("cpu:1", "cpu:1", 1)]
    [InlineData("Cpu:32", "cpu:32", 32)]
    public void Parse_reads_what_Name_writes(string text, string name, int threads)
    {
        Device device = Device.Parse(text);
        Assert.Equal(name, device.ToString());
        Assert.Equal(threads == 0 ? Device.Cpu.Threads : threads, device.Threads);
        Assert.Equal(device.Threads, Device.Parse(device.Name).Threads);
    }

    [Theory]
    [InlineData("cuda:-1", "the number of a GPU is a whole number from 0")]
    [InlineData("cuda:x", "the number of a GPU is a whole number from 0")]
    [InlineData("tpu", "no device has that name")]
    [InlineData("", "no device has that name")]
    [InlineData("cpu:0", "the number of threads is a whole number in 1..32")]
    [InlineData("cpu:33", "the number of threads is a whole number in 1..32")]
    [InlineData("cpu:two", "the number of threads is a whole number in 1..32")]
    public void A_device_that_is_not_there_is_refused_with_what_there_is(string text, string reason)
    {
        DeviceNotAvailableException error = Assert.Throws<DeviceNotAvailableException>(() => Device.Parse(text));
        Assert.Equal($"Device \"{text}\" is not available: {reason}. There is: \"best\", \"cpu\" ({Device.Cpu.Description}), \"cpu:THREADS\"", error.Message[..error.Message.IndexOf("THREADS\"", StringComparison.Ordinal)] + "THREADS\"");
        Assert.IsAssignableFrom<ConvokeException>(error);
    }

    /// <summary>No machine has a thousandth GPU.</summary>
    [Fact]
    public void A_GPU_that_is_not_there_is_refused_with_what_was_probed()
    {
        DeviceNotAvailableException error = Assert.Throws<DeviceNotAvailableException>(() => Device.Parse("cuda:1000"));
        string probed = Device.Best.Note is { } note ? note["no GPU: ".Length..] : "device 0: ";
        Assert.Contains(probed, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Device \"cuda:1000\" is not available: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("There is: \"best\", \"cpu\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(33)]
    public void CpuThreads_refuses_what_no_batch_is_cut_into(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => Device.CpuThreads(threads));
}
