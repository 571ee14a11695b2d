using System.Runtime.InteropServices;

namespace Convoke;

/// <summary>A native library that was looked for.</summary>
/// <param name="Handle">The loader's handle; 0: not found.</param>
/// <param name="Path">File or name under which it was loaded.</param>
/// <param name="Tried">One entry per candidate that failed: what was tried, and what the loader said where the file exists.</param>
internal sealed record NativeLibraryState(nint Handle, string? Path, IReadOnlyList<string> Tried)
{
    public bool IsLoaded => Handle != 0;
}

/// <summary>The process's driver and compiler, each looked for once. Using either property attaches the binding.</summary>
internal static class NativeLibraries
{
    private static readonly NativeSearch Search = new(Environment.GetEnvironmentVariable);
    private static readonly Lazy<NativeLibraryState> LoadedDriver = new(() => Load(Search.Drivers(), "cuInit"));
    private static readonly Lazy<NativeLibraryState> LoadedCompiler = new(() => Load(Search.Compilers(CudaDriver.DriverVersion()?.Major), "nvrtcGetSupportedArchs"));

    static NativeLibraries() => NativeBinding.Attach(static () => Driver.Handle, static () => Compiler.Handle);

    /// <summary>libcuda.so.1, or nvcuda.dll.</summary>
    public static NativeLibraryState Driver => LoadedDriver.Value;

    /// <summary>NVRTC.</summary>
    public static NativeLibraryState Compiler => LoadedCompiler.Value;

    private static NativeLibraryState Load(IEnumerable<string> candidates, string export)
    {
        List<string> tried = [];
        foreach (string candidate in candidates)
        {
            bool isFile = Path.IsPathRooted(candidate) || candidate.Contains('/', StringComparison.Ordinal);
            if (isFile && !File.Exists(candidate))
            {
                tried.Add($"{candidate} (no such file)");
                continue;
            }

            if (isFile) LoadBuiltins(Path.GetDirectoryName(Path.GetFullPath(candidate))!);
            try
            {
                nint handle = NativeLibrary.Load(isFile ? Path.GetFullPath(candidate) : candidate);
                if (NativeLibrary.TryGetExport(handle, export, out _)) return new(handle, candidate, tried);
                tried.Add($"{candidate} (has no {export})");
                NativeLibrary.Free(handle);
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
            {
                tried.Add(isFile ? $"{candidate} ({FirstLine(failure.Message)})" : candidate);
            }
        }

        return new(0, null, tried);
    }

    // At its first compilation NVRTC opens libnvrtc-builtins.so.12.4 by that bare name. Debian's file has no run path: outside of the loader's path the name is only
    // found when the library is in the process already. Without this, versions are answered and every compilation fails with result 7.
    private static void LoadBuiltins(string folder)
    {
        foreach (string pattern in (string[])["libnvrtc-builtins.so.*", "nvrtc-builtins*.dll"])
        {
            foreach (string file in Directory.EnumerateFiles(folder, pattern)) NativeLibrary.TryLoad(file, out _);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
