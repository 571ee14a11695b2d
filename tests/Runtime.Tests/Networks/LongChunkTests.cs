namespace Convoke.Runtime.Tests.Networks;

/// <summary>A dense layer of 16 MiB, so that a task takes 32 images at a time, behind a convolution whose kernels take eight at once; and values of 4 and 8 KiB, behind which gaps are left.</summary>
[Model(8, 8, 1, Defaults = Defaults.PyTorch)]
[Conv2D(128, 3, Padding = Padding.Same, Activation = Activation.Relu), MaxPool2D(2), Conv2D(128, 3, Padding = Padding.Same, Activation = Activation.Relu)]
[Flatten, Dense(2048, Activation = Activation.Relu), Dense(1024, Activation = Activation.Relu), Dense(3)]
[Adam, CrossEntropy]
public partial class LongChunkNet;

/// <summary>Chunks of 32 images yield what chunks of fewer do.</summary>
public class LongChunkTests
{
    private const int Count = 43, Pixels = 8 * 8, Classes = 3;

    /// <summary>43 images are a chunk of 32 and one of 11, and those are parts of 8 and of 3: each is what it is alone.</summary>
    [Fact]
    public void A_prediction_is_that_of_each_image_alone()
    {
        using LongChunkNet net = LongChunkNet.Create(Device.CpuThreads(2), seed: 5);
        (float[] images, _) = Data(Count);
        float[] together = new float[Count * Classes], alone = new float[Classes];
        net.Predict(images, together);
        for (int n = 0; n < Count; n++)
        {
            net.Predict(images.AsSpan(n * Pixels, Pixels), alone);
            Assert.Equal(alone, together[(n * Classes)..((n + 1) * Classes)]);
        }
    }

    /// <summary>Gradients of five batches of eight, which no kernel takes in parts, have those of forty as their mean; with one thread and two to the bit.</summary>
    [Fact]
    public void Gradients_are_the_mean_of_those_of_parts()
    {
        const int Parts = 5, Part = 8;
        using LongChunkNet net = LongChunkNet.Create(Device.CpuThreads(1), seed: 5), two = LongChunkNet.Create(Device.CpuThreads(2), seed: 5);
        (float[] images, int[] labels) = Data(Parts * Part);
        float[][] means = [.. net.Parameters.Select(static p => new float[p.Count])];
        for (int part = 0; part < Parts; part++)
        {
            net.ComputeGradients(images.AsSpan(part * Part * Pixels, Part * Pixels), labels.AsSpan(part * Part, Part));
            foreach ((float[] mean, float[] gradient) in means.Zip(Gradients(net)))
                for (int i = 0; i < mean.Length; i++) mean[i] += gradient[i] / Parts;
        }

        net.ComputeGradients(images, labels);
        two.ComputeGradients(images, labels);
        float[][] whole = Gradients(net);
        Assert.All(Gradients(two).Zip(whole), static pair => Assert.Equal(pair.Second, pair.First));
        foreach ((float[] mean, float[] gradient) in means.Zip(whole))
        {
            double largest = gradient.Max(Math.Abs);
            Assert.True(largest > 0);
            for (int i = 0; i < mean.Length; i++) Assert.True(Math.Abs(mean[i] - gradient[i]) <= 1e-5 * largest, $"{mean[i]}, {gradient[i]} of {largest}");
        }
    }

    private static float[][] Gradients(LongChunkNet net)
    {
        float[][] gradients = [.. net.Parameters.Select(static p => new float[p.Count])];
        for (int i = 0; i < gradients.Length; i++) net.Parameters[i].CopyGradientTo(gradients[i]);
        return gradients;
    }

    private static (float[] Images, int[] Labels) Data(int count)
    {
        var random = new System.Random(7);
        return ([.. Enumerable.Range(0, count * Pixels).Select(_ => (2 * random.NextSingle()) - 1)], [.. Enumerable.Range(0, count).Select(n => n % Classes)]);
    }
}
