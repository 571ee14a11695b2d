using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Convoke;

/// <summary>One file of unsigned bytes in the IDX format, plain or gzipped, read whole or not at all.</summary>
/// <remarks>
/// Layout, big-endian: 0x00 0x00, element type (0x08), rank, one u32 per dimension, then the elements, last dimension contiguous.
/// Whether a file is gzipped is told by its first two bytes, because downloads keep or lose ".gz" as they please.
/// </remarks>
internal sealed class IdxFile
{
    /// <summary>Most samples that a file may claim: the largest known relative (EMNIST) has 814,255.</summary>
    public const int MaximumSamples = 1_000_000;

    // Deflate cannot expand further (RFC 1951: 258 bytes from 2 bits), so a claim beyond it is false before anything is allocated.
    private const long MaximumExpansion = 1032;
    private const byte UnsignedByte = 0x08;

    private static readonly string[] s_axes = ["samples", "height", "width"];

    private readonly byte[] _content;

    private IdxFile(string path, byte[] content, int[] dimensions) => (Path, _content, Dimensions) = (path, content, dimensions);

    /// <summary>Where the bytes came from.</summary>
    public string Path { get; }

    /// <summary>Extent of each dimension; the first is the number of samples.</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>The elements, u8[Dimensions].</summary>
    public ReadOnlyMemory<byte> Elements => _content.AsMemory(HeaderLength(Dimensions.Count));

    /// <summary>SHA-256 of the unpacked file, header included, as lower-case hexadecimal digits.</summary>
    public string ComputeContentSha256() => Convert.ToHexStringLower(SHA256.HashData(_content));

    /// <summary>Reads and checks the file at <paramref name="path"/>; see <see cref="Parse"/>.</summary>
    public static IdxFile Read(string path, params ReadOnlySpan<int> sampleShape)
    {
        long most = HeaderLength(1 + sampleShape.Length) + (long)MaximumSamples * Product(sampleShape);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > most) throw new DatasetFormatException(path, "file length", Bytes(file.Length), $"at most {Bytes(most)}");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Parse(path, bytes, sampleShape);
    }

    /// <summary>Checks <paramref name="bytes"/> as a file of samples of <paramref name="sampleShape"/>: [28, 28] for images, [] for labels.</summary>
    /// <exception cref="DatasetFormatException">The header, the length or the compression is wrong; <paramref name="path"/> is named.</exception>
    public static IdxFile Parse(string path, byte[] bytes, params ReadOnlySpan<int> sampleShape)
    {
        int headerLength = HeaderLength(1 + sampleShape.Length);
        if (!IsGzip(bytes))
        {
            int[] dimensions = ReadHeader(path, bytes.AsSpan(0, Math.Min(headerLength, bytes.Length)), sampleShape);
            long expected = Product(dimensions);
            if (bytes.Length - headerLength != expected) throw WrongPayload(path, Bytes(bytes.Length - headerLength), dimensions);
            return new IdxFile(path, bytes, dimensions);
        }

        try
        {
            using GZipStream unpacked = new(new MemoryStream(bytes), CompressionMode.Decompress);
            byte[] header = new byte[headerLength];
            int headerRead = unpacked.ReadAtLeast(header, headerLength, throwOnEndOfStream: false);
            int[] dimensions = ReadHeader(path, header.AsSpan(0, headerRead), sampleShape);
            long expected = Product(dimensions);
            if (expected > bytes.Length * MaximumExpansion) throw WrongPayload(path, $"at most {Bytes(bytes.Length * MaximumExpansion)}", dimensions);

            byte[] content = new byte[headerLength + expected];
            header.CopyTo(content, 0);
            int read = unpacked.ReadAtLeast(content.AsSpan(headerLength), (int)expected, throwOnEndOfStream: false);
            if (read != expected) throw WrongPayload(path, Bytes(read), dimensions);
            // Reading to the end also makes the stream compare its checksum, if the trailer is whole; GZipStream forgives a cut one and what follows it.
            if (unpacked.ReadByte() >= 0) throw WrongPayload(path, $"more than {Bytes(expected)}", dimensions);
            uint recorded = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4));
            if (recorded != content.Length) throw new DatasetFormatException(path, "gzip trailer", $"a length of {Bytes(recorded)}", $"{Bytes(content.Length)}, at the very end of the file");
            return new IdxFile(path, content, dimensions);
        }
        catch (InvalidDataException error)
        {
            throw new DatasetFormatException(path, "gzip stream", "damaged data", "a complete gzip stream with a matching checksum", error);
        }
    }

    private static int[] ReadHeader(string path, ReadOnlySpan<byte> header, ReadOnlySpan<int> sampleShape)
    {
        int rank = 1 + sampleShape.Length;
        string magic = string.Create(CultureInfo.InvariantCulture, $"0x{UnsignedByte << 8 | rank:X8} ({Kind(rank)})");
        if (header.Length < 4) throw new DatasetFormatException(path, "magic number", $"a file of {Bytes(header.Length)}", magic);
        if (header[0] != 0 || header[1] != 0)
            throw new DatasetFormatException(path, "magic number", $"0x{Convert.ToHexString(header[..4])} (not an IDX file)", magic);
        if (header[2] != UnsignedByte)
            throw new DatasetFormatException(path, "element type", $"0x{header[2]:X2} ({ElementType(header[2])})", "0x08 (unsigned byte)");
        if (header[3] != rank)
            throw new DatasetFormatException(path, "rank", $"{header[3]} ({Kind(header[3])})", $"{rank} ({Kind(rank)})");
        if (header.Length < HeaderLength(rank))
            throw new DatasetFormatException(path, "header", Bytes(header.Length), Bytes(HeaderLength(rank)));

        int[] dimensions = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * axis)..]);
            bool right = axis == 0 ? extent is >= 1 and <= MaximumSamples : extent == sampleShape[axis - 1];
            if (!right)
            {
                string expected = axis == 0 ? $"1 to {MaximumSamples}" : $"{sampleShape[axis - 1]}";
                throw new DatasetFormatException(path, $"dimension {axis} ({s_axes[axis]})", $"{extent}", expected);
            }

            dimensions[axis] = (int)extent;
        }

        return dimensions;
    }

    private static DatasetFormatException WrongPayload(string path, string found, int[] dimensions) =>
        new(path, "payload", found, $"{Bytes(Product(dimensions))} ({string.Join(" x ", dimensions)})");

    private static bool IsGzip(ReadOnlySpan<byte> bytes) => bytes is [0x1F, 0x8B, ..];

    private static int HeaderLength(int rank) => 4 + 4 * rank;

    private static long Product(ReadOnlySpan<int> extents)
    {
        long product = 1;
        foreach (int extent in extents) product *= extent;
        return product;
    }

    private static string Bytes(long count) => count == 1 ? "1 byte" : $"{count} bytes";

    private static string Kind(int rank) => rank switch { 1 => "labels, idx1", 3 => "images, idx3", _ => $"idx{rank}" };

    private static string ElementType(byte code) => code switch
    {
        0x09 => "signed byte",
        0x0B => "16-bit integer",
        0x0C => "32-bit integer",
        0x0D => "32-bit float",
        0x0E => "64-bit float",
        _ => "no IDX type",
    };
}
