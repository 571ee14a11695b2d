using System.Numerics.Tensors;
using System.Security.Cryptography;

namespace Convoke.Runtime.Tests;

public sealed class DrawnDigitsTests
{
    [Fact]
    public void A_seed_gives_these_very_bytes_on_every_machine()
    {
        // Recorded once. If this differs on some machine, an operation that rounds differently there has crept in.
        Assert.Equal("c49aae8238698afb", Hash(DrawnDigits.Create(seed: 0, trainCount: 1000, testCount: 100).Train));
        Assert.Equal("c9400caebe50816b", Hash(DrawnDigits.Create(seed: 0, trainCount: 1000, testCount: 100).Test));
    }

    [Fact]
    public void Two_draws_agree_a_longer_one_starts_alike_and_another_seed_differs()
    {
        Dataset a = DrawnDigits.Create(7, 300, 10).Train, b = DrawnDigits.Create(7, 300, 10).Train;
        Assert.Equal(Hash(a), Hash(b));
        Assert.Equal(Hash(a), Hash(DrawnDigits.Create(7, 995, 10).Train, 300));
        Assert.NotEqual(Hash(a), Hash(DrawnDigits.Create(8, 300, 10).Train));
    }

    [Fact]
    public void Classes_are_balanced_in_every_ten_and_not_in_order()
    {
        Dataset train = DrawnDigits.Create(trainCount: 205, testCount: 10).Train;
        for (int decade = 0; decade < 20; decade++)
            Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(10 * decade, 10).Select(train.Label).Order());
        Assert.True(Enumerable.Range(0, 20).Select(decade => train.Label(10 * decade)).Distinct().Count() > 3);
    }

    [Fact]
    public void Train_and_test_share_no_image()
    {
        ImageClassificationData data = DrawnDigits.Create(trainCount: 500, testCount: 500);
        HashSet<string> train = [.. Enumerable.Range(0, 500).Select(i => Convert.ToHexString(Image(data.Train, i)))];
        Assert.Equal(500, train.Count);
        Assert.DoesNotContain(Enumerable.Range(0, 500), i => train.Contains(Convert.ToHexString(Image(data.Test, i))));
    }

    [Fact]
    public void They_can_be_learnt_but_not_by_averaging()
    {
        // Nearest mean image per class: about 82 % on MNIST by this rule, 10 % by chance.
        ImageClassificationData data = DrawnDigits.Create();
        float[][] means = [.. Enumerable.Range(0, 10).Select(_ => new float[784])];
        float[] image = new float[784];
        for (int i = 0; i < data.Train.Count; i++)
        {
            data.Train.CopyImage(i, image);
            float[] mean = means[data.Train.Label(i)];
            TensorPrimitives.MultiplyAdd(image, 1 / 1200f, mean, mean);
        }

        int right = 0;
        for (int i = 0; i < data.Test.Count; i++)
        {
            data.Test.CopyImage(i, image);
            if (means.MinBy(mean => TensorPrimitives.Distance<float>(image, mean)) == means[data.Test.Label(i)]) right++;
        }

        Assert.InRange(right / 2000.0, 0.75, 0.90);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    [InlineData(1_000_001, 10)]
    public void Counts_are_checked(int train, int test) => Assert.Throws<ArgumentOutOfRangeException>(() => DrawnDigits.Create(0, train, test));

    private static string Hash(Dataset data, int? count = null)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < (count ?? data.Count); i++)
        {
            hash.AppendData(Image(data, i));
            hash.AppendData([(byte)data.Label(i)]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static byte[] Image(Dataset data, int index)
    {
        float[] pixels = new float[data.SampleLength];
        data.CopyImage(index, pixels);
        return [.. pixels.Select(pixel => (byte)MathF.Round(pixel * 255f))];
    }
}
