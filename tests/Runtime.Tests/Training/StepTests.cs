using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

public sealed class StepTests
{
    [Theory]
    [InlineData(LossPlan.SparseCategoricalCrossentropy, Layout.ChannelsLast)]
    [InlineData(LossPlan.CategoricalCrossentropy, Layout.ChannelsLast)]
    [InlineData(LossPlan.SparseCategoricalCrossentropy, Layout.ChannelsFirst)]
    public void Gradients_agree_with_finite_differences(LossPlan loss, Layout layout)
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2, loss: loss, layout: layout);
        Dataset data = ToyData.Clusters(19, layout: layout);
        float[] images = ToyData.Images(data);
        int[] labels = ToyData.Labels(data);
        double Loss() => loss == LossPlan.CategoricalCrossentropy ? net.ComputeGradients(images, ToyData.OneHot(labels, 3)).Loss : net.ComputeGradients(images, labels).Loss;

        foreach (Parameter parameter in net.Parameters)
        {
            Loss();
            float[] gradient = new float[parameter.Count], values = parameter.ToArray();
            parameter.CopyGradientTo(gradient);
            for (int i = 0; i < values.Length; i++)
            {
                const float Delta = 1f / 64;
                double Shifted(float by)
                {
                    float[] shifted = [.. values];
                    shifted[i] += by;
                    parameter.CopyFrom(shifted);
                    return Loss();
                }
                double difference = (Shifted(Delta) - Shifted(-Delta)) / (2 * Delta);
                // Losses are floats near 1: 19 roundings of 6e-8 average to below 6e-8, over Delta 4e-6; the third derivative adds at most Delta^2 / 6 * x^3 < 2e-4.
                Assert.Equal(difference, gradient[i], 3e-4);
            }
            parameter.CopyFrom(values);
        }
        Assert.Equal(0, net.Step);
    }

    [Fact]
    public void Soft_target_rows_are_taken_as_they_are()
    {
        using SoftmaxModel net = SoftmaxModel.Create(loss: LossPlan.CategoricalCrossentropy, optimizer: SoftmaxModel.Sgd);
        float[] image = new float[12], rows = [0.5f, 0.25f, 0.25f];
        StepResult result = net.TrainStep(image, rows);
        Assert.Equal(Math.Log(3), result.Loss, 1e-6);   // a black image and no bias give equal probabilities
        // gradient of the bias = 1/3 - target, rate 0.5
        Assert.Equal([0.08333333f, -0.041666668f, -0.041666668f], net.Parameters["dense.bias"].ToArray(), new Near(1e-7f));
    }

    [Fact]
    public void ComputeGradients_leaves_weights_and_optimizer_alone()
    {
        Dataset data = ToyData.Clusters(24);
        using SoftmaxModel plain = SoftmaxModel.Create(), asked = SoftmaxModel.Create();
        plain.Fit(data, new() { Epochs = 2 });
        asked.Fit(data);
        float[] before = asked.Weights();
        asked.ComputeGradients(ToyData.Images(data), ToyData.Labels(data));
        Assert.Equal(before, asked.Weights());
        asked.Fit(data);
        Assert.Equal(plain.Weights(), asked.Weights());
    }

    [Fact]
    public void A_larger_batch_than_ever_before_grows_the_memory_and_a_smaller_one_fits()
    {
        Dataset data = ToyData.Clusters(300);
        using SoftmaxModel one = SoftmaxModel.Create(), grown = SoftmaxModel.Create();
        grown.TrainStep(ToyData.Images(data.Take(1)), ToyData.Labels(data.Take(1)));
        one.TrainStep(ToyData.Images(data.Take(1)), ToyData.Labels(data.Take(1)));
        foreach (int count in (int[])[300, 7, 9])
        {
            StepResult a = one.TrainStep(ToyData.Images(data.Take(count)), ToyData.Labels(data.Take(count)));
            StepResult b = grown.TrainStep(ToyData.Images(data.Take(count)), ToyData.Labels(data.Take(count)));
            Assert.Equal(a, b);
            Assert.Equal(count, a.Count);
        }
        Assert.Equal(one.Weights(), grown.Weights());
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    public void Channels_first_samples_give_what_channels_last_samples_give(int threads, int batches)
    {
        Dataset last = ToyData.Clusters(40, height: 4, width: 5, channels: 3);
        float[] transposed = new float[40 * 60];
        float[] images = ToyData.Images(last);
        for (int n = 0; n < 40; n++)
            for (int p = 0; p < 20; p++)
                for (int c = 0; c < 3; c++) transposed[(n * 60) + (c * 20) + p] = images[(n * 60) + (p * 3) + c];
        Dataset first = Dataset.FromFloats("first", transposed, ToyData.Labels(last), 4, 5, 3, 3, Layout.ChannelsFirst);

        using SoftmaxModel reference = SoftmaxModel.Create(height: 4, width: 5, channels: 3);
        using SoftmaxModel spans = SoftmaxModel.Create(threads, height: 4, width: 5, channels: 3, layout: Layout.ChannelsFirst);
        using SoftmaxModel mixed = SoftmaxModel.Create(threads, height: 4, width: 5, channels: 3, layout: Layout.ChannelsLast);
        reference.Fit(last, new() { Epochs = batches, Shuffle = false });
        for (int epoch = 0; epoch < batches; epoch++)
            foreach (Batch batch in first.Batches(32)) spans.TrainStep(batch.Images, batch.Labels);
        mixed.Fit(first, new() { Epochs = batches, Shuffle = false });   // a data set knows its layout, whatever the model's
        Assert.Equal(reference.Weights(), spans.Weights());
        Assert.Equal(reference.Weights(), mixed.Weights());
    }

    [Fact]
    public void Adams_factors_are_those_of_both_published_forms()
    {
        OptimizerPlan before = new("Adam", 0.001, 0.9, 0.999, 2, EpsilonAfterCorrection: false);
        OptimizerPlan after = before with { EpsilonAfterCorrection = true };
        // t = 1: sqrt(1 - 0.999) / (1 - 0.9) = 0.316227766; t = 3: 1 - 0.9^3 = 0.271, 1 - 0.999^3 = 0.002997001
        Assert.Equal((0.000316227766f, 1f), OptimizerClock.Factors(before, 1), new NearPair());
        Assert.Equal((0.01f, 31.6227766f), OptimizerClock.Factors(after, 1), new NearPair());
        Assert.Equal((0.001f * 0.0547448719f / 0.271f, 1f), OptimizerClock.Factors(before, 3), new NearPair());
        Assert.Equal((0.001f / 0.271f, 1f / 0.0547448719f), OptimizerClock.Factors(after, 3), new NearPair());
        Assert.Equal((0.5f, 1f), OptimizerClock.Factors(SoftmaxModel.Sgd, 7));
    }

    [Fact]
    public void A_model_without_the_accuracy_metric_reports_none()
    {
        Dataset data = ToyData.Clusters(10);
        using SoftmaxModel net = SoftmaxModel.Create(accuracy: false);
        Assert.Null(net.Fit(data, new() { Validation = data }).Epochs[0].Accuracy);
        Assert.Null(net.Evaluate(data).Accuracy);
        Assert.Null(net.TrainStep(ToyData.Images(data), ToyData.Labels(data)).Accuracy);
    }

    /// <summary>Equal within a few float roundings.</summary>
    private sealed class NearPair : IEqualityComparer<(float, float)>
    {
        public bool Equals((float, float) x, (float, float) y) => Close(x.Item1, y.Item1) && Close(x.Item2, y.Item2);

        public int GetHashCode((float, float) value) => 0;

        private static bool Close(float a, float b) => MathF.Abs(a - b) <= 4e-7f * MathF.Abs(a);
    }

    private sealed class Near(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => MathF.Abs(x - y) <= tolerance;

        public int GetHashCode(float value) => 0;
    }
}
