using Convoke.Gpu.Checks;

namespace Convoke.Gpu.Timings;

/// <summary>Epochs over as many digits as MNIST has: shuffled, resident on the device, as <c>Fit</c> runs them.</summary>
internal static class EpochTimings
{
    private const int Samples = 60_000, Epochs = 5;

    private static readonly Lazy<Dataset> Digits = new(static () => DrawnDigits.Create(trainCount: Samples, testCount: 1).Train);

    public static IReadOnlyList<DeviceTiming> All { get; } =
    [
        Of("epoch-a-128", Network.A, 128),
        Of("epoch-a-4096", Network.A, 4096),
        Of("epoch-b-128", Network.B, 128),
        Of("epoch-b-4096", Network.B, 4096),
    ];

    private static DeviceTiming Of(string name, Network network, int batchSize) => new(name, $"an epoch of {network} over 60,000 images, batch {batchSize}", device =>
    {
        using Model model = network.Create(device);
        FitOptions options = new() { BatchSize = batchSize };
        // The first epoch copies the data set and captures the graphs.
        model.Fit(Digits.Value, options);
        return Measurement.Of(model.Fit(Digits.Value, options with { Epochs = Epochs }).Epochs.Select(static epoch => epoch.Duration.TotalSeconds), Samples);
    });
}
