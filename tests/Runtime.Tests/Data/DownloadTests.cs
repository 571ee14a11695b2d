using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Convoke.Runtime.Tests;

/// <summary>Mirrors and cache, over a set of four tiny files with true checksums.</summary>
public sealed class DownloadTests : IDisposable
{
    private readonly TemporaryFolder _cache = new();
    private readonly Dictionary<string, byte[]> _published = new()
    {
        ["train-images-idx3-ubyte.gz"] = Idx.Gzip(Idx.Images(3)),
        ["train-labels-idx1-ubyte.gz"] = Idx.Gzip(Idx.Labels(2, 1, 0)),
        ["t10k-images-idx3-ubyte.gz"] = Idx.Gzip(Idx.Images(1)),
        ["t10k-labels-idx1-ubyte.gz"] = Idx.Gzip(Idx.Labels(1)),
    };

    private readonly List<string> _log = [];

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task A_download_is_verified_kept_and_not_repeated()
    {
        using Server server = new(_published);
        ImageClassificationData? first = await Load(server);
        Assert.Contains("downloaded now", first!.Origin, StringComparison.Ordinal);
        Assert.Equal([2, 1, 0], Enumerable.Range(0, 3).Select(first.Train.Label));
        Assert.Equal(4, server.Requests.Count);
        Assert.Equal([.. _published.Keys.Select(name => Path.Combine("tiny", name)).Order(StringComparer.Ordinal)], _cache.Names());

        ImageClassificationData? second = await Load(server);
        Assert.Contains("from the cache", second!.Origin, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_damaged_cache_is_replaced()
    {
        using Server server = new(_published);
        await Load(server);
        string kept = Path.Combine(_cache.Path, "tiny", "t10k-labels-idx1-ubyte.gz");
        byte[] bytes = File.ReadAllBytes(kept);
        bytes[^1] ^= 1;
        File.WriteAllBytes(kept, bytes);

        Assert.NotNull(await Load(server));
        Assert.Equal(5, server.Requests.Count);
        Assert.Equal(_published["t10k-labels-idx1-ubyte.gz"], File.ReadAllBytes(kept));
        Assert.Contains(_log, line => line.StartsWith($"cache: {kept}: found SHA-256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cached_file_of_another_length_is_refused_unread()
    {
        string kept = _cache.Write("tiny/train-images-idx3-ubyte.gz", new byte[100_000]);
        using Server server = new(_published);
        Assert.NotNull(await Load(server));
        Assert.Contains($"cache: {kept}: found 100000 bytes, expected {_published["train-images-idx3-ubyte.gz"].Length}", _log);
    }

    [Fact]
    public async Task A_slow_body_may_take_longer_than_the_answer()
    {
        using Server server = new(_published) { BadHostFailure = "slow" };
        DataPlaces places = Places(server) with { AnswerTimeout = TimeSpan.FromSeconds(0.4), SilenceTimeout = TimeSpan.FromSeconds(30) };
        Assert.NotNull(await new IdxDatasetLoader(Tiny("http://bad.test/"), new(), places, _log).TryLoadAsync(default));
    }

    public static TheoryData<string, string> Failures => new()
    {
        { "404", "HTTP 404 NotFound" },
        { "wrong", "found SHA-256 " },
        { "short", " bytes, expected " },
        { "long", "found more, expected " },
        { "broken", "reset in the middle" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_mirror_that_fails_is_logged_and_the_next_one_serves(string failure, string logged)
    {
        using Server server = new(_published) { BadHostFailure = failure };
        Assert.NotNull(await Load(server, "http://bad.test/", "http://good.test/"));
        Assert.Equal(4, _log.Count(line => line.Contains("http://bad.test/", StringComparison.Ordinal) && line.Contains(logged, StringComparison.Ordinal)));
        Assert.Equal(4, _cache.Names().Count);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task When_all_mirrors_fail_nothing_is_left_in_the_cache(string failure, string logged)
    {
        using Server server = new(_published) { BadHostFailure = failure };
        Assert.Null(await Load(server, "http://bad.test/"));
        Assert.Contains(_log, line => line.Contains(logged, StringComparison.Ordinal));
        Assert.Single(server.Requests);
        Assert.Empty(_cache.Names());
    }

    [Theory]
    [InlineData("refused", "nobody listens")]
    [InlineData("silent", "no answer within 0.5 s")]
    [InlineData("stalls", "silence for 0.6 s")]
    public async Task An_unreachable_mirror_is_asked_once_only(string failure, string logged)
    {
        using Server server = new(_published) { BadHostFailure = failure };
        DataPlaces hasty = Places(server) with { AnswerTimeout = TimeSpan.FromSeconds(0.5), SilenceTimeout = TimeSpan.FromSeconds(0.6) };
        Assert.NotNull(await new IdxDatasetLoader(Tiny("http://bad.test/", "http://good.test/"), new(), hasty, _log).TryLoadAsync(default));
        Assert.Contains(_log, line => line.Contains(logged, StringComparison.Ordinal));
        Assert.Single(server.Requests, request => request.Host == "bad.test");
        Assert.Equal(4, server.Requests.Count(request => request.Host == "good.test"));
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_costs_only_the_cache()
    {
        // A file stands where the folder has to be: fails for every user, root too.
        _cache.Write("tiny", []);
        using Server server = new(_published);
        Assert.NotNull(await Load(server));
        Assert.Equal(4, _log.Count(line => line.Contains("could not be kept", StringComparison.Ordinal)));
        Assert.Equal(["tiny"], _cache.Names());
    }

    [Fact]
    public async Task A_failed_rename_leaves_no_temporary_file()
    {
        string blocked = Path.Combine("tiny", "train-labels-idx1-ubyte.gz");
        Directory.CreateDirectory(Path.Combine(_cache.Path, blocked, "not empty"));
        using Server server = new(_published);
        Assert.NotNull(await Load(server));
        Assert.Single(_log, line => line.Contains("could not be kept", StringComparison.Ordinal));
        Assert.DoesNotContain(_cache.Names(), name => name.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Equal(3, _cache.Names().Count);
    }

    [Fact]
    public async Task Concurrent_loads_all_succeed_and_leave_four_whole_files()
    {
        using Server server = new(_published);
        IdxDatasetLoader[] loaders = [.. Enumerable.Range(0, 16).Select(_ => new IdxDatasetLoader(Tiny("http://good.test/"), new(), Places(server), []))];
        ImageClassificationData?[] all = await Task.WhenAll(loaders.Select(loader => Task.Run(() => loader.TryLoadAsync(default))));
        Assert.All(all, Assert.NotNull);
        Assert.Equal(4, _cache.Names().Count);
        foreach ((string name, byte[] bytes) in _published) Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(_cache.Path, "tiny", name)));
    }

    [Fact]
    public async Task Cancelling_ends_a_silent_download()
    {
        using Server server = new(_published) { BadHostFailure = "silent" };
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50));
        DataPlaces patient = Places(server) with { AnswerTimeout = TimeSpan.FromMinutes(5) };
        IdxDatasetLoader loader = new(Tiny("http://bad.test/"), new(), patient, _log);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loader.TryLoadAsync(stop.Token));
    }

    [Fact]
    public async Task Without_permission_nothing_is_downloaded()
    {
        using Server server = new(_published);
        Assert.Null(await new IdxDatasetLoader(Tiny("http://good.test/"), new() { AllowDownload = false }, Places(server), _log).TryLoadAsync(default));
        Assert.Empty(server.Requests);
        Assert.Contains("mirrors: downloading is not allowed", _log);
    }

    [Fact]
    public async Task Offline_mnist_draws_digits_and_says_what_it_tried()
    {
        using Server server = new(_published) { BadHostFailure = "refused", EveryHostIsBad = true };
        ImageClassificationData data = await Mnist.LoadAsync(new(), Places(server), default);
        Assert.True(data.IsDrawn);
        Assert.Contains("NOT MNIST", data.Origin, StringComparison.Ordinal);
        Assert.Equal((12_000, 2_000), (data.Train.Count, data.Test.Count));
        Assert.Contains(data.Log, line => line.Contains("CONVOKE_DATA", StringComparison.Ordinal));
        Assert.Contains(data.Log, line => line.Contains(_cache.Path, StringComparison.Ordinal));
        Assert.Equal(2, data.Log.Count(line => line.Contains("nobody listens", StringComparison.Ordinal)));
        Assert.Equal("drawing digits instead", data.Log[^1]);
    }

    [Fact]
    public async Task Offline_without_drawing_and_offline_fashion_fail_with_the_list()
    {
        using Server server = new(_published) { BadHostFailure = "refused", EveryHostIsBad = true };
        DatasetUnavailableException mnist = await Assert.ThrowsAsync<DatasetUnavailableException>(() => Mnist.LoadAsync(new() { AllowDrawn = false }, Places(server), default));
        DatasetUnavailableException fashion = await Assert.ThrowsAsync<DatasetUnavailableException>(() => FashionMnist.LoadAsync(new(), Places(server), default));
        Assert.Equal(("MNIST", "Fashion-MNIST"), (mnist.Dataset, fashion.Dataset));
        Assert.All([mnist, fashion], error => Assert.Equal(4, error.Tried.Count));
        Assert.Contains("nobody listens", fashion.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_a_real_socket_a_cut_answer_is_refused()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        byte[] body = _published["train-images-idx3-ubyte.gz"];
        Task served = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            using NetworkStream stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"));
            await stream.WriteAsync(body.AsMemory(0, body.Length / 2));
        });
        DataPlaces places = new(null, _cache.Path, () => new SocketsHttpHandler { UseProxy = false });
        string mirror = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        Assert.Null(await new IdxDatasetLoader(Tiny(mirror), new(), places, _log).TryLoadAsync(default));
        await served;
        Assert.StartsWith($"{mirror}train-images-idx3-ubyte.gz: ", _log[^1], StringComparison.Ordinal);
        Assert.Empty(_cache.Names());
    }

    private Task<ImageClassificationData?> Load(Server server, params string[] mirrors) =>
        new IdxDatasetLoader(Tiny(mirrors is [] ? ["http://good.test/"] : mirrors), new(), Places(server), _log).TryLoadAsync(default);

    private DataPlaces Places(Server server) => new(null, _cache.Path, () => new Handler(server));

    private IdxDataset Tiny(params string[] mirrors)
    {
        OfficialFile File(string stem, int rank)
        {
            byte[] bytes = _published[$"{stem}-idx{rank}-ubyte.gz"];
            return new(stem, rank, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), "");
        }

        return new("Tiny", "tiny", File("train-images", 3), File("train-labels", 1), File("t10k-images", 3), File("t10k-labels", 1), ["a", "b", "c"], [.. mirrors.Select(mirror => new Uri(mirror))]);
    }

    /// <summary>Serves the published files; hosts named bad.test fail in the way that is asked for.</summary>
    private sealed class Server(Dictionary<string, byte[]> files) : IDisposable
    {
        private readonly CancellationTokenSource _end = new();

        public string? BadHostFailure { get; init; }
        public bool EveryHostIsBad { get; init; }
        public System.Collections.Concurrent.ConcurrentQueue<Uri> Requests { get; } = new();

        public async Task<HttpResponseMessage> Answer(Uri address, CancellationToken token)
        {
            Requests.Enqueue(address);
            byte[] bytes = files[address.Segments[^1]];
            return (EveryHostIsBad || address.Host == "bad.test" ? BadHostFailure : null) switch
            {
                null => Whole(bytes),
                "404" => new(HttpStatusCode.NotFound),
                "wrong" => Whole([.. bytes[..^1], (byte)~bytes[^1]]),
                "short" => Whole(bytes[..^1]),
                "long" => Whole([.. bytes, 0]),
                "refused" => throw new HttpRequestException("nobody listens"),
                "broken" => new() { Content = new StreamContent(new Body(_ => throw new IOException("reset in the middle"))) },
                "stalls" => new() { Content = new StreamContent(new Body(stop => Task.Delay(Timeout.Infinite, stop))) },
                "slow" => new() { Content = new StreamContent(new Body(stop => Task.Delay(TimeSpan.FromSeconds(0.6), stop), bytes)) },
                "silent" => await Never(token),
                string other => throw new ArgumentOutOfRangeException(nameof(address), other),
            };
        }

        public void Dispose()
        {
            _end.Cancel();
            _end.Dispose();
        }

        private static HttpResponseMessage Whole(byte[] bytes) => new() { Content = new ByteArrayContent(bytes) };

        private async Task<HttpResponseMessage> Never(CancellationToken token)
        {
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(token, _end.Token);
            await Task.Delay(Timeout.Infinite, both.Token);
            throw new InvalidOperationException();
        }
    }

    private sealed class Handler(Server server) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            server.Answer(request.RequestUri!, cancellationToken);
    }

    /// <summary>A body that does something before its bytes come.</summary>
    private sealed class Body(Func<CancellationToken, Task> before, byte[]? bytes = null) : MemoryStream(bytes ?? [])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await before(cancellationToken);
            return Read(buffer.Span);
        }
    }
}
