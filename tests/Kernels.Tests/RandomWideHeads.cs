using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random models of one convolution behind which the last dense layer stands, which has at least 1024 features: grey and coloured images, strides, padding, pooled or not, with and without bias, ReLU and dropout.</summary>
/// <remarks>Numbers lie on the grid of <see cref="RandomModels"/>, and what dropout multiplies by is a power of two.</remarks>
internal static class RandomWideHeads
{
    private const int MinFeatures = 1024;

    private static readonly int[] Channels = [1, 1, 1, 2, 3], Filters = [16, 20, 32, 32, 48, 64], Batches = [1, 2, 3, 5, 17, 19];

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 6_000_000);
        int channels = Channels[random.Next(Channels.Length)], filters = Filters[random.Next(Filters.Length)], stride = random.Next(5) == 0 ? 2 : 1, largest = channels == 1 ? 5 : 3;
        bool pooled = random.Next(4) > 0;
        var conv = new Conv2DSpec("conv", filters, random.Next(3) > 0 ? 3 : random.Next(1, largest + 1), random.Next(3) > 0 ? 3 : random.Next(1, largest + 1), random.Next(4) > 0 ? ActivationKind.Relu : ActivationKind.None, random.Next(4) > 0)
        {
            StrideHeight = stride,
            StrideWidth = stride,
            Padding = random.Next(3) == 0 ? PaddingSpec.Same : PaddingSpec.Valid,
        };
        (int height, int width) = (random.Next(8, 12), random.Next(8, 12));
        while (Features() < MinFeatures) (height, width) = (height + random.Next(1, 3), width + random.Next(1, 3));
        var layers = new List<LayerSpec> { conv };
        if (pooled) layers.Add(new MaxPool2DSpec("pool", 2, 2));
        if (random.Next(3) == 0) layers.Add(new DropoutSpec("drop", 0.5));
        layers.Add(new FlattenSpec("flatten"));
        layers.Add(new DenseSpec("scores", random.Next(2, 17), ActivationKind.None, random.Next(4) > 0, null));
        return Models.Of(new(height, width, channels, (ImageLayout)random.Next(2)), (Preset)random.Next(2), LossKind.CrossEntropy, random.Next(2) == 0 ? new SgdSpec(0.125) : Models.KerasAdam, [.. layers]) with { Name = $"Wide{seed}" };

        int Features()
        {
            Window window = conv.WindowOn(height, width);
            int pool = pooled ? 2 : 1;
            return window.Rows(height) / pool * (window.Columns(width) / pool) * filters;
        }
    }

    public static int BatchSize(int seed) => Batches[seed % Batches.Length];
}
