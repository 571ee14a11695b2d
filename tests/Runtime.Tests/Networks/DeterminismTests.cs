namespace Convoke.Runtime.Tests.Networks;

/// <summary>Same seed, same bits: over runs, and over numbers of threads.</summary>
public class DeterminismTests
{
    private static Dataset Data(int count, int height, int width, int channels, int classes, Layout layout)
    {
        var random = new System.Random(5);
        var pixels = new byte[count * height * width * channels];
        random.NextBytes(pixels);
        return Dataset.FromBytes("noise", pixels, Enumerable.Range(0, count).Select(i => i % classes).ToArray(), height, width, channels, classes, layout);
    }

    public static TheoryData<string> Models => ["A", "B", "ragged", "dropout", "resnet9", "unet", "shared"];

    private static Model Create(string name, int threads, ulong seed) => name switch
    {
        "A" => ProgramA.Create(Device.CpuThreads(threads), seed),
        "B" => ProgramB.Create(Device.CpuThreads(threads), seed),
        "dropout" => ProgramCWithDropout.Create(Device.CpuThreads(threads), seed),
        "resnet9" => ResNet9.Create(Device.CpuThreads(threads), seed),
        "shared" => SharedWeights.Create(Device.CpuThreads(threads), seed),
        "unet" => UNet.Create(Device.CpuThreads(threads), seed),
        _ => Ragged.Create(Device.CpuThreads(threads), seed),
    };

    /// <summary>Weights after two epochs of 150 samples, in batches of 64, 64 and 22; of the deeper nets 75, in batches of 64 and 11.</summary>
    private static float[] Train(string name, int threads, ulong seed)
    {
        using Model net = Create(name, threads, seed);
        Dataset data = name switch
        {
            "ragged" => Data(150, 13, 11, 3, 5, Layout.ChannelsFirst),
            "dropout" or "resnet9" or "shared" => Data(75, 32, 32, 3, 10, Layout.ChannelsFirst),
            "unet" => Dataset.FromBytes("noise", new byte[75 * 1024].Select((_, i) => (byte)(i * 7 % 251)).ToArray(), Enumerable.Range(0, 75 * 1024).Select(static i => i % 7 % 3).ToArray(), 32, 32, 1, 3, Layout.ChannelsFirst, 1024),
            _ => Data(150, 28, 28, 1, 10, Layout.ChannelsLast),
        };
        net.Fit(data, new() { Epochs = 2, BatchSize = 64 });
        return [.. net.Parameters.SelectMany(static p => p.ToArray())];
    }

    [Theory, MemberData(nameof(Models))]
    public void Two_runs_give_equal_bits(string name) => Assert.Equal(Train(name, 2, 7), Train(name, 2, 7));

    [Theory, MemberData(nameof(Models))]
    public void Threads_do_not_change_a_bit(string name)
    {
        float[] one = Train(name, 1, 7);
        Assert.Equal(one, Train(name, 2, 7));
        Assert.Equal(one, Train(name, 3, 7));
    }

    [Fact]
    public void Seeds_matter() => Assert.NotEqual(Train("ragged", 1, 7), Train("ragged", 1, 8));
}
