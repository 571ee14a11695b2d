namespace Convoke.Gpu.Checks;

/// <summary>Predictions and evaluations beside the CPU's.</summary>
internal static class PredictionChecks
{
    /// <summary>Of the largest probability: sums of up to 1,600 products in f32, taken in another order.</summary>
    private const double Tolerance = 2e-5;

    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("predict-a", "A predicts what the CPU does, for 1 and for 11 images", true, static device => Predict(Network.A, device, 1, 11)),
        new("predict-b", "B predicts what the CPU does, for 1 and for 11 images", true, static device => Predict(Network.B, device, 1, 11)),
        new("predict-color", "the colour network predicts what the CPU does; none and one image too", true, static device => Predict(Network.Color, device, 0, 1, 9)),
        new("predict-slices", "more images than go through the network at a time", false, static device => Predict(Network.Color, device, 300)),
        new("predict-trained", "a prediction between steps sees the weights of the last one", true, PredictBetweenSteps),
        new("evaluate", "losses and accuracy over a data set are the CPU's, bytes and floats, and do not disturb training", true, Evaluate),
    ];

    private static string Predict(Network network, Device device, params ReadOnlySpan<int> sizes)
    {
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        double worst = 0;
        foreach (int n in sizes) worst = Math.Max(worst, Compare(network, cpu, gpu, n));
        return $"within {Expect.Text(worst)}";
    }

    private static double Compare(Network network, Model cpu, Model gpu, int n)
    {
        (float[] images, _) = network.Batch(n, n);
        float[] expected = new float[n * network.Classes()], actual = new float[expected.Length];
        cpu.Predict(images, expected);
        gpu.Predict(images, actual);
        double worst = Expect.Near(expected, actual, Tolerance, $"outputs for {n} images");
        int[] classes = new int[n];
        gpu.PredictClasses(images, classes);
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<float> row = actual.AsSpan(i * network.Classes(), network.Classes());
            Expect.True(row[classes[i]] >= System.Numerics.Tensors.TensorPrimitives.Max(row), $"image {i}: class {classes[i]} is not its most probable one");
        }

        return worst;
    }

    private static string PredictBetweenSteps(Device device)
    {
        const Network network = Network.Color;
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        double worst = 0;
        for (int step = 0; step < 3; step++)
        {
            (float[] images, int[] labels) = network.Batch(step, 6);
            network.Step(cpu, images, labels);
            network.Step(gpu, images, labels);
            worst = Math.Max(worst, Compare(network, cpu, gpu, 4));
        }

        return $"within {Expect.Text(worst)}";
    }

    private static string Evaluate(Device device)
    {
        const Network network = Network.Color;
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        (float[] images, int[] labels) = network.Batch(0, 5);
        double worst = 0;
        foreach (bool bytes in (bool[])[true, false])
        {
            network.Step(cpu, images, labels);
            network.Step(gpu, images, labels);
            Dataset data = network.Data(23, bytes);
            Evaluation expected = cpu.Evaluate(data, batchSize: 10), actual = gpu.Evaluate(data, batchSize: 10);
            worst = Math.Max(worst, Expect.Near(expected.Loss, actual.Loss, 1e-4, $"loss, bytes: {bytes}"));
            Expect.True(expected.Accuracy == actual.Accuracy && actual.Count == 23, $"{actual}, expected {expected}");
        }

        Expect.NearWeights(cpu, gpu, 1e-4);
        return $"losses within {Expect.Text(worst)}";
    }
}
