namespace Convoke.Benchmarks.Programs;

/// <summary>The layers of the sweep. Padding, strides and normalisation are missing because annotations cannot say them yet.</summary>
internal static class LayerPrograms
{
    private const int Batch = 128;

    /// <summary>Keeps the activations of large images within some tens of megabytes.</summary>
    private const int SmallBatch = 32;

    private static readonly Dense Head = new(2, Relu: false);

    public static IReadOnlyList<ProgramSpec> All { get; } =
    [
        new("conv 3x3, 1 to 32, 28 px", 28, 28, 1, Batch, static device => Conv3From1.Create(device, seed: 1), new Conv(32, 3), Head),
        new("conv 3x3, 3 to 32, 32 px", 32, 32, 3, Batch, static device => Conv3From3.Create(device, seed: 1), new Conv(32, 3), Head),
        new("conv 7x7, 3 to 32, 32 px", 32, 32, 3, Batch, static device => Conv7From3.Create(device, seed: 1), new Conv(32, 7), Head),
        new("conv 5x5, 16 to 32, 14 px", 14, 14, 16, Batch, static device => Conv5From16.Create(device, seed: 1), new Conv(32, 5), Head),
        new("conv 3x3, 32 to 64, 13 px", 13, 13, 32, Batch, static device => Conv3From32.Create(device, seed: 1), new Conv(64, 3), Head),
        new("conv 3x3, 32 to 64, 13 px, pool 2", 13, 13, 32, Batch, static device => Conv3From32Pooled.Create(device, seed: 1), new Conv(64, 3), new Pool(2), Head),
        new("conv 3x3, 64 to 64, 28 px", 28, 28, 64, SmallBatch, static device => Conv3From64.Create(device, seed: 1), new Conv(64, 3), Head),
        new("conv 1x1, 64 to 128, 14 px", 14, 14, 64, Batch, static device => Conv1From64.Create(device, seed: 1), new Conv(128, 1), Head),
        new("conv 3x3, 256 to 256, 7 px", 7, 7, 256, SmallBatch, static device => Conv3From256.Create(device, seed: 1), new Conv(256, 3), Head),
        new("conv 3x3, 1 to 16, 112 px", 112, 112, 1, SmallBatch, static device => Conv3Large.Create(device, seed: 1), new Conv(16, 3), Head),
        new("conv 3x3, 32 to 32 twice, 16 px", 16, 16, 32, Batch, static device => Conv3Twice.Create(device, seed: 1), new Conv(32, 3), new Conv(32, 3), Head),
        new("dense 784 to 256", 28, 28, 1, Batch, static device => Dense784.Create(device, seed: 1), new Dense(256), Head),
        new("dense 1024 to 1024", 32, 32, 1, Batch, static device => Dense1024.Create(device, seed: 1), new Dense(1024), Head),
        new("dense 4096 to 64", 64, 64, 1, Batch, static device => Dense4096.Create(device, seed: 1), new Dense(64), Head),
        new("dense 512 to 512 twice", 16, 32, 1, Batch, static device => Dense512Twice.Create(device, seed: 1), new Dense(512), new Dense(512), Head),
    ];
}
