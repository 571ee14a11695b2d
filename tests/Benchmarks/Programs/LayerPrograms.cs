namespace Convoke.Benchmarks.Programs;

/// <summary>A layer of the sweep.</summary>
/// <param name="Outer">It sees the image: forward, and the gradient of its weights.</param>
/// <param name="Inner">The same layer behind a 1x1 convolution, so that its input needs a gradient as well; null for first layers, and for dense ones, of which two stand in a row.</param>
internal sealed record LayerProgram(ProgramSpec Outer, ProgramSpec? Inner);

/// <summary>The layers of the sweep: filters from 1x1 to 7x7, 1 to 256 channels, 7 to 112 pixels, dense layers of 64 to 4096. Batches keep the activations within some tens of megabytes.</summary>
internal static class LayerPrograms
{
    private const int Batch = 128;

    private static readonly Dense Head = new(2, Relu: false);
    private static readonly GlobalMean Mean = new();

    public static IReadOnlyList<LayerProgram> All { get; } =
    [
        new(new("conv 3x3, 1 to 32, 28 px", 28, 28, 1, 128, static device => Conv3From1To32At28.Create(device, seed: 1), new Conv(32, 3), Mean, Head), null),
        new(new("conv 3x3, 3 to 32, 32 px", 32, 32, 3, 128, static device => Conv3From3To32At32.Create(device, seed: 1), new Conv(32, 3), Mean, Head), null),
        new(new("conv 3x3, 3 to 64, 112 px, same", 112, 112, 3, 16, static device => Conv3From3To64At112.Create(device, seed: 1), new Conv(64, 3) { Pad = 1 }, Mean, Head), null),
        new(new("conv 3x3, 1 to 16, 112 px", 112, 112, 1, 32, static device => Conv3From1To16At112.Create(device, seed: 1), new Conv(16, 3), Mean, Head), null),
        new(new("conv 3x3, 16 to 16, 56 px, same", 56, 56, 16, 32, static device => Conv3From16To16At56.Create(device, seed: 1), new Conv(16, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 16 to 16, 56 px, same", 56, 56, 1, 32, static device => Conv3From16To16At56Inner.Create(device, seed: 1), new Conv(16, 1, Relu: false), new Conv(16, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 32 to 32, 28 px, same", 28, 28, 32, 64, static device => Conv3From32To32At28.Create(device, seed: 1), new Conv(32, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 32 to 32, 28 px, same", 28, 28, 1, 64, static device => Conv3From32To32At28Inner.Create(device, seed: 1), new Conv(32, 1, Relu: false), new Conv(32, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 32 to 64, 13 px", 13, 13, 32, 128, static device => Conv3From32To64At13.Create(device, seed: 1), new Conv(64, 3), Mean, Head),
            new("conv 3x3, 32 to 64, 13 px", 13, 13, 1, 128, static device => Conv3From32To64At13Inner.Create(device, seed: 1), new Conv(32, 1, Relu: false), new Conv(64, 3), Mean, Head)),
        new(new("conv 3x3, 32 to 64, 13 px, pool 2", 13, 13, 32, 128, static device => Conv3From32To64At13Pooled.Create(device, seed: 1), new Conv(64, 3), new Pool(2), Mean, Head),
            new("conv 3x3, 32 to 64, 13 px, pool 2", 13, 13, 1, 128, static device => Conv3From32To64At13PooledInner.Create(device, seed: 1), new Conv(32, 1, Relu: false), new Conv(64, 3), new Pool(2), Mean, Head)),
        new(new("conv 3x3, 64 to 64, 28 px", 28, 28, 64, 32, static device => Conv3From64To64At28.Create(device, seed: 1), new Conv(64, 3), Mean, Head),
            new("conv 3x3, 64 to 64, 28 px", 28, 28, 1, 32, static device => Conv3From64To64At28Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(64, 3), Mean, Head)),
        new(new("conv 3x3, 64 to 64, 56 px, same", 56, 56, 64, 16, static device => Conv3From64To64At56.Create(device, seed: 1), new Conv(64, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 64 to 64, 56 px, same", 56, 56, 1, 16, static device => Conv3From64To64At56Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(64, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 64 to 128, 14 px, same", 14, 14, 64, 64, static device => Conv3From64To128At14.Create(device, seed: 1), new Conv(128, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 64 to 128, 14 px, same", 14, 14, 1, 64, static device => Conv3From64To128At14Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(128, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 128 to 128, 14 px, same", 14, 14, 128, 32, static device => Conv3From128To128At14.Create(device, seed: 1), new Conv(128, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 128 to 128, 14 px, same", 14, 14, 1, 32, static device => Conv3From128To128At14Inner.Create(device, seed: 1), new Conv(128, 1, Relu: false), new Conv(128, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 128 to 256, 7 px, same", 7, 7, 128, 64, static device => Conv3From128To256At7.Create(device, seed: 1), new Conv(256, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 128 to 256, 7 px, same", 7, 7, 1, 64, static device => Conv3From128To256At7Inner.Create(device, seed: 1), new Conv(128, 1, Relu: false), new Conv(256, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3, 256 to 256, 7 px", 7, 7, 256, 32, static device => Conv3From256To256At7.Create(device, seed: 1), new Conv(256, 3), Mean, Head),
            new("conv 3x3, 256 to 256, 7 px", 7, 7, 1, 32, static device => Conv3From256To256At7Inner.Create(device, seed: 1), new Conv(256, 1, Relu: false), new Conv(256, 3), Mean, Head)),
        new(new("conv 3x3, 256 to 256, 14 px, same", 14, 14, 256, 16, static device => Conv3From256To256At14.Create(device, seed: 1), new Conv(256, 3) { Pad = 1 }, Mean, Head),
            new("conv 3x3, 256 to 256, 14 px, same", 14, 14, 1, 16, static device => Conv3From256To256At14Inner.Create(device, seed: 1), new Conv(256, 1, Relu: false), new Conv(256, 3) { Pad = 1 }, Mean, Head)),
        new(new("conv 3x3 stride 2, 64 to 128, 14 px", 14, 14, 64, 64, static device => Conv3From64To128At14Stride2.Create(device, seed: 1), new Conv(128, 3) { Stride = 2, Pad = 1 }, Mean, Head),
            new("conv 3x3 stride 2, 64 to 128, 14 px", 14, 14, 1, 64, static device => Conv3From64To128At14Stride2Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(128, 3) { Stride = 2, Pad = 1 }, Mean, Head)),
        new(new("conv 1x1, 16 to 64, 28 px", 28, 28, 16, 64, static device => Conv1From16To64At28.Create(device, seed: 1), new Conv(64, 1), Mean, Head),
            new("conv 1x1, 16 to 64, 28 px", 28, 28, 1, 64, static device => Conv1From16To64At28Inner.Create(device, seed: 1), new Conv(16, 1, Relu: false), new Conv(64, 1), Mean, Head)),
        new(new("conv 1x1, 64 to 64, 56 px", 56, 56, 64, 16, static device => Conv1From64To64At56.Create(device, seed: 1), new Conv(64, 1), Mean, Head),
            new("conv 1x1, 64 to 64, 56 px", 56, 56, 1, 16, static device => Conv1From64To64At56Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(64, 1), Mean, Head)),
        new(new("conv 1x1, 64 to 128, 14 px", 14, 14, 64, 128, static device => Conv1From64To128At14.Create(device, seed: 1), new Conv(128, 1), Mean, Head),
            new("conv 1x1, 64 to 128, 14 px", 14, 14, 1, 128, static device => Conv1From64To128At14Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(128, 1), Mean, Head)),
        new(new("conv 1x1, 256 to 64, 14 px", 14, 14, 256, 64, static device => Conv1From256To64At14.Create(device, seed: 1), new Conv(64, 1), Mean, Head),
            new("conv 1x1, 256 to 64, 14 px", 14, 14, 1, 64, static device => Conv1From256To64At14Inner.Create(device, seed: 1), new Conv(256, 1, Relu: false), new Conv(64, 1), Mean, Head)),
        new(new("conv 1x1, 128 to 256, 7 px", 7, 7, 128, 128, static device => Conv1From128To256At7.Create(device, seed: 1), new Conv(256, 1), Mean, Head),
            new("conv 1x1, 128 to 256, 7 px", 7, 7, 1, 128, static device => Conv1From128To256At7Inner.Create(device, seed: 1), new Conv(128, 1, Relu: false), new Conv(256, 1), Mean, Head)),
        new(new("conv 1x1 stride 2, 64 to 128, 28 px", 28, 28, 64, 32, static device => Conv1From64To128At28Stride2.Create(device, seed: 1), new Conv(128, 1) { Stride = 2 }, Mean, Head),
            new("conv 1x1 stride 2, 64 to 128, 28 px", 28, 28, 1, 32, static device => Conv1From64To128At28Stride2Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(128, 1) { Stride = 2 }, Mean, Head)),
        new(new("conv 5x5, 1 to 32, 28 px", 28, 28, 1, 128, static device => Conv5From1To32At28.Create(device, seed: 1), new Conv(32, 5), Mean, Head), null),
        new(new("conv 5x5, 16 to 32, 14 px", 14, 14, 16, 128, static device => Conv5From16To32At14.Create(device, seed: 1), new Conv(32, 5), Mean, Head),
            new("conv 5x5, 16 to 32, 14 px", 14, 14, 1, 128, static device => Conv5From16To32At14Inner.Create(device, seed: 1), new Conv(16, 1, Relu: false), new Conv(32, 5), Mean, Head)),
        new(new("conv 5x5, 32 to 64, 14 px, same", 14, 14, 32, 64, static device => Conv5From32To64At14.Create(device, seed: 1), new Conv(64, 5) { Pad = 2 }, Mean, Head),
            new("conv 5x5, 32 to 64, 14 px, same", 14, 14, 1, 64, static device => Conv5From32To64At14Inner.Create(device, seed: 1), new Conv(32, 1, Relu: false), new Conv(64, 5) { Pad = 2 }, Mean, Head)),
        new(new("conv 5x5, 64 to 64, 28 px, same", 28, 28, 64, 16, static device => Conv5From64To64At28.Create(device, seed: 1), new Conv(64, 5) { Pad = 2 }, Mean, Head),
            new("conv 5x5, 64 to 64, 28 px, same", 28, 28, 1, 16, static device => Conv5From64To64At28Inner.Create(device, seed: 1), new Conv(64, 1, Relu: false), new Conv(64, 5) { Pad = 2 }, Mean, Head)),
        new(new("conv 7x7 stride 2, 3 to 64, 112 px", 112, 112, 3, 16, static device => Conv7From3To64At112Stride2.Create(device, seed: 1), new Conv(64, 7) { Stride = 2, Pad = 3 }, Mean, Head), null),
        new(new("conv 7x7, 3 to 32, 32 px", 32, 32, 3, 128, static device => Conv7From3To32At32.Create(device, seed: 1), new Conv(32, 7), Mean, Head), null),
        new(new("conv 7x7 stride 2, 16 to 32, 56 px", 56, 56, 16, 32, static device => Conv7From16To32At56Stride2.Create(device, seed: 1), new Conv(32, 7) { Stride = 2, Pad = 3 }, Mean, Head),
            new("conv 7x7 stride 2, 16 to 32, 56 px", 56, 56, 1, 32, static device => Conv7From16To32At56Stride2Inner.Create(device, seed: 1), new Conv(16, 1, Relu: false), new Conv(32, 7) { Stride = 2, Pad = 3 }, Mean, Head)),
        new(new("dense 64 to 64", 8, 8, 1, Batch, static device => Dense64To64.Create(device, seed: 1), new Dense(64), Head), null),
        new(new("dense 784 to 256", 28, 28, 1, Batch, static device => Dense784To256.Create(device, seed: 1), new Dense(256), Head), null),
        new(new("dense 1024 to 1024", 32, 32, 1, Batch, static device => Dense1024To1024.Create(device, seed: 1), new Dense(1024), Head), null),
        new(new("dense 4096 to 64", 64, 64, 1, Batch, static device => Dense4096To64.Create(device, seed: 1), new Dense(64), Head), null),
        new(new("dense 64 to 4096", 8, 8, 1, Batch, static device => Dense64To4096.Create(device, seed: 1), new Dense(4096), Head), null),
        new(new("dense 4096 to 4096", 64, 64, 1, Batch, static device => Dense4096To4096.Create(device, seed: 1), new Dense(4096), Head), null),
        new(new("dense 512 to 512 twice", 16, 32, 1, Batch, static device => Dense512To512To512.Create(device, seed: 1), new Dense(512), new Dense(512), Head), null),
    ];
}
