using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Convoke.Gpu.Checks;
using Convoke.Gpu.Timings;

namespace Convoke.Gpu;

/// <summary>Runs checks and timings, prints each as it ends, and writes them all as markdown.</summary>
internal sealed class Results(Device device, Options options)
{
    /// <summary>The emulated driver's name for its device: what it measures is an interpreter.</summary>
    private const string Emulated = "Emulated device";

    private readonly StringBuilder _sections = new();
    private int _failures;

    public bool HasFailures => _failures > 0;

    private static string Commit(string? given)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "commit.txt");
        return given ?? (File.Exists(file) ? File.ReadAllText(file).Trim() : "unknown");
    }

    private IEnumerable<(string Name, string Value)> Head()
    {
        CudaProbe probe = CudaDriver.Probe();
        yield return ("device", device.Description);
        yield return ("driver", $"CUDA {probe.DriverVersion}");
        yield return ("compiler", $"NVRTC {probe.CompilerVersion}");
        yield return ("commit", Commit(options.Commit));
        yield return ("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        yield return ("host", $"{RuntimeInformation.OSDescription}, {Device.Cpu.Description}, .NET {Environment.Version}");
    }

    public void PrintHead()
    {
        foreach ((string name, string value) in Head()) Console.WriteLine($"{name,-9} {value}");
        Console.WriteLine();
    }

    public void Run(DeviceCheck[] checks)
    {
        Section($"Checks{(options.Quick ? ", the quick ones" : "")}", "check", "result", "seconds", "what was found");
        foreach (DeviceCheck check in checks)
        {
            long start = Stopwatch.GetTimestamp();
            bool holds = Succeeds(() => check.Run(device), out string found);
            string seconds = Text(Stopwatch.GetElapsedTime(start).TotalSeconds, "0.00"), first = found.Split('\n')[0];
            Console.WriteLine($"{(holds ? "ok    " : "FAILED")} {check.Name,-24} {seconds,8} s  {(holds ? first : found)}");
            Row(check.Name, holds ? "ok" : "**failed**", seconds, first);
        }

        Console.WriteLine($"\n{checks.Length - _failures} of {checks.Length} checks hold\n");
    }

    public void Run(DeviceTiming[] timings)
    {
        // They would time an interpreter; whoever names one knows that.
        if (device.Description.StartsWith(Emulated, StringComparison.Ordinal) && options.Only is null)
        {
            Console.WriteLine("Timings are left out: the device is emulated.\n");
            return;
        }

        Section("Timings", "timing", "median", "best", "what");
        foreach (DeviceTiming timing in timings)
        {
            Measurement? measured = null;
            if (Succeeds(() => $"{measured = timing.Run(device)}", out string found))
            {
                string rate = measured!.Samples > 0 ? $"; {Text(measured.Samples / measured.BestSeconds, "#,0")} images/s at best" : "";
                Console.WriteLine($"{timing.Name,-24} {Duration(measured.MedianSeconds),12} {Duration(measured.BestSeconds),12}  {timing.What}{rate}");
                Row(timing.Name, Duration(measured.MedianSeconds), Duration(measured.BestSeconds), timing.What + rate);
            }
            else
            {
                Console.WriteLine($"FAILED {timing.Name}: {found}");
                Row(timing.Name, "**failed**", "", found);
            }
        }

        Console.WriteLine();
    }

    public void Write()
    {
        if (options.Out is null) return;
        StringBuilder text = new();
        if (!options.Append)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {device.Description.Split(',')[0]}\n\n| | |\n|---|---|\n");
            foreach ((string name, string value) in Head()) text.Append(CultureInfo.InvariantCulture, $"| {name} | {Cell(value)} |\n");
        }

        text.Append(_sections);
        if (Path.GetDirectoryName(Path.GetFullPath(options.Out)) is { } folder) Directory.CreateDirectory(folder);
        if (options.Append) File.AppendAllText(options.Out, text.ToString());
        else File.WriteAllText(options.Out, text.ToString());
        Console.WriteLine($"results: {options.Out}");
    }

    /// <summary>Whatever is thrown is this one's failure; the others still run.</summary>
    private bool Succeeds(Func<string> run, out string found)
    {
        try
        {
            found = run();
            return true;
        }
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failures++;
            found = failure is CheckFailedException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
            return false;
        }
    }

    private void Section(string title, params string[] columns)
    {
        _sections.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        Row(columns);
        Row([.. columns.Select(static _ => "---")]);
    }

    private void Row(params string[] cells) => _sections.Append("| ").AppendJoin(" | ", cells.Select(Cell)).Append(" |\n");

    private static string Cell(string text) => text.Replace('\n', ' ').Replace("|", "\\|", StringComparison.Ordinal);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Duration(double seconds) => seconds switch
    {
        < 1e-3 => Text(seconds * 1e6, "0.0") + " us",
        < 1 => Text(seconds * 1e3, "0.00") + " ms",
        _ => Text(seconds, "0.000") + " s",
    };
}
