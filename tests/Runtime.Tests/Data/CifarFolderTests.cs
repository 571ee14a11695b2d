namespace Convoke.Runtime.Tests;

public sealed class CifarFolderTests
{
    private static readonly DataPlaces s_nowhere = new(null, null, () => throw new InvalidOperationException("a given folder must be the only place"));
    private readonly List<string> _log = [];

    [Theory]
    [InlineData("", "", false)]
    [InlineData("", ".gz", true)]
    [InlineData("", ".gz", false)] // ".gz" by name only: browsers unpack on the fly
    [InlineData("", "", true)]
    [InlineData("tiny/", "", false)]
    [InlineData("cifar-10-batches-bin/", "", false)]
    [InlineData("tiny/cifar-10-batches-bin/", ".gz", true)]
    public async Task Batches_are_found_in_every_folder_plain_and_gzipped(string under, string suffix, bool gzip)
    {
        using TemporaryFolder folder = new();
        foreach ((string name, byte[] bytes) in Cifar.TinyFiles) folder.Write(under + name + suffix, gzip ? Idx.Gzip(bytes) : bytes);
        ImageClassificationData data = await Load(folder);
        AssertTiny(data);
        Assert.Equal($"Tiny from {Path.Combine(folder.Path, under).TrimEnd('/')} (official files, checksums verified)", data.Origin);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData("tiny/", true)]
    public async Task The_archive_is_read_packed_and_unpacked(string under, bool gzip)
    {
        using TemporaryFolder folder = new();
        byte[] packed = Cifar.TinyArchive;
        folder.Write(under + Cifar.ArchiveName, gzip ? packed : PackedFile.Unpack("", packed, 1 << 20));
        AssertTiny(await Load(folder));
    }

