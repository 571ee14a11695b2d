namespace Convoke.EmulatedDriver.Tests.Code;

public unsafe class LaunchTests
{
    private const int MaxDynamicShared = 8;

    [DriverFact]
    public void A_kernel_of_NVRTC_computes()
    {
        using var emulator = new Emulator();
        float[] x = [.. Enumerable.Range(0, 1000).Select(static i => i * 0.25f)];
        ulong from = emulator.Values(Array.ConvertAll(x, BitConverter.SingleToInt32Bits)), to = emulator.Values(Array.ConvertAll(x, BitConverter.SingleToInt32Bits));
        emulator.Launch(emulator.Kernel("add"), emulator.Stream(), 8, 128, 0, from, to, (uint)BitConverter.SingleToInt32Bits(2), 1000);
        Assert.Equal(x.Select(static value => 3 * value), emulator.Read(to, 1000).Select(BitConverter.Int32BitsToSingle));
    }

    [DriverFact]
    public void Arguments_are_copied_by_the_call()
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel("put");
        ulong device = emulator.Device(1);
        int value = 1;
        void** arguments = stackalloc void*[] { &device, &value };
        Emulator.Check(Cuda.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, 0, arguments, null));
        value = 2;
        Assert.Equal([1], emulator.Read(device, 1));
    }

    [DriverTheory]
    [InlineData("put", 0, 1, 1, 1, 1, 1)]
    [InlineData("put", 1, 65536, 1, 1, 1, 1)]
    [InlineData("put", 1, 1, 65536, 1, 1, 1)]
    [InlineData("put", 1, 1, 1, 0, 1, 1)]
    [InlineData("put", 1, 1, 1, 1025, 1, 1)]
    [InlineData("put", 1, 1, 1, 64, 17, 1)]
    [InlineData("put", 1, 1, 1, 1, 1, 65)]
    [InlineData("copy", 1, 1, 1, 65, 1, 1)]
    public void Limits_hold(string name, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ)
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel(name);
        ulong argument = 0;
        void** arguments = stackalloc void*[] { &argument, &argument, &argument };
        Assert.Equal(1, Cuda.cuLaunchKernel(kernel, gridX, gridY, gridZ, blockX, blockY, blockZ, 0, 0, arguments, null));
        Assert.Contains(name, Emulator.LastFault);
        Assert.Equal(0, Emulator.Leaks.Pending);
    }

    [DriverFact]
    public void Missing_arguments_are_named()
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel("put");
        Assert.Equal(1, Cuda.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, 0, null, null));
        Assert.Contains("argument 0 (put_param_0) is missing", Emulator.LastFault);
    }

    [DriverFact]
    public void More_than_48_KB_of_shared_memory_needs_the_attribute()
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel("reverse");
        (ulong from, ulong to) = (emulator.Values(1, 2, 3, 4), emulator.Device(4));
        Assert.Equal(1, Emulator.Failure(() => emulator.Launch(kernel, 0, 1, 4, (48 << 10) + 4, from, to)));
        Emulator.Check(Cuda.cuFuncSetAttribute(kernel, MaxDynamicShared, 64 << 10));
        Emulator.Check(Cuda.cuFuncGetAttribute(out int allowed, MaxDynamicShared, kernel));
        Assert.Equal(64 << 10, allowed);
        emulator.Launch(kernel, 0, 1, 4, 64 << 10, from, to);
        Assert.Equal([4, 3, 2, 1], emulator.Read(to, 4));
        Assert.Equal(1, Cuda.cuFuncSetAttribute(kernel, MaxDynamicShared, (227 << 10) + 1));
    }

    [DriverFact]
    public void Occupancy_falls_with_threads_and_shared_memory()
    {
        using var emulator = new Emulator();
        nint kernel = emulator.Kernel("reverse");
        Assert.Equal((32, 8, 4, 0), (Blocks(32, 0), Blocks(256, 0), Blocks(32, 48 << 10), Blocks(2048, 0)));

        int Blocks(int threads, nuint shared)
        {
            Emulator.Check(Cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, kernel, threads, shared));
            return blocks;
        }
    }
}
