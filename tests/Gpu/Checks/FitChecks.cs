namespace Convoke.Gpu.Checks;

/// <summary>Whole trainings on small data sets, shuffled, beside the CPU's.</summary>
internal static class FitChecks
{
    private const int Samples = 26, BatchSize = 8;

    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("fit-bytes", "three shuffled epochs of A on bytes, last batch smaller, with validation: the CPU's losses", false, static device => Fit(Network.A, device, Network.A.Data(Samples, bytes: true))),
        new("fit-floats", "the same on floats", false, static device => Fit(Network.A, device, Network.A.Data(Samples, bytes: false))),
        new("fit-color-bytes", "a data set with channels last for a network with channels first, bytes", true, static device => Fit(Network.Color, device, Network.Color.Data(Samples, bytes: true))),
        new("fit-color-floats-first", "a data set with channels first, floats", true, static device => Fit(Network.Color, device, Network.Color.Data(Samples, bytes: false, Layout.ChannelsFirst))),
        new("fit-color-bytes-first", "a data set with channels first, bytes", true, static device => Fit(Network.Color, device, Network.Color.Data(Samples, bytes: true, Layout.ChannelsFirst))),
        new("fit-resumed", "two calls with an evaluation between them are one longer training", true, Resumed),
        new("fit-staged", "a data set on the device gives the bits that its batches give one by one", true, Staged),
        new("fit-learns", "the loss falls to less than half, and most samples are classified right", false, Learns),
    ];

    private static string Fit(Network network, Device device, Dataset data)
    {
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        FitOptions options = new() { Epochs = 3, BatchSize = BatchSize, Validation = data.Take(11) };
        History expected = cpu.Fit(data, options), actual = gpu.Fit(data, options);
        double worst = 0;
        for (int epoch = 0; epoch < 3; epoch++)
        {
            EpochResult e = expected.Epochs[epoch], a = actual.Epochs[epoch];
            worst = Math.Max(worst, Expect.Near(e.Loss, a.Loss, 1e-3, $"loss of epoch {epoch + 1}"));
            worst = Math.Max(worst, Expect.Near(e.ValidationLoss!.Value, a.ValidationLoss!.Value, 1e-3, $"validation loss of epoch {epoch + 1}"));
            Expect.True(a.Steps == e.Steps && a.Accuracy is >= 0 and <= 1, $"epoch {epoch + 1}: {a}, expected {e}");
        }

        return $"losses within {Expect.Text(worst)}, weights within {Expect.Text(Expect.NearWeights(cpu, gpu, 2e-3))}";
    }

    private static string Resumed(Device device)
    {
        Dataset data = Network.Color.Data(Samples, bytes: true), other = Network.Color.Data(9, bytes: false);
        FitOptions two = new() { Epochs = 2, BatchSize = BatchSize };
        using Model once = Network.Color.Create(device), twice = Network.Color.Create(device);
        once.Fit(data, two with { Epochs = 4 });
        twice.Fit(data, two);
        twice.Evaluate(other, batchSize: 4);
        twice.Fit(data, two);
        Expect.SameBits(Expect.Weights(once), Expect.Weights(twice), "weights");
        return "equal bits";
    }

    private static string Staged(Device device)
    {
        Dataset data = Network.Color.Data(Samples, bytes: false, Layout.ChannelsFirst);
        using Model resident = Network.Color.Create(device), staged = Network.Color.Create(device);
        resident.Fit(data, new() { BatchSize = BatchSize, Shuffle = false });
        foreach (Batch batch in data.Batches(BatchSize)) staged.TrainStep(batch.Images, batch.Labels);
        Expect.SameBits(Expect.Weights(resident), Expect.Weights(staged), "weights");
        return "equal bits";
    }

    private static string Learns(Device device)
    {
        using Model model = Network.A.Create(device);
        Dataset data = Network.A.Data(160, bytes: true);
        History history = model.Fit(data, new() { Epochs = 6, BatchSize = 16 });
        EpochResult first = history.Epochs[0], last = history.Epochs[^1];
        Expect.True(last.Loss < first.Loss / 2 && last.Accuracy > 0.7, $"{first}; {last}");
        return history.ToString();
    }
}
