using System.Diagnostics;
using Convoke.Gpu.Checks;

namespace Convoke.Gpu.Timings;

/// <summary>From the start of a process to the end of its first training step: with an empty cache of images, and with what the run before left there.</summary>
internal static class StartTimings
{
    private const int WarmRuns = 5;

    public static IReadOnlyList<DeviceTiming> All { get; } =
    [
        new("start-cold-b", "process start to first step of B, kernels compiled", static device => Cold(device)),
        new("start-warm-b", "process start to first step of B, kernels from the cache", static device => Warm(device)),
    ];

    /// <summary>What the child process does.</summary>
    public static int RunChild(string name, Device device)
    {
        Network network = Enum.Parse<Network>(name);
        using Model model = network.Create(device);
        (float[] images, int[] labels) = network.Batch(0, 128);
        network.Step(model, images, labels);
        return 0;
    }

    private static Measurement Cold(Device device) => InCache(cache => Measurement.Of([Child(device, cache)], 0));

    private static Measurement Warm(Device device) => InCache(cache =>
    {
        Child(device, cache);
        return Measurement.Of(Enumerable.Range(0, WarmRuns).Select(_ => Child(device, cache)), 0);
    });

    private static Measurement InCache(Func<string, Measurement> measure)
    {
        DirectoryInfo cache = Directory.CreateTempSubdirectory("convoke-start-");
        try
        {
            return measure(cache.FullName);
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    private static double Child(Device device, string cache)
    {
        string program = Environment.ProcessPath!;
        List<string> arguments = ["--start", nameof(Network.B), "--device", device.Name["cuda:".Length..]];
        // Under "dotnet Convoke.Gpu.dll" the program is dotnet.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") arguments.Insert(0, Path.Combine(AppContext.BaseDirectory, "Convoke.Gpu.dll"));
        ProcessStartInfo start = new(program, arguments);
        start.Environment["CONVOKE_CACHE"] = cache;
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return process.ExitCode == 0 ? seconds : throw new ConvokeException($"a start ended with {process.ExitCode}");
    }
}
