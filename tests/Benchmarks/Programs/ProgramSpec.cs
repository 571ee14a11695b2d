namespace Convoke.Benchmarks.Programs;

/// <summary>One layer, as every contender builds it.</summary>
internal abstract record Layer;

/// <summary>Square convolution, stride 1, no padding, with bias.</summary>
internal sealed record Conv(int Filters, int Kernel, bool Relu = true) : Layer;

/// <summary>Square max-pooling, windows do not overlap.</summary>
internal sealed record Pool(int Size) : Layer;

/// <summary>Fully connected with bias; the first one flattens what it receives.</summary>
internal sealed record Dense(int Units, bool Relu = true) : Layer;

/// <summary>A network in words that all contenders can build from. The annotated class says the same; <see cref="SameFunction"/> holds both to it.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Channels">Channels of the image.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Create">Makes the Convoke model, whose images are NHWC and whose parameters have PyTorch's axis orders.</param>
/// <param name="Layers">In order; the last is a Dense without ReLU whose output are the logits.</param>
internal sealed record ProgramSpec(string Name, int Height, int Width, int Channels, int Batch, Func<Device, Model> Create, params IReadOnlyList<Layer> Layers)
{
    /// <summary>Floats of one image.</summary>
    public int SampleLength => Height * Width * Channels;

    /// <summary>Logits per image.</summary>
    public int Classes => ((Dense)Layers[^1]).Units;

    /// <summary>The layers with the image (height, width, channels) that each receives; a flat vector is 1 x 1 x features.</summary>
    public IEnumerable<(Layer Layer, int Height, int Width, int Channels)> Walk()
    {
        (int h, int w, int c) = (Height, Width, Channels);
        foreach (Layer layer in Layers)
        {
            yield return (layer, h, w, c);
            (h, w, c) = layer switch
            {
                Conv conv => (h - conv.Kernel + 1, w - conv.Kernel + 1, conv.Filters),
                Pool pool => (h / pool.Size, w / pool.Size, c),
                Dense dense => (1, 1, dense.Units),
                _ => throw new InvalidOperationException($"No shape rule for {layer.GetType().Name}."),
            };
        }
    }
}
