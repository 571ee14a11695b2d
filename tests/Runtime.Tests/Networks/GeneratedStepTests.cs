namespace Convoke.Runtime.Tests.Networks;

/// <summary>Generated kernels name the layer where a number went bad, and leave the weights alone; a step of theirs allocates nothing.</summary>
public class GeneratedStepTests
{
    private const int Samples = 21;

    private static (float[] Images, float[] Rows) Batch()
    {
        var random = new System.Random(3);
        var rows = new float[Samples * 10];
        for (int i = 0; i < Samples; i++) rows[(i * 10) + (i % 10)] = 1;
        return ([.. Enumerable.Range(0, Samples * 784).Select(_ => random.NextSingle())], rows);
    }

    [Theory]
    [InlineData("conv2d.kernel", "conv2d")]
    [InlineData("conv2d_1.kernel", "conv2d_1")]
    [InlineData("conv2d_1.bias", "conv2d_1")]
    [InlineData("dense.kernel", "dense")]
    [InlineData("dense_1.bias", "dense_1")]
    public void The_first_layer_that_yields_NaN_is_named(string parameter, string layer)
    {
        using var net = ProgramB.Create(Device.CpuThreads(2), seed: 1);
        (float[] images, float[] rows) = Batch();
        net.TrainStep(images, rows);
        float[] values = net.Parameters[parameter].ToArray();
        values[^1] = float.NaN;
        net.Parameters[parameter].CopyFrom(values);
        float[][] before = [.. net.Parameters.Select(static p => p.ToArray())];

        NonFiniteLossException error = Assert.Throws<NonFiniteLossException>(() => net.TrainStep(images, rows));

        Assert.Equal(layer, error.LayerName);
        Assert.Equal(before, net.Parameters.Select(static p => p.ToArray()));
    }

    [Fact]
    public void A_NaN_in_the_images_is_the_inputs_fault()
    {
        using var net = ProgramB.Create(Device.CpuThreads(1), seed: 1);
        (float[] images, float[] rows) = Batch();
        images.AsSpan(4 * 784, 784).Fill(float.NaN);
        Assert.Equal("input", Assert.Throws<NonFiniteLossException>(() => net.TrainStep(images, rows)).LayerName);
    }

    [Fact]
    public void A_step_and_a_prediction_allocate_nothing()
    {
        using var net = ProgramB.Create(Device.CpuThreads(1), seed: 1);
        (float[] images, float[] rows) = Batch();
        var output = new float[Samples * 10];
        for (int i = 0; i < 3; i++)
        {
            net.TrainStep(images, rows);
            net.Predict(images, output);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            net.TrainStep(images, rows);
            net.Predict(images, output);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
