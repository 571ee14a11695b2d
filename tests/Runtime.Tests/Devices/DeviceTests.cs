namespace Convoke.Runtime.Tests.Devices;

public sealed class DeviceTests
{
    [Fact]
    public void Best_is_the_processor_with_all_its_threads()
    {
        Assert.Same(Device.Cpu, Device.Best);
        Assert.Equal(Math.Clamp(Environment.ProcessorCount, 1, 32), Device.Cpu.Threads);
        Assert.Equal([Device.Cpu], Device.List());
        Assert.Matches("^CPU, [0-9]+ threads?, (512|256|128)-bit vectors$", Device.Best.Description);
        Assert.StartsWith("CPU, 1 thread, ", Device.CpuThreads(1).Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("best", "cpu", 0)]
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
    [InlineData("cuda", "this version has no CUDA back end")]
    [InlineData("CUDA:1", "this version has no CUDA back end")]
    [InlineData("tpu", "no device has that name")]
    [InlineData("", "no device has that name")]
    [InlineData("cpu:0", "the number of threads is a whole number in 1..32")]
    [InlineData("cpu:33", "the number of threads is a whole number in 1..32")]
    [InlineData("cpu:two", "the number of threads is a whole number in 1..32")]
    public void A_device_that_is_not_there_is_refused_with_what_there_is(string text, string reason)
    {
        DeviceNotAvailableException error = Assert.Throws<DeviceNotAvailableException>(() => Device.Parse(text));
        Assert.Equal($"Device \"{text}\" is not available: {reason}. There is: \"best\", \"cpu\" ({Device.Cpu.Description}), \"cpu:THREADS\".", error.Message);
        Assert.IsAssignableFrom<ConvokeException>(error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(33)]
    public void CpuThreads_refuses_what_no_batch_is_cut_into(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => Device.CpuThreads(threads));
}
