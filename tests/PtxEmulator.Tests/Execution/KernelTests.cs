namespace Convoke.PtxEmulator.Tests.Execution;

/// <summary>Kernels as NVRTC compiles them, against the same computed here. All checks are on: none may report a sound kernel.</summary>
public class KernelTests
{
    private static readonly Random Random = new(5);

    /// <summary>Orders and threads that must not change a result.</summary>
    public static TheoryData<string> Orders => ["ascending", "random", "parallel", "pessimistic"];

    [Theory, MemberData(nameof(Orders))]
    public void Saxpy_with_a_tail(string order)
    {
        using Device device = new(Options(order));
        float[] x = Floats(1000), y = Floats(1000);
        ulong dx = device.Upload(x), dy = device.Upload(y);
        device.Run(Golden.Kernels.Kernels["saxpy"], new(4), new(256), 0, dy, dx, 1.5f, 1000);
        Assert.Equal(y.Zip(x, static (b, a) => 1.5f * a + b), Device.Download<float>(dy, 1000));
    }

    [Theory, MemberData(nameof(Orders))]
    public void Block_sum(string order)
    {
        using Device device = new(Options(order));
        float[] x = Floats(128 * 7);
        ulong dx = device.Upload(x), sums = device.Raw(28);
        device.Run(Golden.Kernels.Kernels["block_sum"], new(7), new(128), 0, sums, dx);
        Assert.Equal(x.Chunk(128).Select(BlockSum), Device.Download<float>(sums, 7));
    }

    /// <summary>Parts of a warp with a mask each, together and one alone.</summary>
    [Theory, InlineData(1), InlineData(0)]
    public void Halves_of_a_warp_have_masks_of_their_own(int both)
    {
        using Device device = new();
        float[] x = [.. Enumerable.Range(0, 32).Select(static i => (float)i)];
        ulong sums = device.Upload<float>([-1, -1]);
        device.Run(Golden.Kernels.Kernels["half_sums"], new(1), new(32), 0, sums, device.Upload(x), both);
        Assert.Equal([both == 0 ? -1 : x[..16].Sum(), x[16..].Sum()], Device.Download<float>(sums, 2));
    }

    [Fact]
    public void Lanes_that_part_meet_again()
    {
        using Device device = new();
        int[] kind = [.. Enumerable.Range(0, 32).Select(static i => i * 7 % 6)];
        ulong output = device.Raw(128);
        LaunchCounters counters = device.Run(Golden.Kernels.Kernels["cases"], new(1), new(32), 0, output, device.Upload(kind));
        int[] values = [.. kind.Select(static (k, i) => k switch
        {
            0 => i * 3,
            1 => i + Enumerable.Range(0, i).Sum(static j => j * j),
            2 => -i,
            3 => (i << 4) ^ 5,
            4 => i / 3,
            _ => 12345,
        })];
        Assert.Equal(values.Select(v => v + values.Count(static w => w > 0)), Device.Download<int>(output, 32));
        Assert.True(counters.DivergentBranches > 0);
    }

    [Theory, MemberData(nameof(Orders))]
    public void Reverse_through_dynamic_shared_memory(string order)
    {
        using Device device = new(Options(order));
        float[] input = Floats(200);
        ulong output = device.Raw(800);
        device.Run(Golden.Kernels.Kernels["reverse"], new(1), new(200), 800, output, device.Upload(input), 200);
        Assert.Equal(input.Reverse(), Device.Download<float>(output, 200));
    }

    [Theory, MemberData(nameof(Orders))]
    public void Histogram_by_atomics(string order)
    {
        using Device device = new(Options(order));
        byte[] values = new byte[5000];
        Random.NextBytes(values);
        ulong bins = device.Upload(new uint[256]);
        device.Run(Golden.Kernels.Kernels["histogram"], new(3), new(96), 0, bins, device.Upload(values), 5000);
        Assert.Equal(Enumerable.Range(0, 256).Select(b => (uint)values.Count(v => v == b)), Device.Download<uint>(bins, 256));
    }

    [Fact]
    public void Local_memory_constants_and_device_variables()
    {
        using Device device = new();
        int[] index = [.. Enumerable.Range(0, 32).Select(static i => i * 5)];
        ulong output = device.Raw(128), old = device.Raw(128);
        for (uint run = 0; run < 2; run++)
        {
            device.Run(Golden.Kernels.Kernels["variables"], new(1), new(32), 0, output, device.Upload(index), old);
            Assert.Equal(index.Select(static (n, i) => (i * 8 + (n & 7)) * MathF.Pow(10, i & 3)), Device.Download<float>(output, 32));
            // The variable keeps its value from launch to launch.
            Assert.Equal(Enumerable.Range(0, 32).Select(i => 7 + run * 32 + (uint)i), Device.Download<uint>(old, 32));
        }
        Assert.Equal(4, device.Memory.LiveAllocations);
    }

    [Fact]
    public void Doubles()
    {
        using Device device = new();
        double[] a = [.. Enumerable.Range(0, 64).Select(static i => i * 1.25 - 7)], b = [.. Enumerable.Range(0, 64).Select(static i => 30 - i * 0.7)];
        ulong output = device.Raw(512);
        device.Run(Golden.Kernels.Kernels["doubles"], new(1), new(64), 0, output, device.Upload(a), device.Upload(b));
        Assert.Equal(a.Zip(b, static (x, y) => x > y ? Math.Sqrt(x) / y : Math.FusedMultiplyAdd(x, y, (long)x)), Device.Download<double>(output, 64));
    }

