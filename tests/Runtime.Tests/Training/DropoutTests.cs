using Convoke.Compiled;
using Convoke.Runtime.Tests.Networks;

namespace Convoke.Runtime.Tests.Training;

/// <summary>Masks of dropout: how many elements they keep, what they depend on, and that prediction knows none.</summary>
public unsafe class DropoutTests
{
    /// <summary>A million draws with rate p: the share that is kept lies within three standard deviations, sqrt(p (1 - p) / n), of 1 - p.</summary>
    [Theory, InlineData(0.5), InlineData(0.25), InlineData(0.9)]
    public void Keeps_its_share(double rate)
    {
        const int Samples = 64, Elements = 1 << 14;
        long kept = 0;
        for (int n = 0; n < Samples; n++) kept += Draw(seed: 42, site: 1, draw: 3, n, Elements, rate).Count(static y => y != 0);
        double share = (double)kept / (Samples * Elements), sigma = Math.Sqrt(rate * (1 - rate) / (Samples * Elements));
        Assert.InRange(share, 1 - rate - (3 * sigma), 1 - rate + (3 * sigma));
    }

    /// <summary>What is kept is scaled so that the mean stays.</summary>
    [Fact]
    public void Scales_what_it_keeps() => Assert.All(Draw(1, 0, 0, 0, 256, 0.75), static y => Assert.True(y is 0 or 4, $"{y}"));

    [Fact]
    public void Another_seed_site_pass_or_sample_has_another_mask()
    {
        float[] mask = Draw(1, 0, 0, 0, 256, 0.5);
        Assert.Equal(mask, Draw(1, 0, 0, 0, 256, 0.5));
        Assert.NotEqual(mask, Draw(2, 0, 0, 0, 256, 0.5));
        Assert.NotEqual(mask, Draw(1UL << 40, 0, 0, 0, 256, 0.5));
        Assert.NotEqual(mask, Draw(1, 1, 0, 0, 256, 0.5));
        Assert.NotEqual(mask, Draw(1, 0, 1, 0, 256, 0.5));
        Assert.NotEqual(mask, Draw(1, 0, 0, 1, 256, 0.5));
    }

    public static TheoryData<int> Counts => [16, 32, 48, 64, 80, 112, 144, 7216];

    /// <summary>Words of 16 blocks at a time, or of 8, are those of one block after the other, at every length of the tail; what stands behind is left alone.</summary>
    [Theory, MemberData(nameof(Counts))]
    public void Wide_forms_draw_the_words_of_the_narrow_one(int count)
    {
        const ulong Seed = 0x0123456789ABCDEF;
        const uint Draw = 0x80000007, Threshold = 0x90000000;
        float[] x = [.. Enumerable.Range(1, count).Select(static i => i / 8f)], narrow = new float[count + 1], wide = new float[count + 1];
        narrow[count] = wide[count] = 7;
        fixed (float* from = x, one = narrow, many = wide)
        {
            Dropouts.Single(Seed, 5, 3, Draw, from, one, count, Threshold, 2.5f);
            for (int i = 0; i < count; i++)
            {
                uint word = Philox.Generate((uint)(i / 4), 5, 3, Draw, unchecked((uint)Seed), (uint)(Seed >> 32))[i % 4];
                Assert.Equal(word >= Threshold ? x[i] * 2.5f : 0f, narrow[i]);
            }

            if (System.Runtime.Intrinsics.X86.Avx2.IsSupported)
            {
                Dropouts.Half(Seed, 5, 3, Draw, from, many, count, Threshold, 2.5f);
                Assert.Equal(narrow, wide);
            }

            if (!System.Runtime.Intrinsics.X86.Avx512F.IsSupported) return;
            Array.Clear(wide, 0, count);
            Dropouts.Wide(Seed, 5, 3, Draw, from, many, count, Threshold, 2.5f);
            Assert.Equal(narrow, wide);
        }
    }

    /// <summary>Two passes over one batch have two masks, hence two losses; prediction has none.</summary>
    [Fact]
    public void Each_training_pass_draws_anew_and_prediction_does_not()
    {
        using var net = ProgramCWithDropout.Create(Device.Cpu, seed: 3);
        var random = new System.Random(1);
        float[] images = [.. Enumerable.Range(0, 8 * 3072).Select(_ => (float)random.NextDouble())];
        int[] labels = [.. Enumerable.Range(0, 8)];
        double first = net.ComputeGradients(images, labels).Loss, second = net.ComputeGradients(images, labels).Loss;
        Assert.NotEqual(first, second);
        float[] once = new float[80], twice = new float[80];
        net.Predict(images, once);
        net.Predict(images, twice);
        Assert.Equal(once, twice);

        using var again = ProgramCWithDropout.Create(Device.Cpu, seed: 3);
        Assert.Equal(first, again.ComputeGradients(images, labels).Loss);
    }

    private static float[] Draw(ulong seed, uint site, uint draw, int sample, int count, double rate)
    {
        var step = new StepContext { Seed = seed, Draw = draw };
        float[] x = Enumerable.Repeat(1f, count).ToArray(), y = new float[count];
        fixed (float* from = x, to = y) Dropouts.Apply(step, site, sample, from, to, count, (uint)(rate * 4294967296.0), (float)(1 / (1 - rate)));
        return y;
    }
}
