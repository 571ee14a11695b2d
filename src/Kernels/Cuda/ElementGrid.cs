namespace Convoke.Kernels.Cuda;

/// <summary>How a kernel without a reduction is cut: a thread has one item of a sample, and small samples share a block.</summary>
/// <param name="Items">Items of a sample: elements, or quads of channels.</param>
public sealed record ElementGrid(int Items)
{
    public const int Threads = 256;

    /// <summary>Blocks of such threads that shall fit at once.</summary>
    public const int MinBlocks = 4;

    /// <summary>Whether a block has several samples; the kernel then needs to know their number.</summary>
    public bool Shares => Items <= Threads / 2;

    private int Samples => Threads / Items;

    private int Blocks => (Items + Threads - 1) / Threads;

    public CudaGrid Grid => Shares ? CudaGrid.PerSample(1, Samples) : CudaGrid.PerSample(Blocks);

    /// <summary>What stands at the end of the kernel's parameters.</summary>
    public string Parameter => Shares ? ", int batch" : "";

    /// <summary>Text that declares n, the sample, and i, the item; threads without one have returned.</summary>
    public string Place => Shares
        ? $"""
            constexpr int ITEMS = {Items}, SAMPLES = {Samples};
            const int n = blockIdx.x * SAMPLES + threadIdx.x / ITEMS, i = threadIdx.x % ITEMS;
            if ({(Samples * Items < Threads ? "threadIdx.x >= SAMPLES * ITEMS || " : "")}n >= batch) return;
            """
        : $"""
            constexpr int {(Items % Threads == 0 ? "" : $"ITEMS = {Items}, ")}BLOCKS = {Blocks};
            const int n = blockIdx.x / BLOCKS, i = blockIdx.x % BLOCKS * {Threads} + threadIdx.x;
            {(Items % Threads == 0 ? "" : "if (i >= ITEMS) return;")}
            """.TrimEnd();

    /// <summary>The grid, for comments.</summary>
    public string Text => Shares ? $"grid N/{Samples}" : Blocks == 1 ? "grid N" : $"grid N x {Blocks}";

    /// <summary>The batch size, where the kernel needs it.</summary>
    public CudaArgument? Count(LaunchBuilder to) => Shares ? to.Count : null;
}
