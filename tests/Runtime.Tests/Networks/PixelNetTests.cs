namespace Convoke.Runtime.Tests.Networks;

/// <summary>Models with a class a pixel, and with normalizations: what is measured, what is predicted after more training, and what is refused.</summary>
public class PixelNetTests
{
    private const int Pixels = 32 * 32, Samples = 11;

    private static (byte[] Images, int[] Labels) Data()
    {
        var random = new System.Random(9);
        var images = new byte[Samples * Pixels];
        random.NextBytes(images);
        return (images, [.. images.Select(static pixel => pixel * 3 / 256)]);
    }

    private static Dataset Set()
    {
        (byte[] images, int[] labels) = Data();
        return Dataset.FromBytes("thirds", images, labels, 32, 32, 1, 3, Layout.ChannelsFirst, Pixels);
    }

    /// <summary>Accuracy is over pixels: what Evaluate says is what the predicted classes count to, in slices of any size.</summary>
    [Theory, InlineData(4), InlineData(64)]
    public void Accuracy_counts_pixels(int batch)
    {
        using var net = UNet.Create(Device.CpuThreads(2), seed: 5);
        net.Fit(Set(), new() { Epochs = 3, BatchSize = 4 });
        (byte[] bytes, int[] labels) = Data();
        var classes = new int[labels.Length];
        net.PredictClasses([.. bytes.Select(static b => b / 255f)], classes);
        double right = classes.Zip(labels, static (a, b) => a == b ? 1 : 0).Sum() / (double)labels.Length;
        Assert.Equal(right, net.Evaluate(Set(), batch).Accuracy!.Value, 1e-9);
        Assert.True(right > 0.4, $"{right:P1} of the pixels right, a third by chance");
    }

    /// <summary>With channels first the output is [K,P,Q]: a pixel's class is the largest of values a map apart.</summary>
    [Fact]
    public void Classes_are_the_largest_of_the_output()
    {
        using var net = UNet.Create(Device.CpuThreads(1), seed: 5);
        float[] images = [.. Data().Images.Select(static b => b / 255f)], output = new float[Samples * 3 * Pixels];
        var classes = new int[Samples * Pixels];
        net.Predict(images, output);
        net.PredictClasses(images, classes);
        for (int i = 0; i < classes.Length; i++)
        {
            int at = (i / Pixels * 3 * Pixels) + (i % Pixels);
            Assert.Equal(Enumerable.Range(0, 3).MaxBy(k => output[at + (k * Pixels)]), classes[i]);
        }
    }

    /// <summary>Prediction reads weights into which normalizations went: they are made anew after each step, and after parameters were set.</summary>
    [Fact]
    public void A_prediction_after_more_training_knows_of_it()
    {
        (byte[] bytes, int[] labels) = Data();
        float[] images = [.. bytes.Select(static b => b / 255f)], before = new float[Samples * 3 * Pixels], after = new float[before.Length], copied = new float[before.Length];
        using var net = UNet.Create(Device.CpuThreads(1), seed: 5);
        net.Predict(images, before);
        net.TrainStep(images, labels);
        net.Predict(images, after);
        Assert.NotEqual(before, after);

        using var other = UNet.Create(Device.CpuThreads(1), seed: 6);
        other.Predict(images, copied);
        foreach (Parameter parameter in net.Parameters) other.Parameters[parameter.Name].CopyFrom(parameter.ToArray());
        other.Predict(images, copied);
        Assert.Equal(after, copied);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        (byte[] bytes, int[] labels) = Data();
        float[] images = [.. bytes.Select(static b => b / 255f)];
        using var net = UNet.Create(Device.CpuThreads(1), seed: 5);
        Assert.Contains("11 samples of 1024 pixels need 11 x 1024 = 11264 labels, got 11", Assert.Throws<ShapeMismatchException>(() => net.TrainStep(images, labels.AsSpan(0, Samples))).Message, StringComparison.Ordinal);
        labels[(2 * Pixels) + 7] = 3;
        Assert.Contains("the label of pixel 7 of sample 2 is 3", Assert.Throws<LabelException>(() => net.TrainStep(images, labels)).Message, StringComparison.Ordinal);
        Dataset whole = Dataset.FromBytes("whole", bytes, new int[Samples], 32, 32, 1, 3, Layout.ChannelsFirst);
        Assert.Contains("a label for each of 1024 pixels, the data set \"whole\" has 1 a sample", Assert.Throws<ShapeMismatchException>(() => net.Evaluate(whole)).Message, StringComparison.Ordinal);
        Assert.Contains("call PredictClasses", Assert.Throws<InvalidOperationException>(() => net.PredictClass(images.AsSpan(0, Pixels))).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeMismatchException>(() => Dataset.FromBytes("torn", bytes, new int[Pixels + 1], 32, 32, 1, 3, Layout.ChannelsFirst, Pixels));

        Parameter statistic = net.Parameters["enc1_norm.running_var"];
        Assert.False(statistic.IsTrained);
        Assert.Contains("running statistic", Assert.Throws<InvalidOperationException>(() => statistic.CopyGradientTo(new float[statistic.Count])).Message, StringComparison.Ordinal);
    }
}
