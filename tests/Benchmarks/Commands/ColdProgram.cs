using System.Diagnostics;
using System.Globalization;
using Convoke.Benchmarks.Reports;

namespace Convoke.Benchmarks.Commands;

/// <summary>tests/ColdStart, built to run on the JIT, and published as native code where this machine has a C compiler.</summary>
internal sealed class ColdProgram
{
    private static readonly string Project = Path.Combine(Machine.RepositoryFolder, "tests", "ColdStart");

    private ColdProgram(string assembly, string? native, string? problem) => (Assembly, Native, Problem) = (assembly, native, problem);

    /// <summary>For <c>dotnet</c>.</summary>
    public string Assembly { get; }

    /// <summary>An executable, or null.</summary>
    public string? Native { get; }

    /// <summary>Why there is no native one.</summary>
    public string? Problem { get; }

    /// <summary>Megabytes of the native executable; it needs no other file.</summary>
    public double NativeMegabytes => new FileInfo(Native!).Length / 1048576.0;

    /// <summary>Builds both; takes about a minute.</summary>
    /// <exception cref="InvalidOperationException">The program does not build.</exception>
    public static ColdProgram Build()
    {
        string native = Path.Combine(Project, "obj", "native");
        (int code, string output) = Dotnet("build", Project, "-c", "Release", "-v", "q", "-nologo", "--tl:off");
        if (code != 0) throw new InvalidOperationException($"tests/ColdStart does not build: {output}");
        (code, output) = Dotnet("publish", Project, "-c", "Release", "-v", "q", "-nologo", "--tl:off", "-o", native);
        string assembly = Path.Combine(Project, "bin", "Release", "net10.0", "Convoke.ColdStart.dll");
        return code == 0 ? new(assembly, Path.Combine(native, "Convoke.ColdStart"), null) : new(assembly, null, output.ReplaceLineEndings(" ").Trim());
    }

    /// <summary>The number that a program prints.</summary>
    /// <exception cref="InvalidOperationException">It fails, or prints something else.</exception>
    public static double Number(string executable, params string[] arguments)
    {
        (int code, string output) = Run(executable, arguments);
        return code == 0 && double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidOperationException($"{executable} {string.Join(' ', arguments)} ended with exit code {code} and said \"{output.Trim()}\".");
    }

    private static (int Code, string Output) Dotnet(params string[] arguments) => Run("dotnet", arguments);

    private static (int Code, string Output) Run(string executable, string[] arguments)
    {
        using Process child = Process.Start(new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{executable} did not start.");
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return (child.ExitCode, output);
    }
}
