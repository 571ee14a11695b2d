namespace Convoke.Cuda.Tests.Binding;

/// <summary>The cache gives back what was put in or nothing, and never stands in the way.</summary>
public sealed class ImageCacheTests : IDisposable
{
    private static readonly CompiledKernels Compiled = new([1, 2, 3, 0, 255], false, "sm_90", "ptxas info    : 0 bytes gmem\nsome \u00e4 log");
    private readonly ScratchFolder _folder = new();

    private ImageCache Cache => new(Path.Combine(_folder.Path, "made", "when", "needed"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read()
    {
        Cache.TryWrite("key", Compiled);
        CompiledKernels? read = Cache.TryRead("key", "sm_90");
        Assert.NotNull(read);
        Assert.Equal(Compiled.Image, read.Image);
        Assert.Equal((Compiled.Log, Compiled.Architecture, Compiled.IsPtx), (read.Log, read.Architecture, read.IsPtx));
        Assert.Single(Directory.GetFiles(Cache.Folder!));
    }

    [Fact]
    public void An_entry_is_replaced_as_a_whole()
    {
        Cache.TryWrite("key", Compiled);
        Cache.TryWrite("key", Compiled with { Image = [9] });
        Assert.Equal([9], Cache.TryRead("key", "sm_90")!.Image);
    }

    [Fact]
    public void Every_single_damaged_byte_is_noticed_and_the_entry_is_removed()
    {
        Cache.TryWrite("key", Compiled);
        string path = Directory.GetFiles(Cache.Folder!).Single();
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x40;
            File.WriteAllBytes(path, damaged);
            Assert.Null(Cache.TryRead("key", "sm_90"));
            Assert.False(File.Exists(path), $"byte {i}: the entry is still there");
        }
    }

    [Fact]
    public void Every_shortened_file_is_noticed()
    {
        Cache.TryWrite("key", Compiled);
        string path = Directory.GetFiles(Cache.Folder!).Single();
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Null(Cache.TryRead("key", "sm_90"));
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_costs_the_cache_only()
    {
        ImageCache blocked = new(Path.Combine(_folder.File("a-file"), "below"));
        blocked.TryWrite("key", Compiled);
        Assert.Null(blocked.TryRead("key", "sm_90"));
    }

    [Fact]
    public void A_failed_write_leaves_no_draft()
    {
        // The entry's name is a folder: writing the draft works, renaming it does not.
        Directory.CreateDirectory(Path.Combine(Cache.Folder!, "key.image", "inside"));
        Cache.TryWrite("key", Compiled);
        Assert.Empty(Directory.GetFiles(Cache.Folder!));
        Assert.Null(Cache.TryRead("key", "sm_90"));
    }

    [Fact]
    public async Task Many_writers_and_readers_see_whole_entries_only()
    {
        CompiledKernels[] versions = [.. Enumerable.Range(0, 4).Select(i => Compiled with { Image = [.. Enumerable.Repeat((byte)i, 500_000 + i)] })];
        Cache.TryWrite("key", versions[0]);
        IEnumerable<Task> writers = versions.Take(2).Select(version => Task.Factory.StartNew(() => Repeat(() => Cache.TryWrite("key", version)), TaskCreationOptions.LongRunning));
        IEnumerable<Task> readers = versions.Take(2).Select(_ => Task.Factory.StartNew(
            () => Repeat(() =>
            {
                CompiledKernels? read = Cache.TryRead("key", "sm_90");
                Assert.NotNull(read);
                Assert.Equal(versions[read.Image[0]].Image, read.Image);
            }),
            TaskCreationOptions.LongRunning));
        await Task.WhenAll([.. writers, .. readers]);
        Assert.Single(Directory.GetFiles(Cache.Folder!));

        static void Repeat(Action action)
        {
            for (int i = 0; i < 150; i++) action();
        }
    }

    [Fact]
    public void The_key_depends_on_all_that_the_image_depends_on()
    {
        string[] keys =
        [
            ImageCache.Key("a"u8, "n", "sm_90", "nvrtc 12.4"),
            ImageCache.Key("b"u8, "n", "sm_90", "nvrtc 12.4"),
            ImageCache.Key("a"u8, "m", "sm_90", "nvrtc 12.4"),
            ImageCache.Key("a"u8, "n", "sm_80", "nvrtc 12.4"),
            ImageCache.Key("a"u8, "n", "sm_90", "nvrtc 12.5"),
            ImageCache.Key("na"u8, "", "sm_90", "nvrtc 12.4"),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], ImageCache.Key("a"u8, "n", "sm_90", "nvrtc 12.4"));
    }

    [Theory]
    [InlineData("CONVOKE_CACHE=/c", "/c")]
    [InlineData("CONVOKE_CACHE=off", null)]
    [InlineData("CONVOKE_CACHE=off XDG_CACHE_HOME=/x", null)]
    [InlineData("XDG_CACHE_HOME=/x HOME=/h", "/x/convoke/kernels")]
    [InlineData("XDG_CACHE_HOME=relative HOME=/h", "/h/.cache/convoke/kernels")]
    [InlineData("", null)]
    public void The_folder_follows_the_environment(string environment, string? expected)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1]);
        Assert.Equal(expected, ImageCache.DefaultFolder(name => variables.GetValueOrDefault(name)));
    }
}