    [Fact]
    public async Task The_archive_itself_may_be_given_under_any_name()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("renamed", Cifar.TinyArchive);
        ImageClassificationData data = (await new CifarLoader(Cifar.Tiny(), new() { Folder = path }, s_nowhere, _log).TryLoadAsync(default))!;
        AssertTiny(data);
        Assert.Equal($"Tiny from {path} (official files, checksums verified)", data.Origin);
    }

    [Fact]
    public async Task The_whole_archive_comes_before_some_of_the_files()
    {
        using TemporaryFolder folder = new();
        folder.Write("tiny/data_batch_1.bin", Cifar.TinyFiles["data_batch_1.bin"]);
        folder.Write("tiny/test_batch.bin", Cifar.TinyFiles["test_batch.bin"]);
        folder.Write(Cifar.ArchiveName, Cifar.TinyArchive);
        AssertTiny(await Load(folder));
    }

    [Fact]
    public async Task A_part_of_the_set_is_taken_and_called_so()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_2.bin", Cifar.TinyFiles["data_batch_2.bin"]);
        folder.Write("test_batch.bin", Cifar.TinyFiles["test_batch.bin"]);
        ImageClassificationData data = await Load(folder);
        Assert.Equal([2, 1, 0], Labels(data.Train));
        Assert.Equal($"Tiny from {folder.Path} (PART of the set: 1 of 2 training batches, 3 images; official files, checksums verified)", data.Origin);
        Assert.Contains($"{folder.Path}: a part of Tiny, without data_batch_1.bin", data.Log);
    }

    [Fact]
    public async Task Files_that_are_not_the_published_ones_are_named()
    {
        using TemporaryFolder folder = new();
        foreach ((string name, byte[] bytes) in Cifar.TinyFiles) folder.Write(name, bytes);
        string other = folder.Write("test_batch.bin", Cifar.Batch(2, 2));
        ImageClassificationData data = await Load(folder);
        Assert.Equal([2, 2], Labels(data.Test));
        Assert.EndsWith("(not the official test_batch.bin)", data.Origin, StringComparison.Ordinal);
        Assert.Contains($"{other}: not the official test_batch.bin of Tiny; its format is right", data.Log);
    }

    [Theory]
    [InlineData("test_batch.bin", "data_batch_1.bin", "data_batch_1.bin of Tiny")]
    [InlineData("data_batch_1.bin", "data_batch_2.bin", "data_batch_2.bin of Tiny")]
    public async Task A_batch_under_anothers_name_is_refused(string name, string content, string found)
    {
        using TemporaryFolder folder = new();
        foreach ((string file, byte[] bytes) in Cifar.TinyFiles) folder.Write(file, bytes);
        string path = folder.Write(name, Cifar.TinyFiles[content]);
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal((path, "content", found, $"{name} of Tiny"), (error.File, error.Field, error.Found, error.Expected));
    }

    [Fact]
    public async Task Foreign_batches_with_one_content_are_refused()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", Cifar.Batch(0, 0));
        string path = folder.Write("test_batch.bin", Cifar.Batch(0, 0));
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal((path, "data_batch_1.bin of Tiny"), (error.File, error.Found));
    }

    [Fact]
    public async Task A_label_out_of_range_is_named_with_file_and_place()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", Cifar.Batch(0, 3));
        folder.Write("test_batch.bin", Cifar.Batch(1));
        DatasetFormatException error = await LoadFails(folder);
        Assert.Equal((Path.Combine(folder.Path, "data_batch_1.bin"), "label 1", "3", "0 to 2"), (error.File, error.Field, error.Found, error.Expected));
    }

    [Fact]
    public async Task Without_a_test_batch_the_folder_is_refused_and_nothing_else_is_tried()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", Cifar.Batch(0));
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Load(folder));
        Assert.Equal([$"{folder.Path}: none of test_batch.bin, test_batch.bin.gz", $"{folder.Path}: no tiny.tar.gz"], error.Tried);
    }

    [Fact]
    public async Task The_python_version_is_recognised()
    {
        using TemporaryFolder folder = new();
        string python = folder.Write("data_batch_1", [0x80, 2]);
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Load(folder));
        Assert.Equal("Tiny", error.Dataset);
        Assert.Equal(4, error.Tried.Count);
        Assert.Equal($"{python}: of the Python version; tiny.tar.gz is the one to download", error.Tried[^1]);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named()
    {
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Cifar10.LoadAsync(new() { Folder = "no/such/folder" }, s_nowhere, default));
        Assert.Equal([$"{Path.GetFullPath("no/such/folder")}: no such folder"], error.Tried);
    }

    [Fact]
    public async Task The_variable_names_a_folder_that_comes_before_the_cache()
    {
        using TemporaryFolder folder = new();
        folder.Write("tiny/" + Cifar.ArchiveName, Cifar.TinyArchive);
        AssertTiny((await new CifarLoader(Cifar.Tiny(), new(), s_nowhere with { NamedFolder = folder.Path }, _log).TryLoadAsync(default))!);
    }

    [DataFact("cifar-10")]
    public void Real_cifar_10_has_its_counts_labels_and_pixels()
    {
        ImageClassificationData data = Cifar10.Load(TestData.Folder("cifar-10"));
        Assert.Equal((32, 32, 3, Layout.ChannelsFirst), (data.Train.Height, data.Train.Width, data.Train.Channels, data.Train.Layout));
        Assert.True(data.Train.Count % 10_000 == 0 && data.Train.Count > 0, $"{data.Train.Count} training images");
        // The first training images as every tutorial shows them: a frog, two trucks, a deer, a car.
        Assert.Equal(["frog", "truck", "truck", "deer", "automobile"], Labels(data.Train)[..5].Select(label => data.ClassNames[label]));
        Assert.Equal(Enumerable.Repeat(1000, 10), FolderLoadTests.Histogram(data.Test));
        Assert.Equal([1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981], FolderLoadTests.Histogram(data.Train.Take(10_000)));

        // The means per channel that every tutorial normalises by, 0.4914 0.4822 0.4465; a batch of 10,000 is within 0.003 (deviation of image means 0.12 / 100, times 2.5).
        double[] sums = new double[3];
        float[] image = new float[3072];
        for (int i = 0; i < data.Train.Count; i++)
        {
            data.Train.CopyImage(i, image);
            for (int c = 0; c < 3; c++) sums[c] += image.AsSpan(c * 1024, 1024).ToArray().Sum() / 1024;
        }

        double[] expected = [0.4914, 0.4822, 0.4465];
        for (int c = 0; c < 3; c++) Assert.InRange(sums[c] / data.Train.Count, expected[c] - 0.003, expected[c] + 0.003);
        Assert.DoesNotContain(data.Log, line => line.Contains("not the official data_batch_", StringComparison.Ordinal));
    }

    internal static void AssertTiny(ImageClassificationData data)
    {
        Assert.Equal([0, 1, 2, 1, 0], Labels(data.Train));
        Assert.Equal([1], Labels(data.Test));
        Assert.Equal((32, 32, 3, 3, Layout.ChannelsFirst, false), (data.Train.Height, data.Train.Width, data.Train.Channels, data.Train.Classes, data.Train.Layout, data.IsDrawn));
        float[] image = new float[3072];
        data.Train.CopyImage(2, image);
        Assert.Equal([(20 + 5) * PixelCopy.ByteScale, 7 * PixelCopy.ByteScale, 200 * PixelCopy.ByteScale], [image[5 * 32 + 7], image[1024 + 5 * 32 + 7], image[2048 + 5 * 32 + 7]]);
    }

    private static int[] Labels(Dataset data) => [.. Enumerable.Range(0, data.Count).Select(data.Label)];

    private async Task<ImageClassificationData> Load(TemporaryFolder folder) =>
        (await new CifarLoader(Cifar.Tiny(), new() { Folder = folder.Path }, s_nowhere, _log).TryLoadAsync(default))!;

    private Task<DatasetFormatException> LoadFails(TemporaryFolder folder) => Assert.ThrowsAsync<DatasetFormatException>(() => Load(folder));
}
