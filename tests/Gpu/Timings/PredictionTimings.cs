using System.Diagnostics;
using Convoke.Gpu.Checks;

namespace Convoke.Gpu.Timings;

/// <summary>Predictions of B from host memory to host memory.</summary>
internal static class PredictionTimings
{
    private const int Many = 10_000;

    public static IReadOnlyList<DeviceTiming> All { get; } =
    [
        new("predict-b-1", "one image through B, from call to answer", static device => Time(device, 1, warmups: 50, runs: 1000)),
        new("predict-b-10000", "10,000 images through B, copies included", static device => Time(device, Many, warmups: 2, runs: 10)),
    ];

    private static Measurement Time(Device device, int n, int warmups, int runs)
    {
        using Model model = Network.B.Create(device);
        (float[] images, _) = Network.B.Batch(0, n);
        float[] probabilities = new float[n * Network.B.Classes()];
        List<double> seconds = [];
        for (int run = -warmups; run < runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            model.Predict(images, probabilities);
            if (run >= 0) seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Measurement.Of(seconds, n);
    }
}
