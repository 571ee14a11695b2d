namespace Convoke.Runtime.Tests.Networks;

/// <summary>A network that is written with Forward is, bit for bit, the one that is written with attributes.</summary>
public class ForwardTests
{
    [Fact]
    public void Parameters_are_named_after_the_methods()
    {
        using var c = ProgramC.Create(Device.CpuThreads(1));
        Assert.Equal(
            ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
            c.Parameters.Select(static p => p.Name));
        using var winding = Winding.Create(Device.CpuThreads(1));
        Assert.Equal(
            ["first_conv.kernel", "block_0.kernel", "block_1.kernel", "hidden_layer_0.kernel", "hidden_layer_1.kernel", "logits.kernel"],
            winding.Parameters.Select(static p => p.Name).Where(static name => name.EndsWith(".kernel", StringComparison.Ordinal)));
    }

    [Fact]
    public void Program_C_trains_as_the_attributes_do()
    {
        using var forward = ProgramC.Create(Device.CpuThreads(2), seed: 11);
        using var attributes = ProgramCAsAttributes.Create(Device.CpuThreads(2), seed: 11);
        AssertSame(forward, attributes, 3 * 32 * 32, 10);
    }

    [Fact]
    public void A_winding_Forward_trains_as_the_attributes_do()
    {
        using var forward = Winding.Create(Device.CpuThreads(2), seed: 12);
        using var attributes = Unwound.Create(Device.CpuThreads(2), seed: 12);
        AssertSame(forward, attributes, 12 * 11 * 2, 4);
    }

    [Fact]
    public void Forward_run_on_tracing_values_makes_the_calls() => Assert.Equal(
        ["conv1(input)", "relu(%0)", "pool(%1)", "conv2(%2)", "relu(%3)", "pool(%4)", "flatten(%5)", "fc1(%6)", "relu(%7)", "fc2(%8)"],
        ProgramC.Traced());

    private static void AssertSame(Model forward, Model attributes, int pixels, int classes)
    {
        Assert.Equal(Weights(attributes), Weights(forward));
        Assert.Equal(attributes.Parameters.Select(static p => string.Join(",", p.Shape)), forward.Parameters.Select(static p => string.Join(",", p.Shape)));
        var random = new System.Random(4);
        for (int step = 0; step < 4; step++)
        {
            float[] images = [.. Enumerable.Range(0, 20 * pixels).Select(_ => random.NextSingle())];
            int[] labels = [.. Enumerable.Range(0, 20).Select(_ => random.Next(classes))];
            double expected = attributes.TrainStep(images, labels).Loss;
            Assert.True(double.IsFinite(expected));
            Assert.Equal(expected, forward.TrainStep(images, labels).Loss);
        }

        Assert.Equal(Weights(attributes), Weights(forward));
    }

    private static float[][] Weights(Model model) => [.. model.Parameters.Select(static p => p.ToArray())];
}
