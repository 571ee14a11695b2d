using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Convoke.Testing;

/// <summary>cuobjdump or nvdisasm of a CUDA toolkit, which list the instructions of a cubin.</summary>
internal sealed partial class Disassembler
{
    private readonly string _path;
    private readonly string[] _options;

    private Disassembler(string path) => (_path, _options) = (path, Path.GetFileName(path).StartsWith("nvdisasm", StringComparison.Ordinal) ? ["-c"] : ["-sass"]);

    /// <summary>The first one on this machine, and its path; null and where it was looked for.</summary>
    public static Disassembler? Find(out string found)
    {
        string? path = new NativeSearch(Environment.GetEnvironmentVariable).Tools("nvdisasm", "cuobjdump").FirstOrDefault(File.Exists);
        found = path ?? $"no nvdisasm and no cuobjdump: {NativeSearch.ToolsVariable} names their folder, else they are looked for in PATH, CUDA_PATH, CUDA_HOME, CUDA_ROOT and /usr/local/cuda*";
        return path is null ? null : new(path);
    }

    /// <summary>Instructions of each kernel of a cubin.</summary>
    /// <exception cref="InvalidOperationException">The tool failed: it is older than the architecture, for example.</exception>
    public Dictionary<string, InstructionCounts> Count(byte[] cubin)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, cubin);
            return Read(Run(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Counts in a listing: both tools write an instruction as "/*0080*/ @P0 BRA 0xe50 ;" under a head with the kernel's name.</summary>
    internal static Dictionary<string, InstructionCounts> Read(string listing)
    {
        Dictionary<string, InstructionCounts> kernels = [];
        InstructionCounts? kernel = null;
        foreach (ReadOnlySpan<char> line in listing.AsSpan().EnumerateLines())
        {
            string text = line.ToString();
            if (Head().Match(text) is { Success: true } head) kernels[head.Groups[1].Value] = kernel = new();
            else if (Instruction().Match(text) is { Success: true } instruction) kernel?.Add(instruction.Groups[1].Value);
        }

        return kernels;
    }

    private string Run(string file)
    {
        using Process process = Process.Start(new ProcessStartInfo(_path, [.. _options, file]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{_path} did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string listing = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? listing : throw new InvalidOperationException($"{_path} {string.Join(' ', _options)} ended with {process.ExitCode}: {errors.Result.Trim()}");
    }

    [GeneratedRegex(@"^\s*(?:Function : |\.section\s+\.text\.)([^\s,]+)")]
    private static partial Regex Head();

    [GeneratedRegex(@"^\s*/\*[0-9a-f]+\*/\s+\{?\s*(?:@!?U?P(?:\d|T)\s+)?([A-Z][A-Za-z0-9_.]*)")]
    private static partial Regex Instruction();
}
