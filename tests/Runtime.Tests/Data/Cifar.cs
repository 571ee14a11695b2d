using System.Formats.Tar;
using System.Security.Cryptography;

namespace Convoke.Runtime.Tests;

/// <summary>Makes small files in CIFAR-10's binary layout, right and wrong ones.</summary>
internal static class Cifar
{
    /// <summary>Archive name of <see cref="Tiny"/>.</summary>
    public const string ArchiveName = "tiny.tar.gz";

    /// <summary>One record per label: red is 10 · label + row, green is the column, blue is 200.</summary>
    public static byte[] Batch(params byte[] labels) => [.. labels.SelectMany(label => Pixels(label).Prepend(label))];

    public static byte[] Pixels(byte label) =>
    [
        .. Enumerable.Range(0, 1024).Select(i => (byte)(10 * label + i / 32)),
        .. Enumerable.Range(0, 1024).Select(i => (byte)(i % 32)),
        .. Enumerable.Repeat((byte)200, 1024),
    ];

    /// <summary>A tar archive with a folder entry, the files, and a text file, as the published one has them.</summary>
    public static byte[] Tar(params (string Name, byte[] Bytes)[] files)
    {
        using MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "cifar-10-batches-bin/"));
            foreach ((string name, byte[] bytes) in files) writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"cifar-10-batches-bin/{name}") { DataStream = new MemoryStream(bytes) });
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "cifar-10-batches-bin/readme.html") { DataStream = new MemoryStream([1, 2, 3]) });
        }

        return stream.ToArray();
    }

    /// <summary>A set of three classes whose two training batches and test batch are "published": their sums are known.</summary>
    public static CifarDataset Tiny(params string[] mirrors)
    {
        CifarFile File(string name) => new(name, CifarBatch.Parse(name, TinyFiles[name], 10).ComputeMd5());
        return new("Tiny", "tiny", new(ArchiveName, TinyArchive.Length, Convert.ToHexStringLower(SHA256.HashData(TinyArchive))), [File("data_batch_1.bin"), File("data_batch_2.bin")], File("test_batch.bin"), ["a", "b", "c"], [.. mirrors.Select(mirror => new Uri(mirror))]);
    }

    public static IReadOnlyDictionary<string, byte[]> TinyFiles { get; } = new Dictionary<string, byte[]>
    {
        ["data_batch_1.bin"] = Batch(0, 1),
        ["data_batch_2.bin"] = Batch(2, 1, 0),
        ["test_batch.bin"] = Batch(1),
    };

    public static byte[] TinyArchive { get; } = Idx.Gzip(Tar([.. TinyFiles.Select(file => (file.Key, file.Value))]));
}
