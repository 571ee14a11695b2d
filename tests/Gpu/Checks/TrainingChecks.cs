namespace Convoke.Gpu.Checks;

/// <summary>Steps and gradients beside the CPU's, from equal weights and batches.</summary>
internal static class TrainingChecks
{
    /// <summary>Of the largest weight of a tensor.</summary>
    private const double WeightTolerance = 1e-4;

    /// <summary>Sums of up to 2^13 products in f32, taken in another order.</summary>
    private const double GradientTolerance = 2e-5;

    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("train-a", "three steps of A (batches of 5, 5 and 3) give the CPU's losses and weights", true, static device => Steps(Network.A, device, 5, 5, 3)),
        new("train-b", "three steps of B (batches of 5, 5 and 3) give the CPU's losses and weights", true, static device => Steps(Network.B, device, 5, 5, 3)),
        new("train-color", "the same of a network with channels first, class indices and plain gradient descent", true, static device => Steps(Network.Color, device, 5, 5, 3)),
        new("train-single", "steps on one sample each, of A", true, static device => Steps(Network.A, device, 1, 1)),
        new("train-growing", "batches that grow, so that device memory moves between steps", true, static device => Steps(Network.Color, device, 2, 40, 3, 40)),
        new("gradients-a", "gradients of A are the CPU's, and weights stay", true, static device => Gradients(Network.A, device, 5)),
        new("gradients-b", "gradients of B are the CPU's, and weights stay", true, static device => Gradients(Network.B, device, 4)),
        new("gradients-color", "gradients of the colour network are the CPU's, and weights stay", true, static device => Gradients(Network.Color, device, 7)),
        new("weights-set", "weights that are set from outside take part in the next step, and read back as they were set", true, SetWeights),
    ];

    private static string Steps(Network network, Device device, params ReadOnlySpan<int> sizes)
    {
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        Expect.SameBits(Expect.Weights(cpu), Expect.Weights(gpu), "start values");
        double loss = 0;
        for (int step = 0; step < sizes.Length; step++)
        {
            (float[] images, int[] labels) = network.Batch(step, sizes[step]);
            StepResult expected = network.Step(cpu, images, labels), actual = network.Step(gpu, images, labels);
            loss = Math.Max(loss, Expect.Near(expected.Loss, actual.Loss, 1e-4, $"loss of step {step + 1}"));
            Expect.True(expected.Accuracy == actual.Accuracy && actual.Count == sizes[step], $"step {step + 1}: accuracy {actual.Accuracy} of {actual.Count}, expected {expected.Accuracy} of {expected.Count}");
        }

        Expect.True(gpu.Step == sizes.Length, $"the model counts {gpu.Step} steps");
        return $"losses within {Expect.Text(loss)}, weights within {Expect.Text(Expect.NearWeights(cpu, gpu, WeightTolerance))}";
    }

    private static string Gradients(Network network, Device device, int n)
    {
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        List<float[]> before = Expect.Weights(gpu);
        (float[] images, int[] labels) = network.Batch(3, n);
        network.Step(cpu, images, labels, learn: false);
        network.Step(gpu, images, labels, learn: false);
        double worst = 0;
        foreach ((Parameter e, Parameter a) in cpu.Parameters.Zip(gpu.Parameters))
        {
            float[] expected = new float[e.Count], actual = new float[a.Count];
            e.CopyGradientTo(expected);
            a.CopyGradientTo(actual);
            worst = Math.Max(worst, Expect.Near(expected, actual, GradientTolerance, $"gradient of {e.Name}"));
        }

        Expect.SameBits(before, Expect.Weights(gpu), "weights after gradients");
        Expect.True(gpu.Step == 0, "a gradient was counted as a step");
        return $"gradients within {Expect.Text(worst)}";
    }

    private static string SetWeights(Device device)
    {
        const Network network = Network.Color;
        using Model cpu = network.Create(Device.Cpu), gpu = network.Create(device);
        (float[] images, int[] labels) = network.Batch(0, 4);
        network.Step(cpu, images, labels);
        network.Step(gpu, images, labels);
        foreach (Parameter parameter in cpu.Parameters)
        {
            float[] halved = Array.ConvertAll(parameter.ToArray(), static w => w / 2);
            parameter.CopyFrom(halved);
            gpu.Parameters[parameter.Name].CopyFrom(halved);
            Expect.SameBits(halved, gpu.Parameters[parameter.Name].ToArray(), parameter.Name);
        }

        network.Step(cpu, images, labels);
        network.Step(gpu, images, labels);
        return $"weights within {Expect.Text(Expect.NearWeights(cpu, gpu, WeightTolerance))}";
    }
}
