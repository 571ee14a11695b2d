using System.Buffers.Binary;
using System.IO.Compression;

namespace Convoke.Runtime.Tests;

/// <summary>Makes small IDX files, right and wrong ones.</summary>
internal static class Idx
{
    public static byte[] Images(int count) => File(0x803, [count, 28, 28], Enumerable.Range(0, count * 784).Select(i => (byte)(i * 31)).ToArray());

    public static byte[] Labels(params byte[] labels) => File(0x801, [labels.Length], labels);

    public static byte[] File(int magic, int[] dimensions, byte[] payload)
    {
        byte[] file = new byte[4 + 4 * dimensions.Length + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(file, magic);
        for (int i = 0; i < dimensions.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + 4 * i), dimensions[i]);
        payload.CopyTo(file, 4 + 4 * dimensions.Length);
        return file;
    }

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Optimal)) stream.Write(content);
        return packed.ToArray();
    }
}

/// <summary>A folder of its own for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("convoke-test-").FullName;

    public string Write(string name, byte[] bytes)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public IReadOnlyList<string> Names() =>
        [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(Path, file)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
