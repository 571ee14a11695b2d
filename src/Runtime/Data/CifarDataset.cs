namespace Convoke;

/// <summary>A published set in CIFAR-10's binary layout: its files, what proves them, and where they can be had.</summary>
/// <remarks>Name is for people ("CIFAR-10"); FolderName is the folder in the cache, and in a folder that holds several sets ("cifar-10").</remarks>
internal sealed record CifarDataset(
    string Name,
    string FolderName,
    PublishedFile Archive,
    IReadOnlyList<CifarFile> TrainFiles,
    CifarFile TestFile,
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<Uri> Mirrors)
{
    /// <summary>Folder that the archive unpacks to.</summary>
    public const string UnpackedFolder = "cifar-10-batches-bin";

    /// <summary>Training batches in order, then the test batch.</summary>
    public IEnumerable<CifarFile> Files => [.. TrainFiles, TestFile];
}

/// <summary>One batch file.</summary>
/// <param name="Name">"data_batch_1.bin".</param>
/// <param name="Md5">MD5 of the unpacked file. It tells known files apart and vouches for nothing; what is downloaded has a SHA-256.</param>
internal sealed record CifarFile(string Name, string Md5)
{
    /// <summary>Every spelling in use, the published one first.</summary>
    public IReadOnlyList<string> Spellings => [Name, Name + ".gz"];
}
