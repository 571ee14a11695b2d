namespace Convoke.Benchmarks.Prediction;

/// <summary>
/// A Hopper device with 132 multiprocessors, as <c>tests/Benchmarks/gpu/micro.cu</c> measured one (docs/results/gpu.md). A prediction is for the graph of a
/// step, data resident.
/// </summary>
internal static class DeviceFigures
{
    public const string Architecture = "sm_90";

    public const int Multiprocessors = 132;

    /// <summary>Clocks a second: what 62.7 TFLOP/s of fused multiply-adds come to at 128 lanes a clock.</summary>
    public const double Clock = 1.855e9;

    /// <summary>Warp instructions that a multiprocessor issues a clock.</summary>
    public const double Issue = 4;

    /// <summary>Lanes of fused multiply-adds a clock.</summary>
    public const double MultiplyAddLanes = 128;

    /// <summary>Clocks of a multiprocessor for one <c>mma.sync</c>: 630 TFLOP/s of m16n8k16 in BF16, 315 of m16n8k8 in TF32.</summary>
    public const double ClocksOfMatrixMultiply = 1.6;

    /// <summary>Passes over the banks of shared memory a clock.</summary>
    public const double SharedPasses = 1;

    /// <summary>Bytes a second out of the second-level cache, of the whole device, and bytes a clock that one multiprocessor can take.</summary>
    public const double CacheBytes = 6.84e12, CachePortBytes = 64;

    /// <summary>Bytes that the second-level cache holds: maps of a batch that are more than that come from memory.</summary>
    public const double CacheCapacity = 50e6;

    /// <summary>Bytes a second of device memory, read and written.</summary>
    public const double MemoryBytes = 2.99e12;

    /// <summary>Seconds that a node of a graph takes whose kernel does nothing, by its blocks: between two of these, in proportion.</summary>
    private static readonly (int Blocks, double Seconds)[] s_nodes = [(1, 0.77e-6), (128, 0.93e-6), (1056, 1.13e-6)];

    /// <summary>What a launch costs before it does anything.</summary>
    public static double Node(int blocks)
    {
        (int Blocks, double Seconds) low = s_nodes[0], high = s_nodes[^1];
        if (blocks >= high.Blocks) return high.Seconds;
        for (int i = 1; i < s_nodes.Length; i++)
        {
            (low, high) = (s_nodes[i - 1], s_nodes[i]);
            if (blocks <= high.Blocks) break;
        }
        return low.Seconds + ((high.Seconds - low.Seconds) * (blocks - low.Blocks) / (high.Blocks - low.Blocks));
    }

    /// <summary>Blocks of a kernel that a multiprocessor holds at once: registers go to warps 256 at a time, of a quarter each, and every block has a kilobyte of shared memory of the system's.</summary>
    public static int Resident(int threads, int registers, int sharedBytes)
    {
        int warps = (threads + 31) / 32, quarter = 65536 / 4 / ((registers + 7) / 8 * 8 * 32);
        return Math.Min(Math.Min(32, 64 / warps), Math.Min(4 * quarter / warps, 228 * 1024 / (sharedBytes + 1024)));
    }
}
