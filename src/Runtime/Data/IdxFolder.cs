namespace Convoke;

/// <summary>The four files of a set as far as a folder has them, in any spelling, plain or gzipped.</summary>
internal sealed class IdxFolder
{
    private readonly IReadOnlyDictionary<OfficialFile, string> _found;

    private IdxFolder(string path, IReadOnlyDictionary<OfficialFile, string> found, IReadOnlyList<string> missing) =>
        (Path, _found, Missing) = (path, found, missing);

    /// <summary>The folder that was searched.</summary>
    public string Path { get; }

    /// <summary>One line per file that is not there, with the spellings that were looked for.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Whether all four are there.</summary>
    public bool IsComplete => Missing.Count == 0;

    /// <summary>Searches <paramref name="path"/>'s folder named after the set if it has one ("mnist"), else <paramref name="path"/> itself.</summary>
    public static IdxFolder Find(IdxDataset dataset, string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string own = System.IO.Path.Combine(full, dataset.FolderName);
        string searched = Directory.Exists(own) ? own : full;
        Dictionary<OfficialFile, string> found = [];
        List<string> missing = [];
        if (!Directory.Exists(searched)) missing.Add($"{searched}: no such folder");
        foreach (OfficialFile file in dataset.Files)
        {
            if (file.Spellings.FirstOrDefault(name => File.Exists(System.IO.Path.Combine(searched, name))) is { } name)
                found.Add(file, System.IO.Path.Combine(searched, name));
            else
                missing.Add($"{searched}: none of {string.Join(", ", file.Spellings)}");
        }

        return new(searched, found, missing);
    }

    /// <summary>Reads <paramref name="file"/>, which must not be missing.</summary>
    public IdxFile Read(OfficialFile file) => IdxFile.Read(_found[file], IdxDatasetLoader.SampleShape(file));
}
