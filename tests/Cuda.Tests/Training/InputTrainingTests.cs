namespace Convoke.Cuda.Tests.Training;

/// <summary>A net of four inputs on the emulated device, under all its checks, against the same net on the processor.</summary>
[Collection(DriverTests.Name)]
public sealed class InputTrainingTests : IDisposable
{
    private const ulong Seed = 0x1_0000_0007;
    private const int Image = 2 * 10 * 9, Thumb = 3 * 4 * 5, Row = 7, Samples = 11;

    public InputTrainingTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    /// <summary>Steps on batches from the host, gradients between them, and predictions.</summary>
    [EmulatedFact]
    public void Steps_are_those_of_the_processor()
    {
        using var cpu = TwinNet.Create(Device.CpuThreads(1), Seed);
        using var gpu = TwinNet.Create(Device.Cuda(), Seed);
        foreach (int n in (int[])[5, 3, 5, 5])
        {
            Samples4 b = new(n, n);
            StepResult expected = cpu.ComputeGradients(b.Left, b.Right, b.Thumb, b.Extra, b.Labels), actual = gpu.ComputeGradients(b.Left, b.Right, b.Thumb, b.Extra, b.Labels);
            Assert.Equal(expected.Loss, actual.Loss, 1e-4 * expected.Loss);
            foreach (Parameter parameter in cpu.Parameters) Near(Gradient(parameter), Gradient(gpu.Parameters[parameter.Name]), "gradient of " + parameter.Name);
            (expected, actual) = (cpu.TrainStep(b.Left, b.Right, b.Thumb, b.Extra, b.Labels), gpu.TrainStep(b.Left, b.Right, b.Thumb, b.Extra, b.Labels));
            Assert.Equal(expected.Loss, actual.Loss, 1e-4 * expected.Loss);
            Assert.Equal(expected.Accuracy, actual.Accuracy);
        }

        foreach (Parameter parameter in cpu.Parameters) Near(parameter.ToArray(), gpu.Parameters[parameter.Name].ToArray(), parameter.Name);
        Samples4 last = new(9, 4);
        float[] one = cpu.Predict(last.Left, last.Right, last.Thumb, last.Extra), other = gpu.Predict(last.Left, last.Right, last.Thumb, last.Extra);
        Near(one, other, "prediction");
        int[] classes = new int[4];
        gpu.PredictClasses(last.Left, last.Right, last.Thumb, last.Extra, classes);
        Assert.Equal(other.Chunk(4).Select(static row => Array.IndexOf(row, row.Max())), classes);
    }

    /// <summary>Whole epochs over a resident set, shuffled, with a last batch that is smaller: all inputs in floats, in bytes, or some in either, which become floats.</summary>
    [EmulatedTheory, InlineData("floats"), InlineData("bytes"), InlineData("both")]
    public void Epochs_over_a_set_are_those_of_the_processor_and_of_another_run(string stored)
    {
        FitOptions options = new() { Epochs = 3, BatchSize = 4 };
        Dataset data = Set(stored);
        float[][] trained;
        History first;
        using (var cpu = TwinNet.Create(Device.CpuThreads(1), Seed))
        using (var gpu = TwinNet.Create(Device.Cuda(), Seed))
        {
            History expected = cpu.Fit(data, options);
            first = gpu.Fit(data, options);
            foreach ((EpochResult one, EpochResult other) in expected.Epochs.Zip(first.Epochs)) Assert.Equal(one.Loss, other.Loss, 1e-4 * one.Loss);
            Evaluation measured = cpu.Evaluate(data, 4), onDevice = gpu.Evaluate(data, 4);
            Assert.Equal(measured.Loss, onDevice.Loss, 1e-4 * measured.Loss);
            Assert.Equal(measured.Accuracy, onDevice.Accuracy);
            foreach (Parameter parameter in cpu.Parameters) Near(parameter.ToArray(), gpu.Parameters[parameter.Name].ToArray(), parameter.Name);
            trained = [.. gpu.Parameters.Select(static p => p.ToArray())];
        }

        EmulatedDriver.Restart("seed=77;checks=none");
        using var again = TwinNet.Create(Device.Cuda(), Seed);
        Assert.Equal(first.Epochs.Select(static e => e.Loss), again.Fit(Set(stored), options).Epochs.Select(static e => e.Loss));
        Assert.Equal(trained, again.Parameters.Select(static p => p.ToArray()));
    }

    /// <summary>The processor, which looks for the cause, names the input.</summary>
    [EmulatedFact]
    public void Values_that_are_not_finite_are_traced_to_their_input()
    {
        using var gpu = TwinNet.Create(Device.Cuda(), Seed);
        Samples4 b = new(3, 5);
        b.Extra[8] = float.NaN;
        float[][] before = [.. gpu.Parameters.Select(static p => p.ToArray())];
        Assert.Equal("extra", Assert.Throws<NonFiniteLossException>(() => gpu.TrainStep(b.Left, b.Right, b.Thumb, b.Extra, b.Labels)).LayerName);
        Assert.Equal(before, gpu.Parameters.Select(static p => p.ToArray()));
    }

    private sealed class Samples4
    {
        public Samples4(int seed, int n)
        {
            var random = new Random(700 + seed);
            float[] Values(int count) => [.. Enumerable.Range(0, n * count).Select(_ => random.Next(256) * (1f / 255f))];
            (Left, Right, Thumb, Extra) = (Values(InputTrainingTests.Image), Values(InputTrainingTests.Image), Values(InputTrainingTests.Thumb), Values(Row));
            Labels = [.. Enumerable.Range(0, n).Select(_ => random.Next(4))];
        }

        public float[] Left { get; }

        public float[] Right { get; }

        public float[] Thumb { get; }

        public float[] Extra { get; }

        public int[] Labels { get; }
    }

    private static Dataset Set(string stored)
    {
        Samples4 all = new(1, Samples);
        Dataset Of(string name, float[] values, int height, int width, int channels) => stored == "floats"
            ? Dataset.FromFloats(name, values, height, width, channels, Layout.ChannelsFirst)
            : Dataset.FromBytes(name, values.Select(static x => (byte)MathF.Round(255 * x)).ToArray(), height, width, channels, Layout.ChannelsFirst);
        Dataset data = Dataset.FromFloats("own", new float[Samples], all.Labels, 1, 1, 1, 4)
            .WithInput("left", Of("left", all.Left, 10, 9, 2)).WithInput("right", Of("right", all.Right, 10, 9, 2)).WithInput("thumb", Of("thumb", all.Thumb, 4, 5, 3));
        return stored == "bytes" ? data.WithInput("extra", Of("extra", all.Extra, 1, 1, Row)) : data.WithInput("extra", all.Extra);
    }

    private static float[] Gradient(Parameter parameter)
    {
        float[] gradient = new float[parameter.Count];
        parameter.CopyGradientTo(gradient);
        return gradient;
    }

    /// <summary>Rounding of a few steps, relative to the tensor's largest element.</summary>
    private static void Near(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(expected.Max(Math.Abs), 1e-3);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
