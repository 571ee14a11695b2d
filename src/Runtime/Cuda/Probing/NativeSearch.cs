using System.Globalization;

namespace Convoke;

/// <summary>Where the driver and the compiler may lie, best guess first: file paths, and bare names for the loader's own path.</summary>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="root">Stands for "/", so that tests can lay out a machine of their own.</param>
internal sealed class NativeSearch(Func<string, string?> variable, string root = "/")
{
    public const string DriverVariable = "CONVOKE_CUDA_DRIVER", CompilerVariable = "CONVOKE_NVRTC", ToolsVariable = "CONVOKE_CUDA_TOOLS";

    // Of CUDA 12 and 13 the sonames have the major version only. libcuda.so without the 1 is a stub of the toolkit, which knows no device.
    private static readonly string[] DriverNames = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"];
    private static readonly int[] CompilerMajors = [13, 12];

    /// <summary>Candidates for the driver. A variable that names one is the only candidate.</summary>
    public IEnumerable<string> Drivers() =>
        Named(DriverVariable) is { } named ? Inside(named, DriverNames) : [.. DriverNames, .. DriverNames.Select(name => At("usr/lib/x86_64-linux-gnu", name)), .. DriverNames.Select(name => At("usr/lib/wsl/lib", name))];

    /// <summary>Candidates for NVRTC. A variable that names one is the only candidate.</summary>
    /// <param name="driverMajor">CUDA major version of the driver; its own compiler comes first, for PTX of a newer one does not load. Null: newest first.</param>
    public IEnumerable<string> Compilers(int? driverMajor)
    {
        string[] names = [.. CompilerMajors.OrderBy(major => major > driverMajor).Select(FileName)];
        if (Named(CompilerVariable) is { } named) return Inside(named, [.. names, .. OtherVersions(named)]);
        IEnumerable<string> folders = [.. Toolkits(), .. PythonPackages(), At("usr/lib/x86_64-linux-gnu")];
        return [.. names, .. from folder in folders.Distinct() from name in names let path = Path.Combine(folder, name) where File.Exists(path) select path];
    }

    /// <summary>Candidates for a program of the toolkit, best first: the folder that a variable names is the only one, else PATH and the toolkits.</summary>
    /// <param name="names">Names of programs that do equally well.</param>
    public IEnumerable<string> Tools(params string[] names)
    {
        IEnumerable<string> folders = Named(ToolsVariable) is { } named
            ? [named]
            : [.. (Named("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), .. NamedToolkits().Concat(InstalledToolkits()).Select(static toolkit => Path.Combine(toolkit, "bin"))];
        string suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        return from folder in folders from name in names select Path.Combine(folder, name + suffix);
    }

    /// <summary>The folders that <see cref="Compilers"/> looks into, for a message that says where nothing was found.</summary>
    public static string CompilerPlaces =>
        "the loader's path, CUDA_PATH, CUDA_HOME, CUDA_ROOT, /usr/local/cuda*, the nvidia packages of Python environments, /usr/lib/x86_64-linux-gnu";

    private static string FileName(int major) => OperatingSystem.IsWindows()
        ? string.Create(CultureInfo.InvariantCulture, $"nvrtc64_{major}0_0.dll")
        : string.Create(CultureInfo.InvariantCulture, $"libnvrtc.so.{major}");

    private IEnumerable<string> Toolkits() =>
    [
        .. from toolkit in NamedToolkits() from folder in (string[])["lib64", "targets/x86_64-linux/lib", "bin"] select Path.Combine(toolkit, folder),
        .. InstalledToolkits().Select(static toolkit => Path.Combine(toolkit, "lib64")),
    ];

    private IEnumerable<string> NamedToolkits() => ((string[])["CUDA_PATH", "CUDA_HOME", "CUDA_ROOT"]).Select(Named).OfType<string>();

    private IEnumerable<string> InstalledToolkits() =>
        Folders(At("usr/local"), "cuda*").OrderByDescending(static path => Version(path)).ThenByDescending(static path => path, StringComparer.Ordinal);

    // Wheels of NVIDIA, which PyTorch depends on: a machine for deep learning often has NVRTC there and nowhere else.
    private IEnumerable<string> PythonPackages()
    {
        IEnumerable<string?> prefixes =
            [Named("VIRTUAL_ENV"), Named("CONDA_PREFIX"), Named("HOME") is { } home ? Path.Combine(home, ".local") : null, At("usr/local"), At("usr"), At("opt/conda")];
        return
            from prefix in prefixes
            where prefix is not null
            from python in Folders(Path.Combine(prefix, "lib"), "python3*")
            from packages in (string[])["site-packages", "dist-packages"]
            from library in (string[])["nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib"]
            select Path.Combine(python, packages, library);
    }

    private static IEnumerable<string> Inside(string named, IEnumerable<string> names) =>
        Directory.Exists(named) ? names.Select(name => Path.Combine(named, name)).Where(File.Exists).DefaultIfEmpty(Path.Combine(named, names.First())) : [named];

    // A folder that was named on purpose may hold a version that is not listed above.
    private static IEnumerable<string> OtherVersions(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "libnvrtc.so*").Select(static path => Path.GetFileName(path)).OrderDescending(StringComparer.Ordinal) : [];

    private string? Named(string name) => variable(name) is { Length: > 0 } value ? value : null;

    private string At(params string[] parts) => Path.Combine([root, .. parts]);

    private static string[] Folders(string parent, string pattern) => Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern) : [];

    private static Version Version(string path) =>
        System.Version.TryParse(Path.GetFileName(path).Replace("cuda-", "", StringComparison.Ordinal), out Version? version) ? version : new Version(0, 0);
}
