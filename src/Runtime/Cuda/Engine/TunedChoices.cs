using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Values of tunables that were found on a device, beside the compiled images. A file that is not whole, or is of another program, counts as none.</summary>
/// <param name="folder">Where they lie; null: nowhere.</param>
internal sealed class TunedChoices(string? folder)
{
    private const string Head = "convoke tuned 1";

    /// <summary>Where they lie; null: nowhere.</summary>
    public string? Folder => folder;

    /// <summary>Name of an entry: a hash of all on which times depend. Batches up to one power of two share it.</summary>
    public static string Key(CudaDeviceInfo device, Version? driver, string compiler, ReadOnlySpan<byte> text, int batch)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"{device.Name}\0{device.Architecture}\0{device.Multiprocessors}\0{driver}\0{compiler}\0{BitOperations.RoundUpToPowerOf2((uint)batch)}\0");
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(place));
        hash.AppendData(text);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The entry, or null where there is none for exactly these tunables.</summary>
    public int[]? TryRead(string key, CudaTunablePlan[] tunables)
    {
        if (folder is null) return null;
        string path = PathOf(key);
        try
        {
            if (!File.Exists(path)) return null;
            if (Unpack(File.ReadAllText(path), tunables) is { } values) return values;
            CudaTrace.Write(1, $"cache: {path} is damaged and is made anew");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            CudaTrace.Write(1, $"cache: could not read {path}: {failure.Message}");
        }
        return null;
    }

    /// <summary>Writes the entry under another name and renames it, so that a reader sees all of it or nothing.</summary>
    public void TryWrite(string key, CudaTunablePlan[] tunables, int[] values)
    {
        if (folder is null) return;
        string path = PathOf(key), draft = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(draft, Pack(tunables, values));
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            CudaTrace.Write(1, $"cache: could not write {path}: {failure.Message}");
        }
    }

    private static string Pack(CudaTunablePlan[] tunables, int[] values)
    {
        StringBuilder text = new(Head + "\n");
        for (int i = 0; i < tunables.Length; i++) text.Append(CultureInfo.InvariantCulture, $"{tunables[i].Name} {values[i]}\n");
        return $"{text}{Checksum(text.ToString())}\n";
    }

    private static int[]? Unpack(string text, CudaTunablePlan[] tunables)
    {
        string[] lines = text.Split('\n');
        int[] values = new int[tunables.Length];
        if (lines.Length != tunables.Length + 3) return null;
        for (int i = 0; i < values.Length; i++)
        {
            CudaTunablePlan tunable = tunables[i];
            if (lines[i + 1].Split(' ') is not [var name, var value] || name != tunable.Name || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out values[i])) return null;
            if (values[i] != tunable.Default && !tunable.Candidates.Contains(values[i])) return null;
        }
        return text == Pack(tunables, values) ? values : null;
    }

    private static string Checksum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string PathOf(string key) => Path.Combine(folder!, key + ".tuned");
}
