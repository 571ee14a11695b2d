namespace Convoke.Runtime.Tests;

public sealed class FolderLoadTests
{
    private static readonly DataPlaces s_nowhere = new(null, null, () => throw new InvalidOperationException("a given folder must be the only place"));

    [Theory]
    [InlineData("-idx", ".gz", true)]
    [InlineData("-idx", "", false)]
    [InlineData(".idx", ".gz", true)]
    [InlineData(".idx", "", false)]
    [InlineData("-idx", ".gz", false)] // ".gz" by name only: browsers unpack on the fly
    [InlineData("-idx", "", true)]
    public async Task Every_spelling_is_found_and_gzip_is_told_by_content(string joint, string suffix, bool gzip)
    {
        using TemporaryFolder folder = new();
        byte[] Pack(byte[] bytes) => gzip ? Idx.Gzip(bytes) : bytes;
        folder.Write($"train-images{joint}3-ubyte{suffix}", Pack(Idx.Images(3)));
        folder.Write($"train-labels{joint}1-ubyte{suffix}", Pack(Idx.Labels(7, 0, 9)));
        folder.Write($"t10k-images{joint}3-ubyte{suffix}", Pack(Idx.Images(2)));
        folder.Write($"t10k-labels{joint}1-ubyte{suffix}", Pack(Idx.Labels(4, 5)));

        ImageClassificationData data = await Mnist.LoadAsync(new() { Folder = folder.Path }, s_nowhere, default);

        Assert.Equal((3, 2, 10, false), (data.Train.Count, data.Test.Count, data.Train.Classes, data.IsDrawn));
        Assert.Equal([7, 0, 9], Enumerable.Range(0, 3).Select(data.Train.Label));
        float[] image = new float[784];
        data.Train.CopyImage(1, image);
        Assert.Equal(unchecked((byte)(785 * 31)) / 255f, image[1], 6);
        Assert.Equal(4, data.Log.Count(line => line.Contains("not the official file of MNIST", StringComparison.Ordinal)));
        Assert.Contains("4 of 4 are not the official files", data.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_several_sets_is_searched_under_the_sets_name()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "fashion-mnist/");
        ImageClassificationData data = await FashionMnist.LoadAsync(new() { Folder = folder.Path }, s_nowhere, default);
        Assert.Equal(2, data.Train.Count);
        Assert.Equal("Ankle boot", data.ClassNames[9]);
    }

