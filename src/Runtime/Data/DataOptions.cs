namespace Convoke;

/// <summary>Where a data set may come from.</summary>
public sealed record DataOptions
{
    /// <summary>Folder with the data set's files, or with a folder named after the data set ("mnist", "cifar-10") that holds them. When given, nothing else is tried.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether the known mirrors may be asked when no folder and no cache has the files.</summary>
    public bool AllowDownload { get; init; } = true;

    /// <summary>Whether <see cref="Mnist"/> may draw digits itself when the real ones are out of reach.</summary>
    public bool AllowDrawn { get; init; } = true;
}
