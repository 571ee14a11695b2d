namespace Convoke.Cuda.Tests.Training;

/// <summary>Nets of several outputs, and of values, on the emulated device, under all its checks, against the same nets on the processor.</summary>
[Collection(DriverTests.Name)]
public sealed class HeadTrainingTests : IDisposable
{
    private const ulong Seed = 0x1_0000_0007;
    private const int Image = 3 * 12 * 10, Samples = 11;

    public HeadTrainingTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    /// <summary>Steps on batches from the host, gradients between them, and predictions of both outputs.</summary>
    [EmulatedFact]
    public void Steps_are_those_of_the_processor()
    {
        using var cpu = TwoHeadedNet.Create(Device.CpuThreads(1), Seed);
        using var gpu = TwoHeadedNet.Create(Device.Cuda(), Seed);
        foreach (int n in (int[])[5, 3, 5, 5])
        {
            (float[] images, int[] classes, float[] boxes) = Batch(n, n);
            StepResult expected = cpu.ComputeGradients(images, classes, boxes), actual = gpu.ComputeGradients(images, classes, boxes);
            Near([expected.Loss, .. expected.Losses], [actual.Loss, .. actual.Losses], "losses");
            foreach (Parameter parameter in cpu.Parameters.Where(static p => p.IsTrained)) Near(Gradient(parameter), Gradient(gpu.Parameters[parameter.Name]), "gradient of " + parameter.Name);
            (expected, actual) = (cpu.TrainStep(images, classes, boxes), gpu.TrainStep(images, classes, boxes));
            Near([expected.Loss, .. expected.Losses], [actual.Loss, .. actual.Losses], "losses");
            Assert.Equal(expected.Accuracy, actual.Accuracy);
        }

        foreach (Parameter parameter in cpu.Parameters) Near(parameter.ToArray(), gpu.Parameters[parameter.Name].ToArray(), parameter.Name);
        TwoHeadedNet.Outputs one = cpu.Predict(Batch(9, 4).Images), other = gpu.Predict(Batch(9, 4).Images);
        Near(one.Classes, other.Classes, "classes");
        Near(one.Boxes, other.Boxes, "boxes");
        int[] told = new int[4];
        gpu.PredictClasses(Batch(9, 4).Images, told);
        Assert.Equal(Enumerable.Range(0, 4).Select(n => Array.IndexOf(other.Classes, other.Classes.AsSpan(n * 6, 6).ToArray().Max(), n * 6) - (n * 6)), told);
    }

    /// <summary>Whole epochs over a resident set, shuffled, with a last batch that is smaller; then the measure of it.</summary>
    [EmulatedFact]
    public void Epochs_over_a_set_are_those_of_the_processor()
    {
        (float[] images, int[] classes, float[] boxes) = Batch(1, Samples);
        Dataset data = Dataset.FromFloats("boxes", images, classes, 12, 10, 3, 6, Layout.ChannelsFirst).WithTargets("Boxes", boxes);
        using var cpu = TwoHeadedNet.Create(Device.CpuThreads(1), Seed);
        using var gpu = TwoHeadedNet.Create(Device.Cuda(), Seed);
        FitOptions options = new() { Epochs = 2, BatchSize = 4 };
        History expected = cpu.Fit(data, options), actual = gpu.Fit(data, options);
        for (int epoch = 0; epoch < 2; epoch++) Near([expected.Epochs[epoch].Loss, .. expected.Epochs[epoch].Losses], [actual.Epochs[epoch].Loss, .. actual.Epochs[epoch].Losses], $"epoch {epoch + 1}");
        Evaluation one = cpu.Evaluate(data, 4), other = gpu.Evaluate(data, 4);
        Near([one.Loss, .. one.Losses], [other.Loss, .. other.Losses], "evaluation");
        Assert.Equal(one.Accuracy, other.Accuracy);
    }

    [EmulatedFact]
    public void A_net_of_values_trains_as_on_the_processor()
    {
        (float[] images, _, _) = Batch(2, Samples);
        Dataset data = Dataset.FromFloats("values", images, 12, 10, 3).WithTargets(images);
        using var cpu = ValueNet.Create(Device.CpuThreads(1), Seed);
        using var gpu = ValueNet.Create(Device.Cuda(), Seed);
        History expected = cpu.Fit(data, new() { Epochs = 2, BatchSize = 4 }), actual = gpu.Fit(data, new() { Epochs = 2, BatchSize = 4 });
        Near([expected.Epochs[1].Loss, expected.Epochs[1].Losses[0]], [actual.Epochs[1].Loss, actual.Epochs[1].Losses[0]], "losses");
        Assert.Equal(actual.Epochs[1].Losses["Output"] / 2, actual.Epochs[1].Loss, 1e-9);
        Assert.Null(actual.Epochs[1].Accuracy);
        float[] one = new float[Samples * Image], other = new float[Samples * Image];
        cpu.Predict(images, one);
        gpu.Predict(images, other);
        Near(one, other, "prediction");
    }

    /// <summary>A loss that is not finite stops both heads, and the processor names the layer.</summary>
    [EmulatedFact]
    public void A_loss_of_boxes_that_is_not_finite_changes_no_weight()
    {
        using var gpu = TwoHeadedNet.Create(Device.Cuda(), Seed);
        (float[] images, int[] classes, float[] boxes) = Batch(3, 5);
        gpu.TrainStep(images, classes, boxes);
        float[] bias = gpu.Parameters["box.bias"].ToArray();
        bias[2] = float.NaN;
        gpu.Parameters["box.bias"].CopyFrom(bias);
        float[][] before = [.. gpu.Parameters.Select(static p => p.ToArray())];
        Assert.Equal("box", Assert.Throws<NonFiniteLossException>(() => gpu.TrainStep(images, classes, boxes)).LayerName);
        Assert.Equal(before, gpu.Parameters.Select(static p => p.ToArray()));
    }

    private static (float[] Images, int[] Classes, float[] Boxes) Batch(int seed, int n)
    {
        var random = new Random(500 + seed);
        return ([.. Enumerable.Range(0, n * Image).Select(_ => random.NextSingle())], [.. Enumerable.Range(0, n).Select(_ => random.Next(6))], [.. Enumerable.Range(0, n * 4).Select(_ => (2 * random.NextSingle()) - 1)]);
    }

    private static float[] Gradient(Parameter parameter)
    {
        float[] gradient = new float[parameter.Count];
        parameter.CopyGradientTo(gradient);
        return gradient;
    }

    private static void Near(double[] expected, double[] actual, string what) => Near(Array.ConvertAll(expected, static x => (float)x), Array.ConvertAll(actual, static x => (float)x), what);

    /// <summary>Rounding of a few steps, relative to the tensor's largest element.</summary>
    private static void Near(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(expected.Max(Math.Abs), 1e-3);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
