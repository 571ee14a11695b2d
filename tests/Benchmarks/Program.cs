using System.Globalization;
using Convoke.Benchmarks.Commands;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Reports;

namespace Convoke.Benchmarks;

/// <summary>The command line. Touches no type of TorchSharp or ONNX Runtime before their libraries are known to load.</summary>
internal static class Program
{
    private const string Usage = """
        Convoke against TorchSharp and ONNX Runtime, on the CPU.

          cpu [--quick] [--rounds N] [--write]   everything below; --quick: only the ratios of whole programs; --write: docs/results/cpu.md
          programs [--only NAME] [--rounds N]    whole programs: A, B, C, ResNet-9, U-Net
          sweep [--only TEXT] [--rounds N]       single layers, or those whose name has the text ("conv 1x1")
          kernels [--only TEXT] [--rounds N]     the same layers, Convoke's alone on one thread, by BenchmarkDotNet; needs no other library
          avx2 [--rounds N]                      A, B and C in a child process without AVX-512
          cold [--rounds N]                      program B in processes of its own: memory, start to the first trained step; also as native code

          gpu --predict [--only TEXT]            predicted times of the CUDA kernels of A, B and C in each precision ("B BFloat16"); needs NVRTC, no GPU, no other library

        Rounds: 7 with --quick, else 9. Needs Linux x64 with a libstdc++ of GCC 13.2 or later (Ubuntu 24.04, Debian 13).
        Exit codes: 0 done, 1 the contenders do not compute the same, 2 wrong usage, 3 a native library, or NVRTC, does not load.
        """;

    private const int LeastRoundsToWrite = 7;
    private const double BusyLoad = 0.5;
    private const double BlockMs = 200;
    private const double QuickBlockMs = 40;
    private const double SweepBlockMs = 40;
    private const double NarrowBlockMs = 100;

    private static int Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (args is ["child", "narrow", var count]) return NarrowVectors.RunChild(int.Parse(count, CultureInfo.InvariantCulture), NarrowBlockMs);
        if (args is ["child", .. var child]) return ColdRuns.RunChild(child);
        if (Options.Parse(args) is not { } options)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        if (options.Write && options.Rounds < LeastRoundsToWrite)
        {
            Console.Error.WriteLine($"--write wants at least {LeastRoundsToWrite} rounds: a table of fewer shows the machine's mood.");
            return 2;
        }
        if (options.Command == "kernels")
        {
            if (KernelRuns.Run(options.Rounds, options.Only)) return 0;
            Console.Error.WriteLine($"No layer whose name has \"{options.Only}\" was timed.");
            return 2;
        }
        if (options.Command == "gpu")
        {
            if (!KernelCompiler.TryFind(out string explanation))
            {
                Console.Error.WriteLine(explanation);
                return 3;
            }
            if (GpuPrediction.Run(options.Only)) return 0;
            Console.Error.WriteLine($"No program and precision whose name has \"{options.Only}\" was predicted.");
            return 2;
        }
        if (Reports.NativeLibraries.Problem() is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 3;
        }
        try
        {
            Run(options);
            return 0;
        }
        catch (DifferentFunctionException exception)
        {
            Console.Error.WriteLine($"Not timed, as the contenders do not compute the same. {exception.Message}");
            return 1;
        }
    }

    private static void Run(Options options)
    {
        double load = Machine.LoadAverage();
        Console.WriteLine($"{Machine.Processor()}; {Device.Cpu.Description}; load average {load:F2}");
        if (load > BusyLoad) Console.Error.WriteLine("The machine is busy: times of this run are worth nothing.");
        List<string> agreements = [];
        switch (options)
        {
            case { Command: "cold" }:
                Console.Write(ColdRuns.Run(options.Rounds));
                break;
            case { Command: "avx2" }:
                Console.Write(NarrowVectors.Run(options.Rounds));
                break;
            case { Command: "sweep" }:
                Console.Write(LayerSweep.Markdown(LayerSweep.Run(options.Rounds, SweepBlockMs, options.Only, agreements)));
                break;
            case { Command: "programs" }:
                IReadOnlyList<ProgramSpec> programs = options.Only is { } name ? [WholeNetworks.Named(name)] : WholeNetworks.All;
                Console.Write(WholePrograms.Markdown(WholePrograms.Run(programs, options.Rounds, BlockMs, agreements)));
                break;
            case { Quick: true }:
                Console.Write(WholePrograms.Run(WholeNetworks.Small, options.Rounds, QuickBlockMs, agreements).RatiosOnly());
                break;
            default:
                Everything(options, load, agreements);
                break;
        }
    }

    private static void Everything(Options options, double load, List<string> agreements)
    {
        // Child processes first, while this one holds neither memory nor threads.
        string cold = Shown(ColdRuns.Run(options.Rounds)), narrow = Shown(NarrowVectors.Run(options.Rounds));
        Tables programs = WholePrograms.Run(WholeNetworks.All, options.Rounds, BlockMs, agreements);
        string whole = Shown(WholePrograms.Markdown(programs));
        string layers = Shown(LayerSweep.Markdown(LayerSweep.Run(options.Rounds, SweepBlockMs, null, agreements)));
        if (!options.Write) return;
        Directory.CreateDirectory(Path.GetDirectoryName(CpuReport.Path)!);
        File.WriteAllText(CpuReport.Path, CpuReport.Write(options.Rounds, load, agreements, [whole, narrow, layers, cold]));
        Console.WriteLine("Wrote docs/results/cpu.md.");

        static string Shown(string section)
        {
            Console.WriteLine(section);
            return section;
        }
    }
}
