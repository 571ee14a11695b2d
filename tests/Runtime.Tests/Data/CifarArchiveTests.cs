using System.Net;

namespace Convoke.Runtime.Tests;

/// <summary>The archive: its faults, the cache, and the way to the mirrors.</summary>
public sealed class CifarArchiveTests : IDisposable
{
    private readonly TemporaryFolder _cache = new();
    private readonly List<string> _log = [];
    private readonly List<Uri> _requests = [];

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void A_tar_cut_anywhere_is_refused_or_lacks_whole_batches()
    {
        byte[] tar = PackedFile.Unpack("", Cifar.TinyArchive, 1 << 20);
        for (int length = 0; length < tar.Length; length += 101)
        {
            try
            {
                foreach ((CifarFile file, CifarBatch batch) in CifarArchive.Parse(Cifar.Tiny(), "cut.tar", tar[..length])) Assert.Equal(file.Md5, batch.ComputeMd5());
            }
            catch (DatasetFormatException error)
            {
                Assert.Equal("tar archive", error.Field);
            }
        }
    }

    [Fact]
    public void A_cut_tar_gz_is_refused()
    {
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarArchive.Parse(Cifar.Tiny(), "cut.tar.gz", Cifar.TinyArchive[..^100]));
        Assert.Equal("cut.tar.gz", error.File);
        Assert.StartsWith("gzip ", error.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_else_than_tar_is_refused()
    {
        byte[] noise = [.. Enumerable.Range(0, 2048).Select(i => (byte)(i * 7 + 3))];
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarArchive.Parse(Cifar.Tiny(), "noise", noise));
        Assert.Equal(("noise", "tar archive", "a complete tar archive, plain or gzipped"), (error.File, error.Field, error.Expected));
    }

    [Fact]
    public void A_wrong_batch_is_named_inside_the_archive()
    {
        byte[] tar = Cifar.Tar(("data_batch_1.bin", Cifar.Batch(1, 2)[..^1]));
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarArchive.Parse(Cifar.Tiny(), "a.tar", tar));
        Assert.Equal(("a.tar: cifar-10-batches-bin/data_batch_1.bin", "file length", "6145 bytes"), (error.File, error.Field, error.Found));
    }

    [Fact]
    public void A_batch_that_is_there_twice_is_refused()
    {
        byte[] tar = Cifar.Tar(("data_batch_1.bin", Cifar.Batch(1)), ("data_batch_1.bin", Cifar.Batch(2)));
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarArchive.Parse(Cifar.Tiny(), "a.tar", tar));
        Assert.Equal(("tar members", "data_batch_1.bin twice"), (error.Field, error.Found));
    }

    [Fact]
    public async Task An_archive_without_a_test_batch_is_refused()
    {
        string path = _cache.Write("a.tar", Cifar.Tar(("data_batch_1.bin", Cifar.Batch(1))));
        DatasetFormatException error = await Assert.ThrowsAsync<DatasetFormatException>(() => new CifarLoader(Cifar.Tiny(), new() { Folder = path }, Places(_ => throw new InvalidOperationException()), _log).TryLoadAsync(default));
        Assert.Equal((path, "members", "data_batch_1.bin", "test_batch.bin and at least one of data_batch_1.bin to data_batch_2.bin"), (error.File, error.Field, error.Found, error.Expected));
    }

    [Fact]
    public async Task A_download_is_verified_kept_and_not_repeated()
    {
        ImageClassificationData? first = await Load(Whole(Cifar.TinyArchive));
        CifarFolderTests.AssertTiny(first!);
        Assert.Equal("Tiny, downloaded now (official files, checksums verified)", first!.Origin);
        Assert.Equal([Path.Combine("tiny", Cifar.ArchiveName)], _cache.Names());

        ImageClassificationData? second = await Load(Whole(Cifar.TinyArchive));
        CifarFolderTests.AssertTiny(second!);
        Assert.StartsWith("Tiny, from the cache ", second!.Origin, StringComparison.Ordinal);
        Assert.Equal([new Uri("http://first.test/tiny.tar.gz")], _requests);
    }

    [Fact]
    public async Task A_damaged_cache_is_replaced()
    {
        byte[] damaged = [.. Cifar.TinyArchive];
        damaged[^9] ^= 1;
        string kept = _cache.Write($"tiny/{Cifar.ArchiveName}", damaged);
        Assert.NotNull(await Load(Whole(Cifar.TinyArchive)));
        Assert.Equal(Cifar.TinyArchive, File.ReadAllBytes(kept));
        Assert.Contains(_log, line => line.StartsWith($"cache: {kept}: found SHA-256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mirror_with_another_file_is_logged_and_the_next_one_serves()
    {
        byte[] other = [.. Cifar.TinyArchive];
        other[20] ^= 1;
        ImageClassificationData? data = await Load(address => Whole(address.Host == "first.test" ? other : Cifar.TinyArchive)(address));
        CifarFolderTests.AssertTiny(data!);
        Assert.Equal(2, _requests.Count);
        Assert.Contains(_log, line => line.StartsWith("http://first.test/tiny.tar.gz: found SHA-256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_permission_nothing_is_downloaded()
    {
        Assert.Null(await new CifarLoader(Cifar.Tiny("http://first.test/"), new() { AllowDownload = false }, Places(Whole([])), _log).TryLoadAsync(default));
        Assert.Empty(_requests);
        Assert.Contains("mirrors: downloading is not allowed", _log);
    }

    [Fact]
    public async Task Out_of_reach_it_fails_with_the_list_and_draws_nothing()
    {
        DataPlaces offline = Places(_ => throw new HttpRequestException("nobody listens"));
        DatasetUnavailableException error = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Cifar10.LoadAsync(new(), offline, default));
        Assert.Equal("CIFAR-10", error.Dataset);
        Assert.Equal(4, error.Tried.Count);
        Assert.Contains(_cache.Path, error.Tried[1], StringComparison.Ordinal);
        Assert.Equal(2, error.Tried.Count(line => line.Contains("nobody listens", StringComparison.Ordinal)));
    }

    private Task<ImageClassificationData?> Load(Func<Uri, HttpResponseMessage> answer) =>
        new CifarLoader(Cifar.Tiny("http://first.test/", "http://second.test/"), new(), Places(answer), _log).TryLoadAsync(default);

    private DataPlaces Places(Func<Uri, HttpResponseMessage> answer) => new(null, _cache.Path, () => new Handler(address =>
    {
        _requests.Add(address);
        return answer(address);
    }));

    private static Func<Uri, HttpResponseMessage> Whole(byte[] bytes) => _ => new(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };

    private sealed class Handler(Func<Uri, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request.RequestUri!));
    }
}
