namespace Convoke.Gpu.Checks;

/// <summary>What goes wrong is a typed error, and leaves a model that can be used.</summary>
internal static class FailureChecks
{
    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("nan-step", "a loss that is NaN names step and layer; weights stay, and training goes on", true, NanStep),
        new("nan-fit", "the same in the middle of an epoch, on a data set that lies on the device", true, NanFit),
        new("out-of-memory", "a batch that does not fit is a typed error; the model and the device go on", false, OutOfMemory),
        new("device-missing", "a device that there is not is a typed error that lists those that there are", true, MissingDevice),
        new("disposed", "a model that was disposed of says so, and a second disposal is harmless", true, Disposed),
    ];

    private static string NanStep(Device device)
    {
        const Network network = Network.A;
        using Model model = network.Create(device);
        (float[] images, int[] labels) = network.Batch(0, 5);
        network.Step(model, images, labels);
        List<float[]> before = Expect.Weights(model);

        float[] bias = model.Parameters["dense.bias"].ToArray();
        model.Parameters["dense.bias"].CopyFrom(Array.ConvertAll(bias, static _ => float.NaN));
        NonFiniteLossException failure = Expect.Throws<NonFiniteLossException>(() => network.Step(model, images, labels));
        Expect.True(failure is { Step: 2, LayerName: "dense", Epoch: null }, $"step {failure.Step}, layer {failure.LayerName}, epoch {failure.Epoch}: {failure.Message}");
        model.Parameters["dense.bias"].CopyFrom(bias);
        Expect.SameBits(before, Expect.Weights(model), "weights after the failed step");
        Expect.True(model.Step == 1, $"the model counts {model.Step} steps");
        network.Step(model, images, labels);

        using Model undisturbed = network.Create(device);
        network.Step(undisturbed, images, labels);
        network.Step(undisturbed, images, labels);
        Expect.SameBits(Expect.Weights(undisturbed), Expect.Weights(model), "weights after the step that was repeated");
        return failure.Message;
    }

    private static string NanFit(Device device)
    {
        const Network network = Network.Color;
        Dataset whole = network.Data(20, bytes: false);
        float[] pixels = new float[whole.Count * whole.SampleLength];
        for (int n = 0; n < whole.Count; n++) whole.CopyImage(n, pixels.AsSpan(n * whole.SampleLength));
        pixels[(13 * whole.SampleLength) + 5] = float.NaN;
        int[] labels = [.. Enumerable.Range(0, whole.Count).Select(whole.Label)];
        Dataset faulty = Dataset.FromFloats("a NaN in sample 13", pixels, labels, 12, 10, 3, network.Classes());

        using Model model = network.Create(device), expected = network.Create(device);
        NonFiniteLossException failure = Expect.Throws<NonFiniteLossException>(() => model.Fit(faulty, new() { BatchSize = 5, Shuffle = false }));
        Expect.True(failure is { Step: 3, LayerName: "input", Epoch: 1 }, $"step {failure.Step}, layer {failure.LayerName}, epoch {failure.Epoch}: {failure.Message}");
        expected.Fit(whole.Take(10), new() { BatchSize = 5, Shuffle = false });
        Expect.SameBits(Expect.Weights(expected), Expect.Weights(model), "weights are not those before the failed step");
        Expect.True(model.Step == 2, $"the model counts {model.Step} steps");

        model.Fit(whole, new() { BatchSize = 5 });
        return failure.Message;
    }

    private static string OutOfMemory(Device device)
    {
        const Network network = Network.Color;
        // All that is free, in ever smaller blocks, until a batch that needs a few megabytes does not fit.
        using CudaSession session = CudaSession.Open(Ordinal(device));
        List<DeviceBlock> blocks = [];
        using Model model = network.Create(device), undisturbed = network.Create(device);
        (float[] images, int[] labels) = network.Batch(0, 5);
        network.Step(model, images, labels);
        network.Step(undisturbed, images, labels);
        CudaException failure;
        try
        {
            session.MakeCurrent();
            for (long bytes = session.Memory().Free; bytes >= 1 << 16;)
            {
                try
                {
                    blocks.Add(session.Allocate(bytes));
                }
                catch (CudaException)
                {
                    bytes /= 2;
                }
            }

            (float[] many, int[] manyLabels) = network.Batch(1, 2000);
            failure = Expect.Throws<CudaException>(() => network.Step(model, many, manyLabels));
            Expect.True(failure is { Code: 2, ErrorName: "CUDA_ERROR_OUT_OF_MEMORY", IsContextLost: false }, failure.Message);
        }
        finally
        {
            foreach (DeviceBlock block in blocks) block.Dispose();
        }

        network.Step(model, images, labels);
        network.Step(undisturbed, images, labels);
        Expect.SameBits(Expect.Weights(undisturbed), Expect.Weights(model), "weights");
        return failure.Message;
    }

    private static string MissingDevice(Device device)
    {
        string message = Expect.Throws<DeviceNotAvailableException>(static () => Device.Cuda(99)).Message;
        Expect.True(message.Contains(device.Description, StringComparison.Ordinal), message);
        return nameof(DeviceNotAvailableException);
    }

    private static string Disposed(Device device)
    {
        Model model = Network.Color.Create(device);
        model.Dispose();
        model.Dispose();
        (float[] images, _) = Network.Color.Batch(0, 1);
        Expect.Throws<ObjectDisposedException>(() => model.PredictClass(images));
        return "ObjectDisposedException";
    }

    private static int Ordinal(Device device) => int.Parse(device.Name.AsSpan("cuda:".Length), System.Globalization.CultureInfo.InvariantCulture);
}
