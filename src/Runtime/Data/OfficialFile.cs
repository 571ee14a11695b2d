namespace Convoke;

/// <summary>A published file of a data set: its plain name, and what proves that some bytes are it.</summary>
/// <param name="Stem">Part of the name before the rank: "train-images".</param>
/// <param name="Rank">3 for images, 1 for labels.</param>
/// <param name="GzipLength">Length in bytes of the published .gz.</param>
/// <param name="GzipSha256">SHA-256 of the published .gz.</param>
/// <param name="ContentSha256">SHA-256 of the unpacked file, so that plain and repacked copies are known too.</param>
internal sealed record OfficialFile(string Stem, int Rank, long GzipLength, string GzipSha256, string ContentSha256)
    : PublishedFile($"{Stem}-idx{Rank}-ubyte.gz", GzipLength, GzipSha256)
{
    /// <summary>Every spelling in use, the published one first.</summary>
    public IReadOnlyList<string> Spellings =>
        [Name, $"{Stem}-idx{Rank}-ubyte", $"{Stem}.idx{Rank}-ubyte.gz", $"{Stem}.idx{Rank}-ubyte"];
}
