namespace Convoke;

/// <summary>Finds the four files of a published set in the order: given folder (and nothing else), named folder, cache, mirrors.</summary>
internal sealed class IdxDatasetLoader(IdxDataset dataset, DataOptions options, DataPlaces places, List<string> log)
{
    /// <summary>The data, or null when no place has them (the log says why, place by place).</summary>
    /// <exception cref="DatasetFormatException">A place has them, and they are damaged or something else.</exception>
    /// <exception cref="DatasetUnavailableException">A folder was given and lacks a file, or cannot be read.</exception>
    public async Task<ImageClassificationData?> TryLoadAsync(CancellationToken cancellationToken)
    {
        if (options.Folder is { } given)
        {
            IdxFolder folder = IdxFolder.Find(dataset, given);
            if (!folder.IsComplete) throw new DatasetUnavailableException(dataset.Name, folder.Missing);
            return Read(folder);
        }

        if (places.NamedFolder is { } named)
        {
            IdxFolder folder = IdxFolder.Find(dataset, named);
            if (folder.IsComplete) return Read(folder);
            log.AddRange(folder.Missing.Select(line => $"{DataPlaces.Variable}: {line}"));
        }
        else
        {
            log.Add($"environment variable {DataPlaces.Variable}: not set");
        }

        return await TryLoadOfficialAsync(cancellationToken).ConfigureAwait(false);
    }

    private ImageClassificationData Read(IdxFolder folder)
    {
        try
        {
            IdxFile[] files = [.. dataset.Files.Select(folder.Read)];
            string[] foreign = [.. dataset.Files.Zip(files).Where(pair => !IsOfficial(pair.First, pair.Second)).Select(pair => pair.Second.Path)];
            log.AddRange(foreign.Select(path => $"{path}: not the official file of {dataset.Name}; its format is right"));
            if (foreign.Length == 0) log.Add($"{folder.Path}: the official files, checksums verified");
            string proof = foreign.Length == 0 ? "official files, checksums verified" : $"{foreign.Length} of 4 are not the official files";
            return Assemble(files, $"{dataset.Name} from {folder.Path} ({proof})");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetUnavailableException(dataset.Name, [.. log, error.Message], error);
        }
    }

    private async Task<ImageClassificationData?> TryLoadOfficialAsync(CancellationToken cancellationToken)
    {
        DatasetCache? cache = places.CacheFolder is { } folder ? new(Path.Combine(folder, dataset.FolderName)) : null;
        if (cache is null) log.Add("cache: this user has no folder for it");
        using MirrorDownload mirrors = new(options.AllowDownload ? dataset.Mirrors : [], places, log);
        IdxFile[] files = new IdxFile[4];
        bool downloaded = false;
        for (int i = 0; i < files.Length; i++)
        {
            OfficialFile file = dataset.Files[i];
            cancellationToken.ThrowIfCancellationRequested();
            string place = cache?.PathOf(file) ?? file.Name;
            byte[]? bytes = null;
            if (cache is not null && (bytes = cache.TryRead(file, out string reason)) is null) log.Add($"cache: {reason}");
            if (bytes is null)
            {
                if (!options.AllowDownload) log.Add("mirrors: downloading is not allowed");
                bytes = await mirrors.TryFetchAsync(file, cancellationToken).ConfigureAwait(false);
                if (bytes is null) return null;
                downloaded = true;
                if (cache?.TryKeep(file, bytes) is { } trouble) log.Add($"cache: {trouble}");
            }

            files[i] = IdxFile.Parse(place, bytes, SampleShape(file));
        }

        string origin = downloaded ? "downloaded now" : $"from the cache {Path.GetDirectoryName(cache!.PathOf(dataset.TrainImages))}";
        log.Add($"{dataset.Name}: {origin}, checksums verified");
        return Assemble(files, $"{dataset.Name}, {origin} (official files, checksums verified)");
    }

    private ImageClassificationData Assemble(IdxFile[] files, string origin) => new()
    {
        Train = ToDataset($"{dataset.Name} train", files[0], files[1]),
        Test = ToDataset($"{dataset.Name} test", files[2], files[3]),
        ClassNames = dataset.ClassNames,
        Origin = origin,
        Log = log,
    };

    private Dataset ToDataset(string name, IdxFile images, IdxFile labels)
    {
        int classes = dataset.ClassNames.Count;
        if (images.Dimensions[0] != labels.Dimensions[0])
            throw new DatasetFormatException(labels.Path, "dimension 0 (samples)", $"{labels.Dimensions[0]} labels", $"{images.Dimensions[0]}, one per image of {images.Path}");

        int[] indices = new int[labels.Dimensions[0]];
        ReadOnlySpan<byte> elements = labels.Elements.Span;
        for (int i = 0; i < indices.Length; i++)
        {
            if (elements[i] >= classes) throw new DatasetFormatException(labels.Path, $"label {i}", $"{elements[i]}", $"0 to {classes - 1}");
            indices[i] = elements[i];
        }

        return Dataset.FromBytes(name, images.Elements, indices, IdxDataset.Height, IdxDataset.Width, channels: 1, classes);
    }

    /// <summary>Whether <paramref name="read"/> is the published file.</summary>
    /// <exception cref="DatasetFormatException">It is the published file of another set, or another file of this one: equal names make that mix-up easy.</exception>
    private bool IsOfficial(OfficialFile file, IdxFile read)
    {
        string found = read.ComputeContentSha256();
        if (found == file.ContentSha256) return true;
        foreach (IdxDataset other in IdxDataset.Known)
        {
            if (other.Files.FirstOrDefault(known => known.ContentSha256 == found) is { } mixed)
                throw new DatasetFormatException(read.Path, "content", $"{mixed.Stem} of {other.Name}", $"{file.Stem} of {dataset.Name}");
        }

        return false;
    }

    internal static int[] SampleShape(OfficialFile file) => file.Rank == 1 ? [] : [IdxDataset.Height, IdxDataset.Width];
}