    [Theory, MemberData(nameof(Orders))]
    public void Asynchronous_copies(string order)
    {
        using Device device = new(Options(order));
        float[] input = Floats(512);
        ulong output = device.Raw(256);
        device.Run(Golden.Kernels.Kernels["async_copy"], new(1), new(64), 0, output, device.Upload(input));
        Assert.Equal(Enumerable.Range(0, 64).Select(i => 0 + input[255 - i] + input[256 + i]), Device.Download<float>(output, 64));
    }

    [Fact]
    public void Matrix_instruction_and_its_loads()
    {
        using Device device = new(new() { Count = true });
        // Small integers are exact in bf16, and so are their sums.
        int[] a = [.. Enumerable.Range(0, 256).Select(static i => i * 37 % 17 - 8)], b = [.. Enumerable.Range(0, 128).Select(static i => i * 23 % 13 - 6)];
        ulong output = device.Raw(512);
        LaunchCounters counters = device.Run(Golden.Kernels.Kernels["matrix_bf16"], new(1), new(32), 0, output, device.Upload<ushort>([.. a.Select(Bf16)]), device.Upload<ushort>([.. b.Select(Bf16)]));
        float[] expected = [.. Enumerable.Range(0, 128).Select(i => (float)Enumerable.Range(0, 16).Sum(k => a[i / 8 * 16 + k] * b[k * 8 + i % 8]))];
        Assert.Equal(expected, Device.Download<float>(output, 128));
        Assert.Equal(1, counters.MatrixInstructions);
        Assert.Equal(2, counters.MatrixLoads);
        Assert.Equal(16 * 8 * 16, counters.FmaLanes);
    }

    [Theory, MemberData(nameof(Orders))]
    public void Named_barriers(string order)
    {
        using Device device = new(Options(order));
        ulong output = device.Raw(128);
        device.Run(Golden.Kernels.Kernels["named_barriers"], new(1), new(64), 0, output);
        Assert.Equal(Enumerable.Range(0, 32).Select(static i => i * 7), Device.Download<int>(output, 32));
    }

    [Fact]
    public void Barriers_that_reduce()
    {
        using Device device = new();
        int[] input = [.. Enumerable.Range(-20, 96)];
        ulong output = device.Raw(384);
        device.Run(Golden.Kernels.Kernels["count_positive"], new(1), new(96), 0, output, device.Upload(input));
        Assert.Equal(Enumerable.Repeat(75 * 100 + 10, 96), Device.Download<int>(output, 96));
    }

    [Fact]
    public void Counters_of_known_patterns()
    {
        using Device device = new(new() { Count = true });
        LaunchCounters c = device.Run(Golden.Kernels.Kernels["patterns"], new(1), new(32), 0, device.Raw(128), device.Upload(new float[256]));
        Assert.Equal((2, 4 + 32), (c.GlobalLoads, c.GlobalLoadSectors));
        // The first of them touches 4 of the second's 32.
        Assert.Equal(32, c.BlockLoadSectors);
        Assert.Equal((1, 4), (c.GlobalStores, c.GlobalStoreSectors));
        // 32 stores and the broadcast take one pass each, the column takes 32.
        Assert.Equal((34, 33 + 32, 31), (c.SharedRequests, c.SharedPasses, c.SharedConflicts));
        Assert.Equal(32 * c.WarpInstructions, c.ActiveLanes);
        Assert.Equal(0, c.Barriers);
    }

    /// <summary>A warp's copy is one request: 32 lanes of 16 bytes are 16 sectors, and four passes over the banks.</summary>
    [Fact]
    public void Counters_of_asynchronous_copies_and_of_blocks()
    {
        using Device device = new(new() { Count = true, DetectRaces = false });
        LaunchCounters c = device.Run(Golden.Kernels.Kernels["async_copy"], new(3), new(64), 0, device.Raw(256), device.Upload(Floats(512)));
        Assert.Equal((3 * 4, 3 * 64, 3 * 64), (c.GlobalLoads, c.GlobalLoadSectors, c.BlockLoadSectors));
        Assert.Equal((3 * 8, 3 * ((4 * 4) + 4), 0), (c.SharedRequests, c.SharedPasses, c.SharedConflicts));
        Assert.Equal(new BlockWork(c.WarpInstructions / 3, 4, 8, c.Barriers / 3), c.Longest);
    }

    /// <summary>Atomics hand out numbers in the order in which blocks and warps run.</summary>
    [Fact]
    public void A_seed_draws_an_order_and_keeps_it()
    {
        uint[] ascending = Order(null), first = Order(1), again = Order(1), second = Order(2);
        Assert.Equal(Enumerable.Range(0, 256).Select(static i => 7 + (uint)i), ascending);
        Assert.Equal(first, again);
        Assert.NotEqual(ascending, first);
        Assert.NotEqual(first, second);

        static uint[] Order(ulong? seed)
        {
            using Device device = new(new() { OrderSeed = seed });
            ulong old = device.Raw(1024);
            device.Run(Golden.Kernels.Kernels["variables"], new(1), new(256), 0, device.Raw(1024), device.Upload(new int[256]), old);
            return Device.Download<uint>(old, 256);
        }
    }

    private static ExecutionOptions Options(string order) => order switch
    {
        "random" => new() { OrderSeed = 99 },
        "parallel" => new() { DetectRaces = false, Threads = 3 },
        "pessimistic" => new() { PessimisticAsync = true },
        _ => new(),
    };

    private static float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(static _ => Random.NextSingle() * 2 - 1)];

    private static ushort Bf16(int value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);

    private static float BlockSum(float[] values)
    {
        float[] warps = [.. values.Chunk(32).Select(static warp =>
        {
            float[] v = warp;
            for (int step = 16; step > 0; step /= 2) v = [.. v.Select((x, lane) => x + v[lane ^ step])];
            return v[0];
        })];
        return warps[0] + warps[1] + warps[2] + warps[3];
    }
}
