using System.Security.Cryptography;

namespace Convoke;

/// <summary>Verified copies of published files in one folder. A file is there whole or not at all, whoever else writes at the same time.</summary>
internal sealed class DatasetCache(string folder)
{
    /// <summary>Path at which <paramref name="file"/> is kept.</summary>
    public string PathOf(PublishedFile file) => Path.Combine(folder, file.Name);

    /// <summary>The bytes of <paramref name="file"/> when a copy is there and its checksum is right; otherwise null and the <paramref name="reason"/>.</summary>
    public byte[]? TryRead(PublishedFile file, out string reason)
    {
        string path = PathOf(file);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length != file.LengthBytes)
            {
                reason = $"{path}: found {stream.Length} bytes, expected {file.LengthBytes}";
                return null;
            }

            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            if (IsOfficial(file, bytes, path, out reason)) return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reason = error is FileNotFoundException or DirectoryNotFoundException ? $"{path}: not there" : $"{path}: {error.Message}";
        }

        return null;
    }

    /// <summary>Keeps <paramref name="bytes"/>: a temporary file, then a rename. On failure the folder is as before; the reason comes back, null when all went well.</summary>
    public string? TryKeep(PublishedFile file, ReadOnlySpan<byte> bytes)
    {
        string path = PathOf(file), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            return $"{path}: could not be kept: {error.Message}";
        }
    }

    /// <summary>Whether <paramref name="bytes"/> are the published file; if not, <paramref name="reason"/> names <paramref name="place"/> and both checksums.</summary>
    public static bool IsOfficial(PublishedFile file, ReadOnlySpan<byte> bytes, string place, out string reason)
    {
        string found = Convert.ToHexStringLower(SHA256.HashData(bytes));
        bool official = found == file.Sha256;
        reason = official ? "" : $"{place}: found SHA-256 {found}, expected {file.Sha256}";
        return official;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report; a name that ends in .tmp is never read.
        }
    }
}
