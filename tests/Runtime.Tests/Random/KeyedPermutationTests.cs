namespace Convoke.Runtime.Tests.Random;

public sealed class KeyedPermutationTests
{
    [Fact]
    public void Every_length_gives_a_bijection()
    {
        foreach (int count in Enumerable.Range(1, 130).Concat([255, 256, 257, 1000, 4095, 60_000, 65_537]))
        {
            KeyedPermutation order = new(count, seed: (ulong)count * 3, epoch: 1);
            bool[] seen = new bool[count];
            for (int i = 0; i < count; i++)
            {
                Assert.False(seen[order[i]], $"{count}: {order[i]} twice");
                seen[order[i]] = true;
            }
        }
    }

    [Fact]
    public void The_order_depends_on_seed_and_epoch_and_on_nothing_else()
    {
        int[] first = Order(100, 1, 0);
        Assert.Equal(first, Order(100, 1, 0));
        Assert.NotEqual(first, Order(100, 1, 1));
        Assert.NotEqual(first, Order(100, 2, 0));
        Assert.NotEqual(first, Order(100, 1UL << 32, 0));
        Assert.NotEqual(first, Enumerable.Range(0, 100));
    }

    [Theory]
    [InlineData(3, 6)]
    [InlineData(5, 120)]
    [InlineData(6, 720)]
    public void Small_sets_take_every_order_about_equally_often(int count, int orders)
    {
        const int PerOrder = 200;
        Dictionary<string, int> seen = [];
        for (int epoch = 0; epoch < orders * PerOrder; epoch++)
        {
            string key = string.Join(',', Order(count, 11, (ulong)epoch));
            seen[key] = seen.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(orders, seen.Count);
        double chiSquared = seen.Values.Sum(n => Math.Pow(n - PerOrder, 2) / PerOrder), freedom = orders - 1;
        Assert.True(chiSquared < freedom + (4 * Math.Sqrt(2 * freedom)) + 4, $"chi squared {chiSquared:0} at {freedom} degrees of freedom");
    }

    [Fact]
    public void Each_sample_lands_anywhere_and_neighbours_part()
    {
        const int Count = 1000, Epochs = 2000, Bins = 10;
        int[] bins = new int[Bins];
        int neighbours = 0;
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            KeyedPermutation order = new(Count, 3, (ulong)epoch);
            bins[order[17] * Bins / Count]++;
            for (int i = 0; i < 50; i++) neighbours += Math.Abs(order[i] - order[i + 1]) == 1 ? 1 : 0;
        }
        // 9 degrees of freedom at probability 0.001; neighbours are Poisson with mean 2000 * 50 * 2 / 1000 = 200, five deviations are 71.
        Assert.True(bins.Sum(bin => Math.Pow(bin - (Epochs / Bins), 2) / (Epochs / Bins)) < 27.9);
        Assert.InRange(neighbours, 129, 271);
    }

    [Fact]
    public void Positions_outside_are_refused()
    {
        KeyedPermutation order = new(10, 0, 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => order[10]);
        Assert.Throws<ArgumentOutOfRangeException>(() => order[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyedPermutation(0, 0, 0)[0]);
    }

    private static int[] Order(int count, ulong seed, ulong epoch)
    {
        KeyedPermutation order = new(count, seed, epoch);
        return [.. Enumerable.Range(0, count).Select(i => order[i])];
    }
}
