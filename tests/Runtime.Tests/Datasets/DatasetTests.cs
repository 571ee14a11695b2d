namespace Convoke.Runtime.Tests.Datasets;

public sealed class DatasetTests
{
    [Fact]
    public void Bytes_become_x_times_one_over_255_in_every_path()
    {
        byte[] bytes = [.. Enumerable.Range(0, 37 * 3 * 2).Select(i => (byte)(i * 7))];
        foreach (Layout layout in (Layout[])[Layout.ChannelsLast, Layout.ChannelsFirst])
        {
            Dataset data = Dataset.FromBytes("bytes", bytes, new int[2], 37, 1, 3, 2, layout);
            float[] image = new float[111], channelsLast = new float[111];
            data.CopyImage(1, image);
            data.CopyChannelsLast(1, channelsLast);
            for (int p = 0; p < 37; p++)
            {
                for (int c = 0; c < 3; c++)
                {
                    byte pixel = bytes[111 + (layout == Layout.ChannelsLast ? (p * 3) + c : (c * 37) + p)];
                    Assert.Equal(pixel * (1f / 255f), channelsLast[(p * 3) + c]);
                }
            }
            Assert.Equal(bytes[111..].Select(pixel => pixel * (1f / 255f)), image);
        }
    }

    [Fact]
    public void Floats_are_taken_as_they_are_and_the_memory_is_shared()
    {
        float[] floats = [1, 2, 3, 4, 5, 6, 7, 8];
        Dataset data = Dataset.FromFloats("floats", floats, (int[])[0, 1], 2, 1, 2, 2, Layout.ChannelsFirst);
        float[] image = new float[4];
        data.CopyImage(1, image);
        Assert.Equal([5, 6, 7, 8], image);
        data.CopyChannelsLast(1, image);
        Assert.Equal([5, 7, 6, 8], image);
        floats[4] = 50;
        data.CopyImage(1, image);
        Assert.Equal(50, image[0]);
        Assert.Equal("floats: 2 samples of 2x1x2, 2 classes", data.ToString());
    }

    [Fact]
    public void Take_and_Slice_are_windows()
    {
        Dataset data = Numbers(10);
        Assert.Equal([3, 4, 5], Values(data.Slice(3, 3)));
        Assert.Equal([4, 5], Values(data.Slice(3, 3).Slice(1, 2)));
        Assert.Equal([0, 1], Values(data.Take(2)));
        Assert.Equal(10, data.Take(99).Count);
        Assert.Empty(Values(data.Slice(10, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(8, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(-1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Take(-1));
    }

    [Fact]
    public void Batches_cover_all_samples_in_order_with_the_tail()
    {
        Batch[] batches = [.. Numbers(10).Batches(4)];   // held together: each has memory of its own
        Assert.Equal([4, 4, 2], batches.Select(batch => batch.Count));
        Assert.Equal(Enumerable.Range(0, 10), batches.SelectMany(batch => batch.Images.ToArray()).Select(value => (int)value));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i % 3), batches.SelectMany(batch => batch.Labels.ToArray()));
    }

    [Fact]
    public void Shuffled_batches_cover_all_samples_once_and_keep_labels_with_images()
    {
        Batch[] batches = [.. Numbers(100).Batches(32, shuffleSeed: 5)];
        int[] values = [.. batches.SelectMany(batch => batch.Images.ToArray()).Select(value => (int)value)];
        Assert.NotEqual(Enumerable.Range(0, 100), values);
        Assert.Equal(Enumerable.Range(0, 100), values.Order());
        Assert.Equal(values.Select(i => i % 3), batches.SelectMany(batch => batch.Labels.ToArray()));
        Assert.NotEqual(values, Numbers(100).Batches(100, shuffleSeed: 6).Single().Images.ToArray().Select(value => (int)value));
    }

    [Fact]
    public void Batches_refuse_a_size_below_one_at_once() => Assert.Throws<ArgumentOutOfRangeException>(() => Numbers(3).Batches(0));

    [Fact]
    public void Lengths_that_disagree_are_refused_with_both_sides()
    {
        Assert.Equal(
            "Data set \"x\": 2 labels and samples of 2x2x1 = 4 values need 8 values, but there are 7.",
            Assert.Throws<ShapeMismatchException>(() => Dataset.FromBytes("x", new byte[7], new int[2], 2, 2, 1, 2)).Message);
        Assert.Throws<ShapeMismatchException>(() => Dataset.FromFloats("x", new float[9], new int[2], 2, 2, 1, 2));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Labels_out_of_range_are_refused_with_the_range(int label) =>
        Assert.Equal(
            $"Data set \"x\": the label of sample 1 is {label}, but with 2 classes labels lie in 0..1.",
            Assert.Throws<LabelException>(() => Dataset.FromFloats("x", new float[2], (int[])[0, label], 1, 1, 1, 2)).Message);

    [Fact]
    public void Sizes_below_one_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Dataset.FromBytes("x", default, default, 0, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Dataset.FromBytes("x", default, default, 1, 1, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Dataset.FromBytes("x", default, default, 1, 1, 1, 1, (Layout)7));
        Assert.Equal(0, Dataset.FromBytes("x", default, default, 1, 1, 1, 1).Count);
    }

    private static Dataset Numbers(int count) =>
        Dataset.FromFloats("numbers", Enumerable.Range(0, count).Select(i => (float)i).ToArray(), Enumerable.Range(0, count).Select(i => i % 3).ToArray(), 1, 1, 1, 3);

    private static int[] Values(Dataset data)
    {
        int[] values = new int[data.Count];
        float[] pixel = new float[1];
        for (int i = 0; i < values.Length; i++)
        {
            data.CopyImage(i, pixel);
            values[i] = (int)pixel[0];
        }
        return values;
    }
}
