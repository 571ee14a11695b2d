namespace Convoke.Cuda.Tests.Training;

/// <summary>What the emulated device drops is what the processor drops: masks of the same net side by side, element by element.</summary>
/// <remarks>
/// Only one sample of a batch has pixels, and biases start at zero. So the gradient of a dense weight is zero where its feature was dropped, and nowhere else:
/// every mask of that sample can be read off the gradients.
/// </remarks>
[Collection(DriverTests.Name)]
public sealed class DropoutMaskTests : IDisposable
{
    private const ulong Seed = 0x5_0000_0003;

    private const int Samples = 9, Passes = 3, Features = 7 * 5 * 3, Units = 50, Classes = 6;

    public DropoutMaskTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    [EmulatedFact]
    public void Processor_and_device_draw_the_same_masks()
    {
        using MaskNet cpu = MaskNet.Create(Device.CpuThreads(2), Seed), gpu = MaskNet.Create(Device.Cuda(), Seed);
        var masks = new HashSet<string>();
        (int Kept, int All) image = default, hidden = default;
        for (int pass = 0; pass < Passes; pass++)
        {
            for (int sample = 0; sample < Samples; sample++)
            {
                var random = new Random((pass * Samples) + sample);
                var images = new float[Samples * Features];
                foreach (ref float pixel in images.AsSpan(sample * Features, Features)) pixel = 0.5f + ((float)random.NextDouble() / 2);
                int[] labels = [.. Enumerable.Range(0, Samples).Select(_ => random.Next(Classes))];
                cpu.ComputeGradients(images, labels);
                gpu.ComputeGradients(images, labels);
                bool[] pixels = Kept(cpu, "hidden.kernel", Features), units = Kept(cpu, "classify.kernel", Units);
                Assert.Equal(pixels, Kept(gpu, "hidden.kernel", Features));
                Assert.Equal(units, Kept(gpu, "classify.kernel", Units));

                // Another mask for each pass, sample and site.
                Assert.True(masks.Add(string.Concat(pixels.Select(static kept => kept ? '1' : '0'))) && masks.Add(string.Concat(units.Select(static kept => kept ? '1' : '0'))));
                image = (image.Kept + pixels.Count(static kept => kept), image.All + Features);
                hidden = (hidden.Kept + units.Count(static kept => kept), hidden.All + Units);
            }
        }

        // Within three standard deviations of the rate.
        Assert.InRange(image.Kept, (0.5 * image.All) - (3 * Math.Sqrt(0.25 * image.All)), (0.5 * image.All) + (3 * Math.Sqrt(0.25 * image.All)));
        Assert.InRange(hidden.Kept, (0.75 * hidden.All) - (3 * Math.Sqrt(0.1875 * hidden.All)), (0.75 * hidden.All) + (3 * Math.Sqrt(0.1875 * hidden.All)));
    }

    /// <summary>Whether each feature of a dense layer reached it.</summary>
    private static bool[] Kept(Model net, string kernel, int features)
    {
        Parameter parameter = net.Parameters[kernel];
        var gradient = new float[parameter.Count];
        parameter.CopyGradientTo(gradient);
        return [.. Enumerable.Range(0, features).Select(feature => gradient.AsSpan(feature * (gradient.Length / features), gradient.Length / features).ContainsAnyExcept(0f))];
    }
}
