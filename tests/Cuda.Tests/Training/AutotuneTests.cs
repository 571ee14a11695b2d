using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Convoke.Compiled;
using Convoke.Testing;

namespace Convoke.Cuda.Tests.Training;

/// <summary>Values of tunables: found by timing, kept, taken again, and nothing else than today's bits where nobody asks. In processes of their own, as cache and wish are the environment's.</summary>
public sealed class AutotuneTests
{
    /// <summary>More than the least number of slices that may be chosen, so that the choice shows in the bits.</summary>
    private const int Samples = 150;

    private const string Measured = "us a step of";

    private static readonly CudaTunablePlan[] s_two = [new("ONE", 8, [2, 4]), new("OTHER", 100, [50])];

    /// <summary>What the process that a test starts does: three steps; a hash of the weights.</summary>
    internal static string Train()
    {
        using SliceNet net = SliceNet.Create(Device.Cuda(0), seed: 1);
        var random = new Random(7);
        float[] images = [.. Enumerable.Range(0, Samples * 30).Select(_ => random.NextSingle())];
        int[] labels = [.. Enumerable.Range(0, Samples).Select(_ => random.Next(3))];
        double loss = 0;
        for (int step = 0; step < 3; step++) loss = net.TrainStep(images, labels).Loss;
        return $"{loss:F4} {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(net.Parameters.SelectMany(static p => p.ToArray()).ToArray())))}";
    }

    [EmulatedFact]
    public void A_choice_is_kept_and_taken_again()
    {
        using ScratchFolder cache = new();
        CudaTunablePlan[] tunables = KernelSource.Program<SliceNet>().Plan.Tunables;
        Assert.NotEmpty(tunables);

        // Off by default: nothing is timed or kept.
        (string usual, string log) = Run(cache, null);
        Assert.DoesNotContain(Measured, log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(cache.Path, "*.tuned"));

        (string tuned, log) = Run(cache, "1");
        Assert.Equal(1 + tunables.Sum(static t => t.Candidates.Length), log.Split(Measured).Length - 1);
        string file = Assert.Single(Directory.GetFiles(cache.Path, "*.tuned")), key = Path.GetFileNameWithoutExtension(file);
        Assert.Equal(usual.Split(' ')[0], tuned.Split(' ')[0]);

        // What is damaged is found anew.
        File.WriteAllText(file, File.ReadAllText(file)[..^4]);
        Assert.Contains(Measured, Run(cache, "1").Log, StringComparison.Ordinal);
        Assert.NotNull(new TunedChoices(cache.Path).TryRead(key, tunables));

        // What is kept is taken whatever times say, and nothing is timed; each choice has its bits, the same every time, and the same loss.
        new TunedChoices(cache.Path).TryWrite(key, tunables, [.. tunables.Select(static t => t.Candidates[0])]);
        (string cut, log) = Run(cache, "1");
        Assert.DoesNotContain(Measured, log, StringComparison.Ordinal);
        Assert.NotEqual(usual, cut);
        Assert.Equal(usual.Split(' ')[0], cut.Split(' ')[0]);
        Assert.Equal(cut, Run(cache, "1").Output);
    }

    [Fact]
    public void A_candidate_must_be_better()
    {
        Assert.Equal([8, 100], CudaTuner.Search(s_two, static _ => 1));
        Assert.Equal([8, 100], CudaTuner.Search(s_two, static values => values[0] == 8 ? 1 : 0.99));
        Assert.Equal([4, 50], CudaTuner.Search(s_two, static values => (values[0] == 4 ? 1 : 2) * (values[1] == 50 ? 1 : 2)));

        // The second is tried with the best value of the first only.
        Assert.Equal([4, 100], CudaTuner.Search(s_two, static values => values[0] == 4 ? values[1] == 100 ? 1 : 3 : 2));
    }

    [Fact]
    public void Entries_that_are_not_whole_or_of_other_tunables_count_as_none()
    {
        using ScratchFolder folder = new();
        TunedChoices kept = new(folder.Path);
        kept.TryWrite("key", s_two, [4, 100]);
        Assert.Equal([4, 100], kept.TryRead("key", s_two)!);
        Assert.Null(kept.TryRead("other", s_two));
        Assert.Null(kept.TryRead("key", [s_two[0]]));
        Assert.Null(kept.TryRead("key", [s_two[0] with { Candidates = [2] }, s_two[1]]));
        string path = Path.Combine(folder.Path, "key.tuned"), text = File.ReadAllText(path);
        foreach (string damaged in (string[])["", text[..^1], text.Replace("ONE 4", "ONE 2", StringComparison.Ordinal), text + "\n", "ONE 4\nOTHER 100\n"])
        {
            File.WriteAllText(path, damaged);
            Assert.Null(kept.TryRead("key", s_two));
        }
    }

    private static (string Output, string Log) Run(ScratchFolder cache, string? tunes)
    {
        (int code, string output, string log) = ChildProcess.Run("train", ("CONVOKE_CACHE", cache.Path), ("CONVOKE_CUDA_AUTOTUNE", tunes ?? ""), ("CONVOKE_DEBUG", "1"));
        Assert.True(code == 0, log);
        return (output, log);
    }
}

/// <summary>A convolution small enough that more samples than slices take no time.</summary>
[Model(6, 5, 1)]
[Conv2D(4, 3, Activation = Activation.Relu)]
[Flatten]
[Dense(3)]
[Sgd(0.05), CrossEntropy, Accuracy]
internal sealed partial class SliceNet;
