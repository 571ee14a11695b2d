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

    public static TheoryData<string> Models => ["A", "B", "ragged"];

    private static Model Create(string name, int threads, ulong seed) => name switch
    {
        "A" => ProgramA.Create(Device.CpuThreads(threads), seed),
        "B" => ProgramB.Create(Device.CpuThreads(threads), seed),
        _ => Ragged.Create(Device.CpuThreads(threads), seed),
    };

    /// <summary>Weights after two epochs of 150 samples, in batches of 64, 64 and 22.</summary>
    private static float[] Train(string name, int threads, ulong seed)
    {
        using Model net = Create(name, threads, seed);
        net.Fit(name == "ragged" ? Data(150, 13, 11, 3, 5, Layout.ChannelsFirst) : Data(150, 28, 28, 1, 10, Layout.ChannelsLast), new() { Epochs = 2, BatchSize = 64 });
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
