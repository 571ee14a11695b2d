namespace Convoke.Benchmarks.Programs;

/// <summary>A network in words that all contenders can build from. The annotated class says the same; <see cref="SameFunction"/> holds both to it.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Channels">Channels of the image.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Create">Makes the Convoke model, whose images are NHWC and whose parameters have PyTorch's axis orders.</param>
/// <param name="Layers">In order; the last yields the logits, of the image or of each of its pixels.</param>
internal sealed record ProgramSpec(string Name, int Height, int Width, int Channels, int Batch, Func<Device, Model> Create, params IReadOnlyList<Layer> Layers)
{
    /// <summary>Whether a prediction ends in logits, and the targets are class indices; else in probabilities, with one-hot targets.</summary>
    public bool EndsInLogits { get; init; }

    /// <summary>The same network without dropout: its gradients can be compared, as those behind drawn masks cannot.</summary>
    public ProgramSpec? WithoutDropout { get; init; }

    /// <summary>Floats of one image.</summary>
    public int SampleLength => Height * Width * Channels;

    /// <summary>Classes.</summary>
    public int Classes => Shapes.Last().Channels;

    /// <summary>Pixels that are classified, 1 where the whole image is.</summary>
    public int Pixels => Shapes.Last() is var (height, width, _) ? height * width : 1;

    /// <summary>Floats of one prediction.</summary>
    public int OutputLength => Pixels * Classes;

    /// <summary>The layers with the image (height, width, channels) that each receives; a flat vector is 1 x 1 x features.</summary>
    public IEnumerable<(Layer Layer, int Height, int Width, int Channels)> Walk() =>
        Layers.Zip(Shapes, static (layer, shape) => (layer, shape.Height, shape.Width, shape.Channels));

    /// <summary>The image before each layer, and behind the last.</summary>
    private IEnumerable<(int Height, int Width, int Channels)> Shapes
    {
        get
        {
            (int h, int w, int c) = (Height, Width, Channels);
            var marks = new Dictionary<string, int>();
            yield return (h, w, c);
            foreach (Layer layer in Layers)
            {
                if (layer is Mark mark) marks[mark.Name] = c;
                (h, w, c) = layer switch
                {
                    Conv conv => (conv.Out(h), conv.Out(w), conv.Filters),
                    Pool pool => (h / pool.Size, w / pool.Size, c),
                    GlobalMax or GlobalMean => (1, 1, c),
                    Upsample up => (h * up.Factor, w * up.Factor, c),
                    Join join => (h, w, c + marks[join.With]),
                    Dense dense => (1, 1, dense.Units),
                    _ => (h, w, c),
                };
                yield return (h, w, c);
            }
        }
    }
}
