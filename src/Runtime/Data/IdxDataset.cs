namespace Convoke;

/// <summary>A published set of 28x28 grey images in four IDX files: names, proofs and mirrors.</summary>
/// <remarks>Name is for people ("MNIST"); FolderName is the folder in the cache, and in a folder that holds several sets ("mnist").</remarks>
internal sealed record IdxDataset(
    string Name,
    string FolderName,
    OfficialFile TrainImages,
    OfficialFile TrainLabels,
    OfficialFile TestImages,
    OfficialFile TestLabels,
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<Uri> Mirrors)
{
    public const int Height = 28, Width = 28;

    /// <summary>Every set that is known, so that one can be told from the other: their files have equal names.</summary>
    public static IReadOnlyList<IdxDataset> Known { get; } = [Mnist.Published, FashionMnist.Published];

    public IReadOnlyList<OfficialFile> Files => [TrainImages, TrainLabels, TestImages, TestLabels];
}
