using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests;

/// <summary>Seeded random models that begin with two convolutions: grey and coloured images, odd sizes, strides, padding, pooled or not, with and without bias, ReLU and dropout.</summary>
/// <remarks>Numbers lie on the grid of <see cref="RandomModels"/>, and what dropout multiplies by is a power of two.</remarks>
internal static class RandomStacks
{
    private static readonly int[] Channels = [1, 1, 2, 3, 3, 4, 5], FirstFilters = [16, 20, 32, 32, 48, 64], SecondFilters = [16, 24, 32, 64, 64, 96], Batches = [1, 2, 3, 5];

    public static ModelSpec Model(int seed)
    {
        var random = new Random(seed + 5_000_000);
        var layers = new List<LayerSpec>();
        int side = seed % 4 == 3 ? 17 : 11;
        var input = new InputSpec(random.Next(7, side), random.Next(7, side), Channels[random.Next(Channels.Length)], (ImageLayout)random.Next(2));
        (int h, int w) = (input.Height, input.Width);
        Add("first", FirstFilters, random.Next(4) == 0 ? 2 : 1, 5);
        Add("second", SecondFilters, random.Next(8) == 0 ? 2 : 1, 3);
        layers.Add(new FlattenSpec("flatten"));
        layers.Add(new DenseSpec("head", random.Next(2, 12), ActivationKind.None, true, null));
        return Models.Of(input, (Preset)random.Next(2), LossKind.CrossEntropy, new SgdSpec(0.125), [.. layers]) with { Name = $"Stack{seed}" };

        void Add(string name, int[] filters, int stride, int largest)
        {
            int r = random.Next(3) > 0 ? 3 : random.Next(1, largest + 1), s = random.Next(3) > 0 ? 3 : random.Next(1, largest + 1);
            bool same = random.Next(3) == 0;
            (r, s) = (Math.Min(r, h), Math.Min(s, w));
            var conv = new Conv2DSpec(name, filters[random.Next(filters.Length)], r, s, random.Next(4) > 0 ? ActivationKind.Relu : ActivationKind.None, random.Next(4) > 0)
            {
                StrideHeight = stride,
                StrideWidth = stride,
                Padding = same ? PaddingSpec.Same : PaddingSpec.Valid,
            };
            layers.Add(conv);
            Window window = conv.WindowOn(h, w);
            (h, w) = (window.Rows(h), window.Columns(w));
            if (Math.Min(h, w) >= 2 && random.Next(3) > 0)
            {
                layers.Add(new MaxPool2DSpec(name + "_pool", 2, 2));
                (h, w) = (h / 2, w / 2);
            }

            if (random.Next(2) == 0) layers.Add(new DropoutSpec(name + "_drop", random.Next(2) == 0 ? 0.5 : 0.75));
        }
    }

    public static int BatchSize(int seed) => Batches[seed % Batches.Length];
}
