using System.Formats.Tar;

namespace Convoke;

/// <summary>The batch files inside a tar archive, plain or gzipped.</summary>
internal static class CifarArchive
{
    /// <summary>Longest archive that is read, packed or not; the published one unpacks to 185 MB.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>The batches of <paramref name="dataset"/> in the archive at <paramref name="path"/>, whatever folder they are in.</summary>
    /// <inheritdoc cref="Parse" path="/exception"/>
    public static IReadOnlyDictionary<CifarFile, CifarBatch> Read(CifarDataset dataset, string path) => Parse(dataset, path, PackedFile.Read(path, MaximumBytes));

    /// <summary>The same from <paramref name="bytes"/>, packed or not.</summary>
    /// <exception cref="DatasetFormatException">The archive is damaged or cut, has a batch twice, or a batch in it is wrong; <paramref name="path"/> is named.</exception>
    public static IReadOnlyDictionary<CifarFile, CifarBatch> Parse(CifarDataset dataset, string path, byte[] bytes)
    {
        Dictionary<CifarFile, CifarBatch> found = [];
        byte[] tar = PackedFile.Unpack(path, bytes, MaximumBytes);
        try
        {
            using TarReader reader = new(new MemoryStream(tar));
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
                string name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..], place = $"{path}: {entry.Name}";
                if (dataset.Files.FirstOrDefault(file => file.Name == name) is not { } file) continue;
                if (entry.DataOffset + entry.Length > tar.Length) throw Cut(path, null);
                CifarBatch batch = CifarBatch.Parse(place, tar.AsMemory((int)entry.DataOffset, (int)entry.Length), dataset.ClassNames.Count);
                if (!found.TryAdd(file, batch)) throw new DatasetFormatException(path, "tar members", $"{name} twice", $"each batch once");
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException or FormatException or ArgumentException or OverflowException)
        {
            throw Cut(path, error);
        }

        return found;
    }

    private static DatasetFormatException Cut(string path, Exception? error)
    {
        const string Found = "damaged or cut data", Expected = "a complete tar archive, plain or gzipped";
        return error is null ? new(path, "tar archive", Found, Expected) : new(path, "tar archive", Found, Expected, error);
    }
}
