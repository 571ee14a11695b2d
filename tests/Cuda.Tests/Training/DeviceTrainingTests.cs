using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using SpecModels = Convoke.Kernels.Tests.Models;

namespace Convoke.Cuda.Tests.Training;

/// <summary>Models A and B through the run time's own driver calls, on the emulated device with all its checks: three steps, the last on a smaller batch.</summary>
[Collection(DriverTests.Name)]
public sealed class DeviceTrainingTests : IDisposable
{
    private static readonly int[] Batches = [5, 5, 3];

    public DeviceTrainingTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    [EmulatedTheory, InlineData("A"), InlineData("B")]
    public void Three_steps_are_those_of_the_interpreter(string program)
    {
        (ModelSpec spec, Dictionary<string, float[]> start) = Start(program);
        var reference = new ReferenceTraining(spec, start);
        using Model net = Create(program, start);
        for (int step = 0; step < Batches.Length; step++)
        {
            (float[] images, int[] labels) = Batch(spec, step);
            double expected = reference.Step(images, labels), actual = net.TrainStep(images, Rows(labels)).Loss;
            Assert.Equal(expected, actual, 1e-4 * expected);
        }

        foreach (Parameter parameter in net.Parameters) Near(reference.Weights[parameter.Name], parameter.ToArray(), parameter.Name);
        (float[] last, int[] lastLabels) = Batch(spec, 7);
        float[] probabilities = new float[lastLabels.Length * 10];
        net.Predict(last, probabilities);
        Near(reference.Predict(last, lastLabels), probabilities, "prediction");
    }

    /// <summary>Another order of streams, blocks and warps changes no bit, nor does the graph.</summary>
    [EmulatedTheory, InlineData("A"), InlineData("B")]
    public void The_order_in_which_the_device_works_does_not_show(string program)
    {
        float[][] first = Train(program, "seed=3;checks=all", graphs: true);
        Assert.Equal(first, Train(program, "seed=77;checks=none", graphs: true));
        Assert.Equal(first, Train(program, "seed=0;checks=none", graphs: false));
    }

    /// <summary>A missing wait, or a copy whose source is used again too early, differs under some order of the streams.</summary>
    [EmulatedFact]
    public void Twenty_orders_give_the_same_bits()
    {
        float[][] first = Train("A", "seed=0;checks=none", graphs: true);
        for (int seed = 1; seed <= 20; seed++) Assert.Equal(first, Train("A", $"seed={seed};checks=none", graphs: true));
    }

    /// <summary>Steps that follow each other on a resident set go as graphs of 32, then of 4, then one by one: here 1 + 32 + 4 + 4 + 1, the last one smaller.</summary>
    [EmulatedFact]
    public void Graphs_of_many_steps_give_the_same_bits()
    {
        float[][] first = Fit(42, "CONVOKE_CUDA_GRAPHS", 0);
        Assert.Equal(first, Fit(42, null, 4));

        static float[][] Fit(int steps, string? off, int graphLaunches)
        {
            EmulatedDriver.Restart("seed=5;checks=none");
            if (off is not null) Environment.SetEnvironmentVariable(off, "0");
            try
            {
                using Model net = ProgramA.Create(Device.Cuda(0), seed: 1);
                net.Fit(DrawnDigits.Create(trainCount: steps, testCount: 1).Train, new() { Epochs = 1, BatchSize = 1 });
                Assert.Equal(graphLaunches, EmulatedDriver.Calls("cuGraphLaunch"));
                return [.. net.Parameters.Select(static p => p.ToArray())];
            }
            finally
            {
                if (off is not null) Environment.SetEnvironmentVariable(off, null);
            }
        }
    }

    private static float[][] Train(string program, string settings, bool graphs)
    {
        EmulatedDriver.Restart(settings);
        Environment.SetEnvironmentVariable("CONVOKE_CUDA_GRAPHS", graphs ? null : "0");
        try
        {
            (ModelSpec spec, Dictionary<string, float[]> start) = Start(program);
            using Model net = Create(program, start);

            // One size again and again: from the second time on it is a graph.
            for (int step = 0; step < 4; step++)
            {
                (float[] images, int[] labels) = Batch(spec, step < 3 ? 0 : 2);
                net.TrainStep(images, Rows(labels));
            }

            Assert.Equal(graphs ? 2 : 0, EmulatedDriver.Calls("cuGraphLaunch"));
            return [.. net.Parameters.Select(static p => p.ToArray())];
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONVOKE_CUDA_GRAPHS", null);
        }
    }

    private static (ModelSpec Spec, Dictionary<string, float[]> Start) Start(string program)
    {
        ModelSpec spec = program == "A" ? SpecModels.A : SpecModels.B;
        using Model cpu = program == "A" ? ProgramA.Create(Device.CpuThreads(1), seed: 5) : ProgramB.Create(Device.CpuThreads(1), seed: 5);
        return (spec, cpu.Parameters.ToDictionary(static p => p.Name, static p => p.ToArray()));
    }

    private static Model Create(string program, Dictionary<string, float[]> start)
    {
        Model net = program == "A" ? ProgramA.Create(Device.Cuda()) : ProgramB.Create(Device.Cuda());
        foreach (Parameter parameter in net.Parameters) parameter.CopyFrom(start[parameter.Name]);
        return net;
    }

    /// <summary>Blobs on black, as digits are: many equal zeros, so that ties in pooling windows occur.</summary>
    private static (float[] Images, int[] Labels) Batch(ModelSpec spec, int seed)
    {
        var random = new Random(100 + seed);
        int n = Batches[seed % Batches.Length];
        float[] images = new float[n * spec.Input.Count];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++)
        {
            labels[i] = random.Next(10);
            for (int blob = 0; blob < 6; blob++)
            {
                int y = random.Next(2, 20), x = random.Next(2, 20);
                for (int p = 0; p < 36; p++) images[(i * spec.Input.Count) + ((y + (p / 6)) * 28) + x + (p % 6)] = random.Next(256) / 255f;
            }
        }

        return (images, labels);
    }

    private static float[] Rows(int[] labels)
    {
        float[] rows = new float[labels.Length * 10];
        for (int i = 0; i < labels.Length; i++) rows[(i * 10) + labels[i]] = 1;
        return rows;
    }

    private static void Near(double[] expected, float[] actual, string what)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
