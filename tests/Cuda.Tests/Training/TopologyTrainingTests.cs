namespace Convoke.Cuda.Tests.Training;

/// <summary>Nets with branches, normalizations, dropout and labels of pixels on the emulated device, under all its checks, against the same nets on the processor.</summary>
[Collection(DriverTests.Name)]
public sealed class TopologyTrainingTests : IDisposable
{
    private const ulong Seed = 0x1_0000_0007;

    private static readonly int[] Batches = [5, 5, 3, 5];

    public TopologyTrainingTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    public static TheoryData<string> Networks => [.. All.Keys];

    /// <summary>How to make one, elements of a sample, labels of a sample, classes.</summary>
    private static Dictionary<string, (Func<Device, Model> Create, int Sample, int Pixels, int Classes)> All { get; } = new()
    {
        ["residual"] = (static device => ResidualNet.Create(device, Seed), 3 * 18 * 15, 1, 6),
        ["shared"] = (static device => SharedNet.Create(device, Seed), 10 * 9 * 3, 1, 5),
        ["pixels"] = (static device => PixelNet.Create(device, Seed), 12 * 8 * 2, 12 * 8, 4),
    };

    /// <summary>Steps, a gradient in between (which draws masks too), predictions with statistics that have moved, and weights set from outside.</summary>
    [EmulatedTheory, MemberData(nameof(Networks))]
    public void Training_and_prediction_are_those_of_the_processor(string name)
    {
        using Model cpu = All[name].Create(Device.CpuThreads(1)), gpu = All[name].Create(Device.Cuda());
        for (int step = 0; step < Batches.Length; step++)
        {
            (float[] images, int[] labels) = Batch(name, step, Batches[step]);
            if (step == 2)
            {
                cpu.ComputeGradients(images, labels);
                gpu.ComputeGradients(images, labels);
                Each(cpu, gpu, static p => p.IsTrained, Gradient, "gradient of ");
            }

            double expected = cpu.TrainStep(images, labels).Loss, actual = gpu.TrainStep(images, labels).Loss;
            Assert.Equal(expected, actual, 1e-4 * expected);
            Predictions(name, cpu, gpu);
        }

        Each(cpu, gpu, static _ => true, static p => p.ToArray(), "");
        foreach (Model net in (Model[])[cpu, gpu])
            foreach (Parameter parameter in net.Parameters.Where(static p => p.Name.EndsWith("var", StringComparison.Ordinal) || p.Name.EndsWith("variance", StringComparison.Ordinal)))
                parameter.CopyFrom([.. parameter.ToArray().Select(static v => 2 * v)]);
        Predictions(name, cpu, gpu);
    }

    /// <summary>Another order of streams, blocks and warps changes no bit, nor does the graph.</summary>
    [EmulatedTheory, MemberData(nameof(Networks))]
    public void The_order_in_which_the_device_works_does_not_show(string name)
    {
        float[][] first = Train(name, "seed=3;checks=none", graphs: true);
        Assert.Equal(first, Train(name, "seed=77;checks=none", graphs: true));
        Assert.Equal(first, Train(name, "seed=5;checks=none", graphs: false));
    }

    private static float[][] Train(string name, string settings, bool graphs)
    {
        EmulatedDriver.Restart(settings);
        Environment.SetEnvironmentVariable("CONVOKE_CUDA_GRAPHS", graphs ? null : "0");
        try
        {
            using Model net = All[name].Create(Device.Cuda());
            (float[] images, int[] labels) = Batch(name, 0, 5);
            for (int step = 0; step < 4; step++) net.TrainStep(images, labels);
            return [.. net.Parameters.Select(static p => p.ToArray())];
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONVOKE_CUDA_GRAPHS", null);
        }
    }

    private static void Predictions(string name, Model cpu, Model gpu)
    {
        (float[] images, _) = Batch(name, 9, 4);
        int rows = 4 * All[name].Pixels;
        float[] expected = new float[rows * All[name].Classes], actual = new float[rows * All[name].Classes];
        int[] classes = new int[rows];
        cpu.Predict(images, expected);
        gpu.Predict(images, actual);
        Near(expected, actual, "prediction");
        gpu.PredictClasses(images, classes);
        Assert.All(classes, label => Assert.InRange(label, 0, All[name].Classes - 1));
    }

    private static void Each(Model cpu, Model gpu, Func<Parameter, bool> which, Func<Parameter, float[]> values, string what)
    {
        double terms = cpu.Parameters.Where(which).Max(p => values(p).Max(Math.Abs)) / 10;
        foreach (Parameter parameter in cpu.Parameters.Where(which)) Near(values(parameter), values(gpu.Parameters[parameter.Name]), what + parameter.Name, what.Length > 0 ? terms : 0);
    }

    private static float[] Gradient(Parameter parameter)
    {
        float[] gradient = new float[parameter.Count];
        parameter.CopyGradientTo(gradient);
        return gradient;
    }

    private static (float[] Images, int[] Labels) Batch(string name, int seed, int n)
    {
        var random = new Random(300 + seed);
        float[] images = [.. Enumerable.Range(0, n * All[name].Sample).Select(_ => (float)random.NextDouble())];
        return (images, [.. Enumerable.Range(0, n * All[name].Pixels).Select(_ => random.Next(All[name].Classes))]);
    }

    /// <summary>Rounding of a few steps, relative to the tensor's largest element.</summary>
    private static void Near(float[] expected, float[] actual, string what, double least = 0)
    {
        double scale = Math.Max(expected.Max(Math.Abs), Math.Max(least, 1e-3));
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