    [Fact]
    public async Task The_variable_names_a_folder_that_comes_before_the_cache()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "mnist/");
        ImageClassificationData data = await Mnist.LoadAsync(new(), s_nowhere with { NamedFolder = folder.Path }, default);
        Assert.Contains(folder.Path, data.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_folder_that_lacks_a_file_names_all_its_spellings_and_nothing_else_is_tried()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "");
        File.Delete(Path.Combine(folder.Path, "t10k-labels-idx1-ubyte"));
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Mnist.LoadAsync(new() { Folder = folder.Path }, s_nowhere, default));
        Assert.Equal("MNIST", error.Dataset);
        Assert.Equal([$"{folder.Path}: none of t10k-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte.gz, t10k-labels.idx1-ubyte"], error.Tried);
        Assert.Contains(error.Tried[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_folder_that_is_not_there_names_the_folder_and_the_four_files()
    {
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Mnist.LoadAsync(new() { Folder = "no/such/folder" }, s_nowhere, default));
        Assert.Equal(5, error.Tried.Count);
        Assert.EndsWith("no such folder", error.Tried[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_that_disagree_name_both_files()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "");
        folder.Write("train-labels-idx1-ubyte", Idx.Labels(1, 2, 3));
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal(("dimension 0 (samples)", "3 labels"), (error.Field, error.Found));
        Assert.Equal($"2, one per image of {Path.Combine(folder.Path, "train-images-idx3-ubyte")}", error.Expected);
        Assert.Equal(Path.Combine(folder.Path, "train-labels-idx1-ubyte"), error.File);
    }

    [Fact]
    public async Task A_label_out_of_range_is_named_with_its_place()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "");
        folder.Write("t10k-labels-idx1-ubyte", Idx.Labels(10));
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal(("label 0", "10", "0 to 9"), (error.Field, error.Found, error.Expected));
    }

    [Fact]
    public async Task Labels_where_images_belong_are_refused()
    {
        using TemporaryFolder folder = new();
        WriteSmallSet(folder, "");
        folder.Write("train-images-idx3-ubyte", Idx.Labels(1, 2));
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal(("rank", "1 (labels, idx1)", "3 (images, idx3)"), (error.Field, error.Found, error.Expected));
    }

    [DataFact("mnist")]
    public void Real_mnist_has_its_counts_labels_and_checksums()
    {
        ImageClassificationData data = Mnist.Load(TestData.Folder("mnist"));
        Assert.Equal((60_000, 10_000, 28, 28, 1), (data.Train.Count, data.Test.Count, data.Train.Height, data.Train.Width, data.Train.Channels));
        Assert.Equal([5, 0, 4, 1, 9], Enumerable.Range(0, 5).Select(data.Train.Label));
        Assert.Equal([7, 2, 1, 0, 4], Enumerable.Range(0, 5).Select(data.Test.Label));
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], Histogram(data.Train));
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], Histogram(data.Test));
        Assert.Contains("official files, checksums verified", data.Origin, StringComparison.Ordinal);
        // The mean that every tutorial normalises by.
        Assert.Equal(0.1307, Mean(data.Train), 4);
    }

    [DataFact("fashion-mnist")]
    public void Real_fashion_mnist_has_its_counts_labels_and_checksums()
    {
        ImageClassificationData data = FashionMnist.Load(TestData.Folder("fashion-mnist"));
        Assert.Equal(Enumerable.Repeat(6000, 10), Histogram(data.Train));
        Assert.Equal(Enumerable.Repeat(1000, 10), Histogram(data.Test));
        Assert.Equal([9, 0, 0, 3, 0], Enumerable.Range(0, 5).Select(data.Train.Label));
        Assert.Contains("official files, checksums verified", data.Origin, StringComparison.Ordinal);
        Assert.Equal(0.2860, Mean(data.Train), 4);
    }

    [DataFact("fashion-mnist")]
    public void Fashion_mnist_under_mnists_file_names_is_refused()
    {
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => Mnist.Load(TestData.Folder("fashion-mnist")));
        Assert.Equal(("content", "train-images of Fashion-MNIST", "train-images of MNIST"), (error.Field, error.Found, error.Expected));
    }

    internal static int[] Histogram(Dataset data)
    {
        int[] counts = new int[data.Classes];
        for (int i = 0; i < data.Count; i++) counts[data.Label(i)]++;
        return counts;
    }

    private static double Mean(Dataset data)
    {
        double sum = 0;
        float[] image = new float[data.SampleLength];
        for (int i = 0; i < data.Count; i++)
        {
            data.CopyImage(i, image);
            foreach (float pixel in image) sum += pixel;
        }

        return sum / ((double)data.Count * data.SampleLength);
    }

    private static void WriteSmallSet(TemporaryFolder folder, string under)
    {
        folder.Write($"{under}train-images-idx3-ubyte", Idx.Images(2));
        folder.Write($"{under}train-labels-idx1-ubyte", Idx.Labels(1, 2));
        folder.Write($"{under}t10k-images-idx3-ubyte", Idx.Images(1));
        folder.Write($"{under}t10k-labels-idx1-ubyte", Idx.Labels(3));
    }

    private static Task<DatasetFormatException> LoadFails(TemporaryFolder folder) =>
        Assert.ThrowsAsync<DatasetFormatException>(() => Mnist.LoadAsync(new() { Folder = folder.Path }, s_nowhere, default));
}
