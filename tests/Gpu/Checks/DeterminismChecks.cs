namespace Convoke.Gpu.Checks;

/// <summary>Same seed, same device, same bits.</summary>
internal static class DeterminismChecks
{
    private const string GraphsVariable = "CONVOKE_CUDA_GRAPHS";

    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("repeat-a", "two trainings of A from one seed end in the same bits", false, static device => Repeat(Network.A, device)),
        new("repeat-b", "two trainings of B from one seed end in the same bits", false, static device => Repeat(Network.B, device)),
        new("repeat-color", "two trainings of the colour network from one seed end in the same bits", true, static device => Repeat(Network.Color, device)),
        new("graph-a", "graphs and single launches of A end in the same bits", false, static device => Graphs(Network.A, device)),
        new("graph-b", "graphs and single launches of B end in the same bits", false, static device => Graphs(Network.B, device)),
        new("graph-color", "graphs and single launches of the colour network end in the same bits", true, static device => Graphs(Network.Color, device)),
        new("two-models", "two models on one device do not disturb each other", true, TwoModels),
    ];

    private static string Repeat(Network network, Device device)
    {
        Expect.SameBits(Train(network, device), Train(network, device), "weights");
        return "equal bits";
    }

    private static string Graphs(Network network, Device device)
    {
        string? before = Environment.GetEnvironmentVariable(GraphsVariable);
        try
        {
            Environment.SetEnvironmentVariable(GraphsVariable, "1");
            List<float[]> graphs = Train(network, device);
            Environment.SetEnvironmentVariable(GraphsVariable, "0");
            Expect.SameBits(graphs, Train(network, device), "weights");
            return "equal bits";
        }
        finally
        {
            Environment.SetEnvironmentVariable(GraphsVariable, before);
        }
    }

    private static string TwoModels(Device device)
    {
        const Network network = Network.Color;
        List<float[]> alone = Train(network, device);
        Dataset data = network.Data(19, bytes: true);
        using Model first = network.Create(device), second = Network.A.Create(device);
        (float[] images, int[] labels) = Network.A.Batch(0, 3);
        first.Fit(data, new() { BatchSize = 6 });
        Network.A.Step(second, images, labels);
        first.Fit(data, new() { BatchSize = 6 });
        first.Fit(data, new() { BatchSize = 6 });
        Expect.SameBits(alone, Expect.Weights(first), "weights");
        return "equal bits";
    }

    /// <summary>Three epochs, so that every batch size comes often enough for its graph to be captured and launched.</summary>
    private static List<float[]> Train(Network network, Device device)
    {
        using Model model = network.Create(device);
        model.Fit(network.Data(19, bytes: true), new() { Epochs = 3, BatchSize = 6 });
        return Expect.Weights(model);
    }
}
