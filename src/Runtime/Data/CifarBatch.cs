using System.Security.Cryptography;

namespace Convoke;

/// <summary>One batch file of CIFAR-10's binary version, checked: records of a label byte and 3072 pixel bytes, planes of red, green, blue.</summary>
internal sealed class CifarBatch
{
    public const int Side = 32, Channels = 3, PixelBytes = Side * Side * Channels, RecordBytes = 1 + PixelBytes;

    /// <summary>Most records that a file may have; the published ones have 10,000. Five such files still fit one array.</summary>
    public const int MaximumRecords = 100_000;

    /// <summary>Bytes of a record with a coarse and a fine label, the layout of CIFAR-100.</summary>
    private const int TwoLabelRecordBytes = 2 + PixelBytes;

    private readonly ReadOnlyMemory<byte> _records;

    private CifarBatch(string path, ReadOnlyMemory<byte> records) => (Path, _records) = (path, records);

    /// <summary>Where the bytes came from.</summary>
    public string Path { get; }

    /// <summary>Number of images.</summary>
    public int Count => _records.Length / RecordBytes;

    /// <summary>Checks the file at <paramref name="path"/>, plain or gzipped; see <see cref="Parse"/>.</summary>
    public static CifarBatch Read(string path, int classes) => Parse(path, PackedFile.Read(path, (long)MaximumRecords * RecordBytes), classes);

    /// <summary>Checks <paramref name="records"/>, which are kept, not copied.</summary>
    /// <exception cref="DatasetFormatException">They are not whole records, or a label is not below <paramref name="classes"/>; <paramref name="path"/> is named.</exception>
    public static CifarBatch Parse(string path, ReadOnlyMemory<byte> records, int classes)
    {
        const string Binary = "records of CIFAR-10's binary version";
        ReadOnlySpan<byte> bytes = records.Span;
        if (OtherFormat(bytes) is { } other) throw new DatasetFormatException(path, "content", other, Binary);
        if (bytes.Length % RecordBytes != 0 || bytes.Length is 0 or > MaximumRecords * RecordBytes)
        {
            string hint = bytes.Length > 0 && bytes.Length % TwoLabelRecordBytes == 0 ? $" ({bytes.Length / TwoLabelRecordBytes} records of CIFAR-100)" : "";
            throw new DatasetFormatException(path, "file length", PackedFile.Count(bytes.Length) + hint, $"1 to {MaximumRecords} records of {RecordBytes} bytes (label, {Channels} x {Side} x {Side} pixels)");
        }

        for (int i = 0; i * RecordBytes < bytes.Length; i++)
        {
            if (bytes[i * RecordBytes] >= classes) throw new DatasetFormatException(path, $"label {i}", $"{bytes[i * RecordBytes]}", $"0 to {classes - 1}");
        }

        return new(path, records);
    }

    /// <summary>MD5 of the unpacked file as lower-case hexadecimal digits.</summary>
#pragma warning disable CA5351 // The sums by which the files are known are MD5; they tell files apart, and nothing is trusted for them.
    public string ComputeMd5() => Convert.ToHexStringLower(MD5.HashData(_records.Span));
#pragma warning restore CA5351

    /// <summary>Copies pixels u8[Count, 3, 32, 32] and labels i32[Count] to the start of both destinations.</summary>
    public void CopyTo(Span<byte> pixels, Span<int> labels)
    {
        ReadOnlySpan<byte> bytes = _records.Span;
        for (int i = 0; i < Count; i++)
        {
            labels[i] = bytes[i * RecordBytes];
            bytes.Slice(i * RecordBytes + 1, PixelBytes).CopyTo(pixels[(i * PixelBytes)..]);
        }
    }

    /// <summary>What the bytes are when their beginning gives them away; none of these can begin a record, whose label is below 10.</summary>
    private static string? OtherFormat(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0x80, >= 2 and <= 5, ..] => "a Python pickle (the data set's Python version)",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip archive",
        [(byte)'<', (byte)'!' or (byte)'h' or (byte)'H', ..] => "a web page",
        _ => null,
    };
}
