namespace Convoke;

/// <summary>What a loader sees of the machine: the folder the user named, the cache, and the way to the mirrors. Tests hand in their own.</summary>
/// <param name="NamedFolder">Value of <see cref="Variable"/>, or null.</param>
/// <param name="CacheFolder">Convoke's folder in the user's cache, or null when the user has none.</param>
/// <param name="CreateHandler">Makes the handler under the HTTP client.</param>
internal sealed record DataPlaces(string? NamedFolder, string? CacheFolder, Func<HttpMessageHandler> CreateHandler)
{
    /// <summary>Environment variable that names a folder of data sets.</summary>
    public const string Variable = "CONVOKE_DATA";

    /// <summary>Longest wait for a mirror's answer; two mirrors must fail within ten seconds, or being offline hurts.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest silence in the middle of a download.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The places of the user who runs this process, read anew at each call.</summary>
    public static DataPlaces OfThisUser => new(
        NullIfEmpty(Environment.GetEnvironmentVariable(Variable)),
        UserCache(),
        () => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(3) });

    private static string? UserCache()
    {
        // The XDG specification has relative paths ignored.
        string? xdg = OperatingSystem.IsLinux() ? Environment.GetEnvironmentVariable("XDG_CACHE_HOME") : null;
        string? folder = Path.IsPathFullyQualified(xdg ?? "") ? xdg : NullIfEmpty(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData));
        return folder is null ? null : Path.Combine(folder, "convoke");
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
