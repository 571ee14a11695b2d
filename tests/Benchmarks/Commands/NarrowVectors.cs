using System.Diagnostics;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Reports;

namespace Convoke.Benchmarks.Commands;

/// <summary>Programs A, B and C on a machine without AVX-512, as a child process with it switched off for .NET and for libtorch; ONNX Runtime has no such switch.</summary>
internal static class NarrowVectors
{
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_EnableAVX512"] = "0",
        ["ATEN_CPU_CAPABILITY"] = "avx2",
        ["ONEDNN_MAX_CPU_ISA"] = "AVX2",
        ["MKL_ENABLE_INSTRUCTIONS"] = "AVX2",
    };

    /// <summary>The section of the report.</summary>
    /// <exception cref="InvalidOperationException">The child fails.</exception>
    public static string Run(int rounds)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(NarrowVectors).Assembly.Location, "child", "narrow", rounds.ToString(System.Globalization.CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        foreach ((string name, string value) in Environment) start.Environment[name] = value;
        using Process child = Process.Start(start) ?? throw new InvalidOperationException("The child process did not start.");
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0) throw new InvalidOperationException($"The child process without AVX-512 ended with exit code {child.ExitCode}.");
        return output;
    }

    /// <summary>The child's side: prints the section.</summary>
    /// <param name="rounds">Timed rounds.</param>
    /// <param name="blockMs">Duration of one timed block, milliseconds.</param>
    public static int RunChild(int rounds, double blockMs)
    {
        TextWriter section = Console.Out;
        Console.SetOut(Console.Error);
        Tables tables = WholePrograms.Run(WholeNetworks.Small, rounds, blockMs, [], onnx: false);
        section.WriteLine($"### Without AVX-512\n\n{Device.Cpu.Description}; {string.Join(", ", Environment.Select(static pair => $"`{pair.Key}={pair.Value}`"))} for {TorchContender.Plain} and tuned; ONNX Runtime has no such switch.\n");
        section.Write(tables.Markdown(tables.Rows));
        section.WriteLine();
        section.Write(tables.Losses(tables.Rows));
        return 0;
    }
}
