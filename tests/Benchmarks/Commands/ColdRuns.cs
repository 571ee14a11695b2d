using System.Diagnostics;
using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Commands;

/// <summary>Peak memory, and start of the process to the first trained step: each in a process of its own that touches one contender only.</summary>
internal static class ColdRuns
{
    private const int Threads = 2;
    private const int MemorySteps = 60;
    private const int MemoryBatches = 4;
    private static readonly string[] Trainers = [ConvokeContender.Title, TorchContender.Plain];

    /// <summary>Peak resident memory after a number of steps, as a section of the report.</summary>
    public static string Memory()
    {
        var text = new StringBuilder($"### Peak resident memory, MB\n\nA process of its own, {MemorySteps} steps, {Threads} threads, batch {MnistPrograms.Batch}; median of 3 runs.\n\n");
        Header(text);
        foreach (ProgramSpec program in MnistPrograms.All)
            foreach (string mode in new[] { "train", "predict" })
                Row(text, $"{program.Name} {mode}", runs: 3, contender => Child("memory", contender, program.Name, mode));
        return text.ToString();
    }

    /// <summary>Start to first trained step, as a section of the report.</summary>
    public static string Startup(int rounds)
    {
        var text = new StringBuilder($"### Start of the process to the end of the first training step, ms\n\nWarm disk, {Threads} threads, batch {MnistPrograms.Batch}; {rounds} runs that alternate.\n\n");
        Header(text);
        foreach (ProgramSpec program in MnistPrograms.All)
            Row(text, program.Name, rounds, contender => Child("startup", contender, program.Name, Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture)));
        return text.ToString();
    }

    /// <summary>The child's side: prints one number.</summary>
    /// <param name="arguments">memory CONTENDER PROGRAM MODE, or startup CONTENDER PROGRAM TIMESTAMP.</param>
    public static int RunChild(string[] arguments)
    {
        if (arguments is not [("memory" or "startup") and var what, var name, var programName, var last]) throw new ArgumentException("Not a child's command line.", nameof(arguments));
        ProgramSpec program = MnistPrograms.Named(programName);
        using Contender contender = Make(name, program, new SampleData(program, what == "memory" ? MemoryBatches : 1));
        double result;
        if (what == "startup")
        {
            contender.Train(1);
            // One clock for all processes of a machine, on Linux CLOCK_MONOTONIC.
            result = Stopwatch.GetElapsedTime(long.Parse(last, CultureInfo.InvariantCulture)).TotalMilliseconds;
        }
        else
        {
            if (last == "train") contender.Train(MemorySteps);
            else contender.Predict(MemorySteps);
            result = PeakMegabytes();
        }
        Console.WriteLine(result.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>In methods of their own, so that Convoke's child never loads TorchSharp.</summary>
    private static Contender Make(string name, ProgramSpec program, SampleData data) => name switch
    {
        ConvokeContender.Title => new ConvokeContender(program, data, Threads),
        TorchContender.Plain => MakeTorch(program, data),
        _ => throw new ArgumentException($"There is no contender {name}.", nameof(name)),
    };

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static TorchContender MakeTorch(ProgramSpec program, SampleData data) => new(program, data, Threads, tuned: false);

    private static void Header(StringBuilder text) => text.Append($"| | {string.Join(" | ", Trainers)} | against {TorchContender.Plain} |\n|---|---|---|---|\n");

    private static void Row(StringBuilder text, string row, int runs, Func<string, double> measure)
    {
        Dictionary<string, List<double>> values = Trainers.ToDictionary(static name => name, static _ => new List<double>());
        for (int run = 0; run < runs; run++)
            foreach (string contender in Trainers)
                values[contender].Add(measure(contender));
        Samples[] samples = [.. Trainers.Select(name => new Samples(values[name]))];
        string cells = string.Join(" | ", samples.Select(static s => string.Create(CultureInfo.InvariantCulture, $"{s.Median:F0} ({s.Min:F0}..{s.Max:F0})")));
        text.Append(CultureInfo.InvariantCulture, $"| {row} | {cells} | {samples[1].Median / samples[0].Median:F1}x |\n");
    }

    private static double Child(params string[] arguments)
    {
        string executable = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no path.");
        bool throughHost = Path.GetFileNameWithoutExtension(executable) == "dotnet";
        string[] prefix = throughHost ? [typeof(ColdRuns).Assembly.Location, "child"] : ["child"];
        using Process child = Process.Start(new ProcessStartInfo(executable, [.. prefix, .. arguments]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("The child process did not start.");
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 && double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidOperationException($"The child process ({string.Join(' ', arguments)}) ended with exit code {child.ExitCode} and said \"{output.Trim()}\".");
    }

    private static double PeakMegabytes()
    {
        const string Key = "VmHWM:";
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Key, StringComparison.Ordinal));
        return long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024.0;
    }
}
