using Convoke.Parity;

namespace Convoke.Oracle;

/// <summary>Program A's first loss in plain loops and double, without TorchSharp: do both sides read the shared formula in the same way?</summary>
internal static class SelfCheck
{
    private const int Filters = 32;
    private const int Size = 28;
    private const int Pooled = 13;

    /// <summary>Mean cross entropy of step 1 at the start weights.</summary>
    public static double FirstLossOfA()
    {
        var tensors = ParityProgram.A.Tensors;
        float[] kernel = SeededTensors.Weights(tensors[0]), kernelBias = SeededTensors.Weights(tensors[1]);
        float[] dense = SeededTensors.Weights(tensors[2]), denseBias = SeededTensors.Weights(tensors[3]);
        var count = ParityProgram.BatchSizeAt(1);
        var images = new float[count * SeededTensors.ImageSize];
        var labels = new int[count];
        SeededTensors.Batch(1, count, images, labels);
        double total = 0;
        for (var n = 0; n < count; n++)
        {
            var features = Features(images.AsSpan(n * SeededTensors.ImageSize, SeededTensors.ImageSize), kernel, kernelBias);
            var logits = new double[SeededTensors.Classes];
            for (var o = 0; o < logits.Length; o++)
            {
                logits[o] = denseBias[o];
                for (var i = 0; i < features.Length; i++)
                    logits[o] += features[i] * dense[o * features.Length + i];
            }
            total += Math.Log(logits.Sum(Math.Exp)) - logits[labels[n]];
        }
        return total / count;
    }

    /// <summary>Convolution, relu and pooling of one image: [filter, row, column] flattened.</summary>
    private static double[] Features(ReadOnlySpan<float> image, float[] kernel, float[] bias)
    {
        var features = new double[Filters * Pooled * Pooled];
        for (var f = 0; f < Filters; f++)
            for (var y = 0; y < 2 * Pooled; y++)
                for (var x = 0; x < 2 * Pooled; x++)
                {
                    double value = bias[f];
                    for (var ky = 0; ky < 3; ky++)
                        for (var kx = 0; kx < 3; kx++)
                            value += (double)kernel[f * 9 + ky * 3 + kx] * image[(y + ky) * Size + x + kx];
                    // Features start at zero, so the maximum is the relu too.
                    ref var feature = ref features[(f * Pooled + y / 2) * Pooled + x / 2];
                    feature = Math.Max(feature, value);
                }
        return features;
    }
}
