using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

public sealed class NonFiniteTests
{
    [Fact]
    public void A_sample_that_is_not_finite_is_blamed_on_the_input_and_no_weight_changes()
    {
        float[] images = ToyData.Images(ToyData.Clusters(40));
        images[(33 * 12) + 5] = float.NaN;
        Dataset data = Dataset.FromFloats("broken", images, ToyData.Labels(ToyData.Clusters(40)), 3, 2, 2, 3);
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2);
        net.Fit(ToyData.Clusters(40));
        float[] before = net.Weights();
        NonFiniteLossException error = Assert.Throws<NonFiniteLossException>(() => net.Fit(data, new() { BatchSize = 40 }));
        Assert.Equal(before, net.Weights());
        Assert.Equal(("input", 1, 3L), (error.LayerName, error.Epoch, error.Step));
        Assert.Equal(2, net.Step);
        Assert.Equal("ToyNet: the loss is NaN at epoch 1, step 3: the input itself holds values that are not finite; look at the data. The weights are as they were before the step.", error.Message);
    }

    [Fact]
    public void Weights_that_are_not_finite_are_blamed_on_their_layer()
    {
        Dataset data = ToyData.Clusters(20);
        using SoftmaxModel net = SoftmaxModel.Create();
        float[] bias = [float.PositiveInfinity, 0, 0];
        net.Parameters["dense.bias"].CopyFrom(bias);
        float[] before = net.Weights();
        NonFiniteLossException error = Assert.Throws<NonFiniteLossException>(() => net.TrainStep(ToyData.Images(data), ToyData.Labels(data)));
        Assert.Equal("dense", error.LayerName);
        Assert.Null(error.Epoch);
        Assert.Contains("at step 1: the first layer whose output is not finite is dense;", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, net.Weights());
        Assert.Equal("dense", Assert.Throws<NonFiniteLossException>(() => net.ComputeGradients(ToyData.Images(data), ToyData.Labels(data))).LayerName);
        Assert.Throws<InvalidOperationException>(() => net.Parameters[0].CopyGradientTo(new float[36]));
    }

    [Fact]
    public void A_loss_that_alone_is_not_finite_says_so()
    {
        using SoftmaxModel net = SoftmaxModel.Create(loss: LossPlan.CategoricalCrossentropy);
        net.Parameters["dense.bias"].CopyFrom([0, 0, -200]);   // exp underflows: -log 0
        NonFiniteLossException error = Assert.Throws<NonFiniteLossException>(() => net.TrainStep(new float[12], (ReadOnlySpan<float>)[0f, 0f, 1f]));
        Assert.Null(error.LayerName);
        Assert.Contains("the loss is Infinity at step 1: every layer's output is finite, so it comes from the loss itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_goes_on_after_such_an_error_as_if_the_step_had_not_been()
    {
        Dataset data = ToyData.Clusters(64);
        float[] broken = ToyData.Images(data);
        broken[0] = float.NegativeInfinity;
        using SoftmaxModel plain = SoftmaxModel.Create(), hurt = SoftmaxModel.Create();
        foreach (SoftmaxModel net in (SoftmaxModel[])[plain, hurt])
        {
            net.TrainStep(ToyData.Images(data), ToyData.Labels(data));
            if (net == hurt) Assert.Throws<NonFiniteLossException>(() => net.TrainStep(broken, ToyData.Labels(data)));
            net.TrainStep(ToyData.Images(data), ToyData.Labels(data));
        }
        Assert.Equal(plain.Weights(), hurt.Weights());
    }
}
