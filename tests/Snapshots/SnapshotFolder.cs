namespace Convoke.Snapshots;

/// <summary>Where the snapshots of a test's source file lie.</summary>
public static class SnapshotFolder
{
    // What a deterministic build writes in place of the checkout's root.
    private const string MappedRoot = "/_/";

    /// <summary>The folder of a source file, as [CallerFilePath] names it.</summary>
    /// <exception cref="DirectoryNotFoundException">The build has hidden the checkout's root, and the test does not run from below it.</exception>
    public static string Of(string callerFile)
    {
        ArgumentNullException.ThrowIfNull(callerFile);
        if (!callerFile.StartsWith(MappedRoot, StringComparison.Ordinal)) return Path.GetDirectoryName(callerFile)!;
        return Path.GetDirectoryName(Path.Combine(Root(), callerFile[MappedRoot.Length..]))!;
    }

    /// <summary>The checkout's root: the folder above the test's assembly that holds Dsl.sln.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Dsl.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Dsl.sln.");
    }
}
