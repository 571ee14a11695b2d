namespace Convoke.Benchmarks.Programs;

/// <summary>The programs whose whole steps are timed.</summary>
internal static class WholeNetworks
{
    public const int Batch = 128;

    private const double DropRate = 0.5;

    public static ProgramSpec A { get; } = new("A", 28, 28, 1, Batch, static device => NetA.Create(device, seed: 1), new Conv(32, 3), new Pool(2), new Dense(10, Relu: false));

    public static ProgramSpec B { get; } = new("B", 28, 28, 1, Batch, static device => NetB.Create(device, seed: 1),
        new Conv(32, 3), new Pool(2), new Conv(64, 3), new Pool(2), new Dense(128), new Dense(10, Relu: false));

    public static ProgramSpec C { get; } = new("C", 32, 32, 3, Batch, static device => NetC.Create(device, seed: 1),
        new Conv(32, 3), new Pool(2), new Drop(DropRate), new Conv(64, 3), new Pool(2), new Drop(DropRate), new Dense(128), new Drop(DropRate), new Dense(10, Relu: false))
    {
        EndsInLogits = true,
        WithoutDropout = new("C without dropout", 32, 32, 3, Batch, static device => NetCWithoutDropout.Create(device, seed: 1),
            new Conv(32, 3), new Pool(2), new Conv(64, 3), new Pool(2), new Dense(128), new Dense(10, Relu: false)) { EndsInLogits = true },
    };

    public static ProgramSpec ResNet9 { get; } = new("ResNet-9", 32, 32, 3, Batch, static device => NetResNet9.Create(device, seed: 1),
    [
        .. Block(32), .. Block(64), new Pool(2), new Mark("one"), .. Block(64), .. Block(64), new Sum("one"),
        .. Block(128), new Pool(2), .. Block(256), new Pool(2), new Mark("two"), .. Block(256), .. Block(256), new Sum("two"),
        new GlobalMax(), new Dense(10, Relu: false),
    ])
    { EndsInLogits = true };

    public static ProgramSpec UNet { get; } = new("U-Net", 32, 32, 1, Batch, static device => NetUNet.Create(device, seed: 1),
    [
        .. Block(16), new Mark("one"), new Pool(2), .. Block(32), new Mark("two"), new Pool(2), .. Block(64),
        new Upsample(2), new Join("two"), .. Block(32), new Upsample(2), new Join("one"), .. Block(16), new Conv(3, 1, Relu: false),
    ])
    { EndsInLogits = true };

    /// <summary>The programs of the quick mode, of cold runs and of narrower vectors.</summary>
    public static IReadOnlyList<ProgramSpec> Small { get; } = [A, B, C];

    public static IReadOnlyList<ProgramSpec> All { get; } = [A, B, C, ResNet9, UNet];

    /// <summary>The program of a name.</summary>
    public static ProgramSpec Named(string name) => All.FirstOrDefault(program => program.Name == name) ?? throw new ArgumentException($"There is no program {name}.", nameof(name));

    private static Layer[] Block(int filters) => [new Conv(filters, 3, Relu: false) { Pad = 1, Bias = false }, new Norm()];
}
