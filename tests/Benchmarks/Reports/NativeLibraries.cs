using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Convoke.Benchmarks.Reports;

/// <summary>Loads the peers' native libraries before anything touches them, so that a failure names the library and the system that it needs.</summary>
internal static partial class NativeLibraries
{
    /// <summary>
    /// libtorch first: libLibTorchSharp.so needs it, and would otherwise be blamed for what is missing there.
    /// </summary>
    private static readonly string[] Files = ["libtorch.so", "libLibTorchSharp.so", "libonnxruntime.so"];

    /// <summary>Null when all load; else what failed, what the system has and what it needs.</summary>
    public static string? Problem()
    {
        foreach (string file in Files)
        {
            try
            {
                NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, file));
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                return Explain(file, exception);
            }
        }
        return null;
    }

    /// <summary>The newest GLIBCXX version that this system's libstdc++ offers, "GLIBCXX_3.4.30".</summary>
    public static string LibstdcxxVersion()
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _)) return "no libstdc++.so.6";
        string? path = File.ReadLines("/proc/self/maps").Select(static line => line[(line.LastIndexOf(' ') + 1)..]).FirstOrDefault(static path => path.Contains("libstdc++.so.6", StringComparison.Ordinal));
        if (path is null) return "a libstdc++.so.6 of unknown version";
        int newest = Versions().Matches(Encoding.Latin1.GetString(File.ReadAllBytes(path))).Select(static match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
        return FormattableString.Invariant($"GLIBCXX_3.4.{newest}");
    }

    private static string Explain(string file, Exception exception)
    {
        string wanted = Versions().Match(exception.Message) is { Success: true } version ? $" It asks for {version.Value}." : "";
        return $"""
            The comparison cannot run: {file} does not load.
              Loader:      {exception.Message.ReplaceLineEndings(" ").Trim()}
              This system: {Machine.OperatingSystem()}, {RuntimeInformation.ProcessArchitecture}, libstdc++ up to {LibstdcxxVersion()}.{wanted}
              Needed:      Linux x64 with glibc and a libstdc++ of GCC 13.2 or later (GLIBCXX_3.4.32), for TorchSharp {Machine.Version("TorchSharp")}: Ubuntu 24.04 and Debian 13 have it, Debian 12 has not.
            Convoke itself needs none of this: only its comparison with TorchSharp and ONNX Runtime does.
            """;
    }

    [GeneratedRegex(@"GLIBCXX_3\.4\.(\d+)")]
    private static partial Regex Versions();
}
