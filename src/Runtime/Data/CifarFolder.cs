namespace Convoke;

/// <summary>What a folder has of a set in CIFAR-10's binary layout: batch files, or the archive with all of them.</summary>
internal sealed class CifarFolder
{
    private readonly CifarDataset _dataset;
    private readonly IReadOnlyDictionary<CifarFile, string> _files;
    private readonly string? _archive;

    private CifarFolder(CifarDataset dataset, string path, IReadOnlyDictionary<CifarFile, string> files, string? archive) =>
        (_dataset, Path, _files, _archive) = (dataset, path, files, archive);

    /// <summary>The folder, or the archive, that <see cref="Read"/> reads.</summary>
    public string Path { get; }

    /// <summary>Why this is not enough to load, one line each; empty when it is.</summary>
    public IReadOnlyList<string> Missing { get; private init; } = [];

    /// <summary>Searches <paramref name="path"/>, its folder named after the set, and the folder that the archive unpacks to, in either; or takes <paramref name="path"/> for the archive.</summary>
    public static CifarFolder Find(CifarDataset dataset, string path)
    {
        string full = System.IO.Path.GetFullPath(path), own = System.IO.Path.Combine(full, dataset.FolderName);
        if (File.Exists(full)) return new(dataset, full, new Dictionary<CifarFile, string>(), full);

        string[] searched = [.. new[] { own, full }.SelectMany(folder => new[] { folder, System.IO.Path.Combine(folder, CifarDataset.UnpackedFolder) }).Where(Directory.Exists)];
        CifarFolder[] usable = [.. searched.Select(folder => Look(dataset, folder)).Where(folder => folder.Missing is [])];
        // All six files, be they loose or packed, before some of them.
        return usable.FirstOrDefault(folder => folder.IsWhole) ?? usable.FirstOrDefault()
            ?? new(dataset, full, new Dictionary<CifarFile, string>(), null) { Missing = Explain(dataset, full, searched) };
    }

    /// <summary>The batches that are there, checked.</summary>
    public IReadOnlyDictionary<CifarFile, CifarBatch> Read() => _archive is { } archive
        ? CifarArchive.Read(_dataset, archive)
        : _files.ToDictionary(pair => pair.Key, pair => CifarBatch.Read(pair.Value, _dataset.ClassNames.Count));

    private bool IsWhole => _archive is not null || _files.Count == _dataset.Files.Count();

    private static CifarFolder Look(CifarDataset dataset, string folder)
    {
        Dictionary<CifarFile, string> files = [];
        foreach (CifarFile file in dataset.Files)
        {
            if (Existing(folder, file.Spellings) is { } found) files.Add(file, found);
        }

        string? archive = files.Count == dataset.Files.Count() ? null : Existing(folder, [dataset.Archive.Name, System.IO.Path.ChangeExtension(dataset.Archive.Name, null)]);
        bool enough = archive is not null || (files.ContainsKey(dataset.TestFile) && dataset.TrainFiles.Any(files.ContainsKey));
        return new(dataset, archive ?? folder, files, archive) { Missing = enough ? [] : Explain(dataset, folder, [folder]) };
    }

    private static string? Existing(string folder, IReadOnlyList<string> names) =>
        names.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static List<string> Explain(CifarDataset dataset, string path, IReadOnlyList<string> searched)
    {
        if (searched is []) return [$"{path}: no such folder"];
        List<string> lines = [];
        foreach (string folder in searched)
        {
            if (!dataset.TrainFiles.Any(file => Existing(folder, file.Spellings) is not null))
                lines.Add($"{folder}: none of {string.Join(", ", dataset.TrainFiles.Select(file => file.Name))}, plain or .gz");
            if (Existing(folder, dataset.TestFile.Spellings) is null) lines.Add($"{folder}: none of {string.Join(", ", dataset.TestFile.Spellings)}");
            lines.Add($"{folder}: no {dataset.Archive.Name}");
            if (Existing(folder, ["data_batch_1", "test_batch", "cifar-10-python.tar.gz"]) is { } python)
                lines.Add($"{python}: of the Python version; {dataset.Archive.Name} is the one to download");
        }

        return lines;
    }
}
