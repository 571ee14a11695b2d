using System.Diagnostics;
using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Commands;

/// <summary>Program B in processes of its own: peak memory, and start of the process to the first trained step. TorchSharp's is this program's child, which then touches nothing else.</summary>
internal static class ColdRuns
{
    private const int Threads = 2;
    private const int MemorySteps = 60;
    private const int MemoryRuns = 3;
    private const string Native = "Convoke, native code";

    /// <summary>Both tables, as a section of the report.</summary>
    /// <param name="rounds">Starts that alternate.</param>
    public static string Run(int rounds)
    {
        ColdProgram program = ColdProgram.Build();
        string[] columns = program.Native is null ? [ConvokeContender.Title, TorchContender.Plain] : [ConvokeContender.Title, Native, TorchContender.Plain];
        var text = new StringBuilder($"### Program B in a process of its own\n\n{Threads} threads, batch {WholeNetworks.Batch}, warm disk. Memory: peak of the resident set over {MemorySteps} steps, median of {MemoryRuns} runs. Start: of the process to the end of the first training step, {rounds} runs that alternate.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", columns)} |\n|---|{string.Concat(Enumerable.Repeat("---|", columns.Length))}\n");
        Row("memory, train, MB", MemoryRuns, static (name, program) => Measure(program, name, "train", MemorySteps));
        Row("memory, predict, MB", MemoryRuns, static (name, program) => Measure(program, name, "predict", MemorySteps));
        Row("start to first trained step, ms", rounds, static (name, program) => Measure(program, name, "startup", Stopwatch.GetTimestamp()));
        text.Append(program.Native is null
            ? $"\nNo native program: {program.Problem}\n"
            : string.Create(CultureInfo.InvariantCulture, $"\nThe native program is one file of {program.NativeMegabytes:F1} MB.\n"));
        return text.ToString();

        void Row(string row, int runs, Func<string, ColdProgram, double> measure)
        {
            Dictionary<string, List<double>> values = columns.ToDictionary(static name => name, static _ => new List<double>());
            for (int run = 0; run < runs; run++)
                foreach (string name in columns) values[name].Add(measure(name, program));
            text.Append(CultureInfo.InvariantCulture, $"| {row} | {string.Join(" | ", columns.Select(name => Text(new Samples(values[name]))))} |\n");
        }
    }

    /// <summary>TorchSharp's side: prints one number.</summary>
    /// <param name="arguments">startup TIMESTAMP, or train or predict STEPS.</param>
    public static int RunChild(string[] arguments)
    {
        if (arguments is not [var what, var number]) throw new ArgumentException("Not a child's command line.", nameof(arguments));
        long value = long.Parse(number, CultureInfo.InvariantCulture);
        using var contender = new TorchContender(WholeNetworks.B, new SampleData(WholeNetworks.B, 1), Threads, tuned: false);
        if (what == "predict") contender.Predict((int)value);
        else contender.Train(what == "startup" ? 1 : (int)value);
        // One clock for all processes of a machine, on Linux CLOCK_MONOTONIC.
        double result = what == "startup" ? Stopwatch.GetElapsedTime(value).TotalMilliseconds : PeakMegabytes();
        Console.WriteLine(result.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    private static double Measure(ColdProgram program, string name, string what, long value)
    {
        string number = value.ToString(CultureInfo.InvariantCulture);
        return name switch
        {
            ConvokeContender.Title => ColdProgram.Number("dotnet", program.Assembly, what, number),
            Native => ColdProgram.Number(program.Native!, what, number),
            _ => ColdProgram.Number("dotnet", typeof(ColdRuns).Assembly.Location, "child", what, number),
        };
    }

    private static string Text(Samples samples) => string.Create(CultureInfo.InvariantCulture, $"{samples.Median:F0} ({samples.Min:F0}..{samples.Max:F0})");

    private static double PeakMegabytes()
    {
        const string Key = "VmHWM:";
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Key, StringComparison.Ordinal));
        return long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024.0;
    }
}
