using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Convoke.Benchmarks.Reports;

/// <summary>What a table of times needs beside it.</summary>
internal static class Machine
{
    /// <summary>The checkout that this program was built from.</summary>
    public static string RepositoryFolder => Metadata("RepositoryFolder");

    /// <summary>The version of a referenced package.</summary>
    public static string Version(string package) => Metadata(package + "Version");

    public static string OperatingSystem()
    {
        const string Key = "PRETTY_NAME=";
        string? line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.OSDescription : line[Key.Length..].Trim('"');
    }

    /// <summary>"AMD EPYC (family 25, model 17), 2 logical processors, 1024 KB L2".</summary>
    public static string Processor()
    {
        Dictionary<string, string> first = [];
        foreach (string line in File.ReadLines("/proc/cpuinfo").TakeWhile(static line => line.Length > 0))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) first[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }
        string Field(string name) => first.GetValueOrDefault(name, "unknown");
        string virtualized = Field("flags").Split(' ').Contains("hypervisor") ? ", a virtual machine" : "";
        return $"{Field("model name")} (family {Field("cpu family")}, model {Field("model")}), {Environment.ProcessorCount} logical processors, {Field("cache size")} L2{virtualized}";
    }

    /// <summary>Processes that ran or waited over the last minute; more than a few tenths before a run spoil it.</summary>
    public static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>The commit, and whether the checkout differs from it.</summary>
    public static string Commit()
    {
        string? commit = Git("rev-parse", "HEAD");
        if (commit is null) return "unknown (no git here)";
        return Git("status", "--porcelain", "--", "src", "tests/Benchmarks", "Directory.Packages.props", "Directory.Build.props") is { Length: > 0 } ? commit + " with uncommitted changes" : commit;
    }

    private static string? Git(params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = RepositoryFolder, RedirectStandardOutput = true, RedirectStandardError = true });
            string output = git!.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Metadata(string key) => Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().First(item => item.Key == key).Value
        ?? throw new InvalidOperationException($"The build gave no {key}.");
}
