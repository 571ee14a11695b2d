namespace Convoke;

/// <summary>Finds a set in CIFAR-10's binary layout in the order: given folder (and nothing else), named folder, cache, mirrors.</summary>
internal sealed class CifarLoader(CifarDataset dataset, DataOptions options, DataPlaces places, List<string> log)
{
    private const string AllOfficial = "official files, checksums verified";

    /// <summary>The data, or null when no place has them (the log says why, place by place).</summary>
    /// <exception cref="DatasetFormatException">A place has them, and they are damaged or something else.</exception>
    /// <exception cref="DatasetUnavailableException">A folder was given and has too little, or cannot be read.</exception>
    public async Task<ImageClassificationData?> TryLoadAsync(CancellationToken cancellationToken)
    {
        if (options.Folder is { } given)
        {
            CifarFolder folder = CifarFolder.Find(dataset, given);
            if (folder.Missing is not []) throw new DatasetUnavailableException(dataset.Name, folder.Missing);
            return Read(folder);
        }

        if (places.NamedFolder is { } named)
        {
            CifarFolder folder = CifarFolder.Find(dataset, named);
            if (folder.Missing is []) return Read(folder);
            log.AddRange(folder.Missing.Select(line => $"{DataPlaces.Variable}: {line}"));
        }
        else
        {
            log.Add($"environment variable {DataPlaces.Variable}: not set");
        }

        return await TryLoadOfficialAsync(cancellationToken).ConfigureAwait(false);
    }

    private ImageClassificationData Read(CifarFolder folder)
    {
        try
        {
            IReadOnlyDictionary<CifarFile, CifarBatch> batches = folder.Read();
            return Assemble(batches, folder.Path, proof => $"{dataset.Name} from {folder.Path} ({proof})");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetUnavailableException(dataset.Name, [.. log, error.Message], error);
        }
    }

    private async Task<ImageClassificationData?> TryLoadOfficialAsync(CancellationToken cancellationToken)
    {
        DatasetCache? cache = places.CacheFolder is { } folder ? new(Path.Combine(folder, dataset.FolderName)) : null;
        string place = cache?.PathOf(dataset.Archive) ?? dataset.Archive.Name;
        byte[]? bytes = null;
        if (cache is null) log.Add("cache: this user has no folder for it");
        else if ((bytes = cache.TryRead(dataset.Archive, out string reason)) is null) log.Add($"cache: {reason}");

        string origin = $"from the cache {place}";
        if (bytes is null)
        {
            if (!options.AllowDownload) log.Add("mirrors: downloading is not allowed");
            using MirrorDownload mirrors = new(options.AllowDownload ? dataset.Mirrors : [], places, log);
            bytes = await mirrors.TryFetchAsync(dataset.Archive, cancellationToken).ConfigureAwait(false);
            if (bytes is null) return null;
            if (cache?.TryKeep(dataset.Archive, bytes) is { } trouble) log.Add($"cache: {trouble}");
            origin = "downloaded now";
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Assemble(CifarArchive.Parse(dataset, place, bytes), place, proof => $"{dataset.Name}, {origin} ({proof})");
    }

    private ImageClassificationData Assemble(IReadOnlyDictionary<CifarFile, CifarBatch> batches, string place, Func<string, string> origin)
    {
        CifarFile[] present = [.. dataset.Files.Where(batches.ContainsKey)], train = [.. dataset.TrainFiles.Where(batches.ContainsKey)];
        if (train is [] || !batches.TryGetValue(dataset.TestFile, out CifarBatch? test))
            throw new DatasetFormatException(place, "members", present is [] ? "no batch" : string.Join(", ", present.Select(file => file.Name)), $"{dataset.TestFile.Name} and at least one of {dataset.TrainFiles[0].Name} to {dataset.TrainFiles[^1].Name}");

        string[] foreign = FindForeign(present, batches);
        log.AddRange(foreign.Select(name => $"{batches[present.First(file => file.Name == name)].Path}: not the official {name} of {dataset.Name}; its format is right"));
        List<string> proof = [];
        if (train.Length < dataset.TrainFiles.Count)
        {
            string[] missing = [.. dataset.TrainFiles.Except(train).Select(file => file.Name)];
            log.Add($"{place}: a part of {dataset.Name}, without {string.Join(", ", missing)}");
            proof.Add($"PART of the set: {train.Length} of {dataset.TrainFiles.Count} training batches, {train.Sum(file => batches[file].Count)} images");
        }

        if (foreign is []) log.Add($"{place}: official files, checksums verified");
        proof.Add(foreign is [] ? AllOfficial : foreign.Length == present.Length ? $"none of the {present.Length} files is the official one" : $"not the official {string.Join(", ", foreign)}");
        return new()
        {
            Train = ToDataset($"{dataset.Name} train", [.. train.Select(file => batches[file])]),
            Test = ToDataset($"{dataset.Name} test", [test]),
            ClassNames = dataset.ClassNames,
            Origin = origin(string.Join("; ", proof)),
            Log = log,
        };
    }

    /// <summary>Names of the files that are not the published ones.</summary>
    /// <exception cref="DatasetFormatException">A file is the published file of another name, or two have the same content: a test batch that was trained on shows nothing.</exception>
    private string[] FindForeign(IReadOnlyList<CifarFile> present, IReadOnlyDictionary<CifarFile, CifarBatch> batches)
    {
        Dictionary<string, CifarFile> bySum = [];
        List<string> foreign = [];
        foreach (CifarFile file in present)
        {
            string sum = batches[file].ComputeMd5();
            CifarFile? other = dataset.Files.FirstOrDefault(known => known.Md5 == sum && known != file) ?? bySum.GetValueOrDefault(sum);
            if (other is not null) throw new DatasetFormatException(batches[file].Path, "content", $"{other.Name} of {dataset.Name}", $"{file.Name} of {dataset.Name}");
            bySum.Add(sum, file);
            if (sum != file.Md5) foreign.Add(file.Name);
        }

        return [.. foreign];
    }

    private Dataset ToDataset(string name, IReadOnlyList<CifarBatch> batches)
    {
        int count = batches.Sum(batch => batch.Count), at = 0;
        byte[] pixels = new byte[checked(count * CifarBatch.PixelBytes)];
        int[] labels = new int[count];
        foreach (CifarBatch batch in batches)
        {
            batch.CopyTo(pixels.AsSpan(at * CifarBatch.PixelBytes), labels.AsSpan(at));
            at += batch.Count;
        }

        return Dataset.FromBytes(name, pixels, labels, CifarBatch.Side, CifarBatch.Side, CifarBatch.Channels, dataset.ClassNames.Count, Layout.ChannelsFirst);
    }
}
