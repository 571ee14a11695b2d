using System.Security.Cryptography;
using System.Text;

namespace Convoke;

/// <summary>Compiled images on disk, so that a program's second start compiles nothing. Whatever goes wrong with it costs a compilation and nothing else.</summary>
/// <param name="folder">Where entries lie; null: there is no cache.</param>
internal sealed class ImageCache(string? folder)
{
    private const int ChecksumBytes = SHA256.HashSizeInBytes;
    private static readonly byte[] Magic = "CVKIMG1\n"u8.ToArray();

    /// <summary>The cache of CONVOKE_CACHE ("off": none), else of the user's cache folder.</summary>
    public static ImageCache Default { get; } = new(DefaultFolder(Environment.GetEnvironmentVariable));

    /// <summary>Where entries lie; null: there is no cache.</summary>
    public string? Folder => folder;

    /// <summary>Name of the entry for a source: a hash of all that the image depends on.</summary>
    public static string Key(ReadOnlySpan<byte> source, string name, string architecture, string compiler)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in (string[])[architecture, compiler, name])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0]);
        }

        hash.AppendData(source);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The entry, or null where there is none or it is damaged; a damaged one is removed.</summary>
    public CompiledKernels? TryRead(string key, string architecture)
    {
        if (folder is null) return null;
        string path = PathOf(key);
        try
        {
            if (!File.Exists(path)) return null;
            if (Unpack(File.ReadAllBytes(path), architecture) is { } entry) return entry;
            CudaTrace.Write(1, $"cache: {path} is damaged and is made anew");
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            CudaTrace.Write(1, $"cache: could not read {path}: {failure.Message}");
        }

        return null;
    }

    /// <summary>Writes the entry under another name and renames it: a reader sees all of it or nothing, whoever else writes and whenever the process ends.</summary>
    public void TryWrite(string key, CompiledKernels compiled)
    {
        if (folder is null) return;
        string path = PathOf(key), draft = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(draft, Pack(compiled));
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            CudaTrace.Write(1, $"cache: could not write {path}: {failure.Message}");
            Remove(draft);
        }
    }

    /// <summary>The folder that the environment says, or the user's cache folder; null: none.</summary>
    public static string? DefaultFolder(Func<string, string?> variable)
    {
        if (variable("CONVOKE_CACHE") is { Length: > 0 } named) return string.Equals(named, "off", StringComparison.OrdinalIgnoreCase) ? null : Path.GetFullPath(named);
        string? root = variable("XDG_CACHE_HOME") is { Length: > 0 } caches && Path.IsPathRooted(caches) ? caches
            : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache")
            : null;
        return string.IsNullOrEmpty(root) ? null : Path.Combine(root, "convoke", "kernels");
    }

    /// <summary>Magic, checksum of the rest, log length, log, image.</summary>
    private static byte[] Pack(CompiledKernels compiled)
    {
        byte[] log = Encoding.UTF8.GetBytes(compiled.Log);
        byte[] rest = [.. BitConverter.GetBytes(log.Length), .. log, .. compiled.Image];
        return [.. Magic, .. SHA256.HashData(rest), .. rest];
    }

    private static CompiledKernels? Unpack(ReadOnlySpan<byte> file, string architecture)
    {
        int start = Magic.Length + ChecksumBytes;
        if (file.Length < start + sizeof(int) || !file.StartsWith(Magic)) return null;
        ReadOnlySpan<byte> rest = file[start..];
        if (!SHA256.HashData(rest).AsSpan().SequenceEqual(file[Magic.Length..start])) return null;
        int logBytes = BitConverter.ToInt32(rest);
        ReadOnlySpan<byte> content = rest[sizeof(int)..];
        return logBytes < 0 || logBytes > content.Length
            ? null
            : new(content[logBytes..].ToArray(), architecture.StartsWith("compute_", StringComparison.Ordinal), architecture, Encoding.UTF8.GetString(content[..logBytes]));
    }

    private string PathOf(string key) => Path.Combine(folder!, key + ".image");

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What could not be written cannot always be removed; the name is no entry's.
        }
    }
}
