namespace Convoke.EmulatedDriver;

/// <summary>What a compute capability allows, from the table "Technical Specifications per Compute Capability" of the CUDA programming guide.</summary>
internal sealed record Limits(int ThreadsPerMultiprocessor, int BlocksPerMultiprocessor, int SharedPerMultiprocessor, int SharedPerBlockOptIn, int SharedReserved)
{
    public const int WarpSize = 32, ThreadsPerBlock = 1024, BlockX = 1024, BlockY = 1024, BlockZ = 64;
    public const int GridX = int.MaxValue, GridY = 65535, GridZ = 65535;
    public const int RegistersPerBlock = 65536, SharedPerBlock = 48 << 10, ConstantBytes = 64 << 10;

    public static Limits Of(int architecture) => architecture switch
    {
        < 80 => new(1024, 16, 64 << 10, 64 << 10, 0),
        80 => new(2048, 32, 164 << 10, 163 << 10, 1 << 10),
        < 90 => new(1536, architecture == 89 ? 24 : 16, 100 << 10, 99 << 10, 1 << 10),
        < 120 => new(2048, 32, 228 << 10, 227 << 10, 1 << 10),
        _ => new(1536, 24, 100 << 10, 99 << 10, 1 << 10),
    };

    /// <summary>Blocks of one kernel that fit on a multiprocessor at once. Registers do not count: PTX has virtual ones.</summary>
    public int ActiveBlocks(int threads, int sharedBytes)
    {
        int warps = (threads + WarpSize - 1) / WarpSize;
        int byShared = SharedPerMultiprocessor / Math.Max(1, (sharedBytes + SharedReserved + 127) & ~127);
        return Math.Min(Math.Min(BlocksPerMultiprocessor, ThreadsPerMultiprocessor / WarpSize / warps), byShared);
    }
}
