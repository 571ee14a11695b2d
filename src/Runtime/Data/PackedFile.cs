using System.Buffers.Binary;
using System.IO.Compression;

namespace Convoke;

/// <summary>Files that may be gzipped, read whole or not at all.</summary>
/// <remarks>Whether a file is gzipped is told by its first two bytes, because downloads keep or lose ".gz" as they please.</remarks>
internal static class PackedFile
{
    // Deflate cannot expand further (RFC 1951: 258 bytes from 2 bits), so a claim beyond it is false before anything is allocated.
    private const long MaximumExpansion = 1032;
    private const int HeaderBytes = 10, TrailerBytes = 8;

    /// <summary>The bytes of the file at <paramref name="path"/>, unpacked.</summary>
    /// <exception cref="DatasetFormatException">It is longer than <paramref name="mostBytes"/>, packed or unpacked, or damaged.</exception>
    public static byte[] Read(string path, long mostBytes)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > mostBytes) throw new DatasetFormatException(path, "file length", Count(file.Length), $"at most {Count(mostBytes)}");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Unpack(path, bytes, mostBytes);
    }

    /// <summary><paramref name="bytes"/> themselves, or what they unpack to where they are gzipped.</summary>
    /// <exception cref="DatasetFormatException">The stream is damaged or cut, or unpacks to more than <paramref name="mostBytes"/>; <paramref name="path"/> is named.</exception>
    public static byte[] Unpack(string path, byte[] bytes, long mostBytes)
    {
        if (bytes is not [0x1F, 0x8B, ..]) return bytes;
        if (bytes.Length < HeaderBytes + TrailerBytes) throw Damaged(path, null);
        long recorded = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)), most = Math.Min(mostBytes, bytes.Length * MaximumExpansion);
        if (recorded > most) throw new DatasetFormatException(path, "gzip trailer", $"a length of {Count(recorded)}", $"at most {Count(most)}, at the very end of the file");
        try
        {
            using GZipStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
            byte[] content = new byte[recorded];
            int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            // Reading to the end also makes the stream compare its checksum; GZipStream forgives a cut trailer and what follows it.
            if (read == recorded && stream.ReadByte() < 0) return content;
            string found = read < recorded ? Count(read) : $"more than {Count(read)}";
            throw new DatasetFormatException(path, "gzip content", found, $"{Count(recorded)}, as its trailer says");
        }
        catch (InvalidDataException error)
        {
            throw Damaged(path, error);
        }
    }

    /// <summary>"1 byte", "2 bytes".</summary>
    public static string Count(long bytes) => bytes == 1 ? "1 byte" : $"{bytes} bytes";

    private static DatasetFormatException Damaged(string path, InvalidDataException? error)
    {
        const string Found = "damaged data", Expected = "a complete gzip stream with a matching checksum";
        return error is null ? new(path, "gzip stream", Found, Expected) : new(path, "gzip stream", Found, Expected, error);
    }
}
