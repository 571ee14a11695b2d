namespace Convoke.Gpu.Timings;

/// <summary>Something that is timed on a device.</summary>
/// <param name="Name">Unique; words joined by dashes.</param>
/// <param name="What">What is timed, in a line.</param>
/// <param name="Run">Times it.</param>
internal sealed record DeviceTiming(string Name, string What, Func<Device, Measurement> Run)
{
    public static IReadOnlyList<DeviceTiming> All { get; } = [.. EpochTimings.All, .. PredictionTimings.All, .. StartTimings.All];
}

/// <summary>Seconds of several runs.</summary>
/// <param name="MedianSeconds">The middle one.</param>
/// <param name="BestSeconds">The shortest.</param>
/// <param name="Samples">Images that a run goes through; 0 where that says nothing.</param>
internal sealed record Measurement(double MedianSeconds, double BestSeconds, int Samples)
{
    public static Measurement Of(IEnumerable<double> seconds, int samples)
    {
        double[] sorted = [.. seconds.Order()];
        return new(sorted[sorted.Length / 2], sorted[0], samples);
    }
}
