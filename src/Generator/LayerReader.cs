using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>Reads one layer attribute into the layer that it says.</summary>
internal sealed class LayerReader(AttributeArguments layer, Preset preset)
{
    private const string Supported =
        "layers are Conv2D, Dense, Flatten, Dropout, BatchNorm, Upsample, MaxPool2D, AveragePool2D, GlobalMaxPool2D and GlobalAveragePool2D";

    /// <summary>The layer, and its activation where that is a call of its own behind it: convolutions and dense layers hold ReLU and softmax themselves.</summary>
    /// <param name="given">The layer's name; null where it is counted.</param>
    /// <param name="automatic">Counts names.</param>
    public (LayerSpec Layer, LayerSpec? Activation) Read(string? given, LayerNames automatic)
    {
        switch (layer.Title)
        {
            case "Conv2D":
                (int rows, int columns) = ReadWindow("kernel", "kernelHeight", "kernelWidth");
                WindowSteps conv = new WindowReader(layer).Read(1, 1, null);
                return Activated(kind => new Conv2DSpec(given ?? automatic.Conv2D(), layer.Int("filters", 1, Limits.Extent), rows, columns, kind, layer.Flag("Bias", fallback: true))
                {
                    StrideHeight = conv.StrideHeight,
                    StrideWidth = conv.StrideWidth,
                    Padding = conv.Padding,
                });
            case "Dense":
                return Activated(kind => new DenseSpec(
                    given ?? automatic.Dense(), layer.Int("units", 1, Limits.Units), kind, layer.Flag("Bias", fallback: true), layer.OptionalInt("In", 1, int.MaxValue)));
            case "BatchNorm":
                return (ReadBatchNorm(given ?? automatic.BatchNorm()), Operations.Of(ReadActivation(), Operations.SlopeOf(preset)));
            case "MaxPool2D":
                (int maxRows, int maxColumns) = ReadWindow("size", "height", "width");
                WindowSteps max = new WindowReader(layer).Read(maxRows, maxColumns, (maxRows, maxColumns));
                return (new MaxPool2DSpec(given ?? automatic.MaxPool2D(), maxRows, maxColumns) { StrideHeight = max.StrideHeight, StrideWidth = max.StrideWidth, Padding = max.Padding }, null);
            case "AveragePool2D":
                (int meanRows, int meanColumns) = ReadWindow("size", "height", "width");
                WindowSteps mean = new WindowReader(layer).Read(meanRows, meanColumns, (meanRows, meanColumns));
                return (new AveragePool2DSpec(given ?? automatic.AveragePool2D(), meanRows, meanColumns, layer.Flag("CountsPadding", fallback: preset == Preset.PyTorch))
                {
                    StrideHeight = mean.StrideHeight,
                    StrideWidth = mean.StrideWidth,
                    Padding = mean.Padding,
                }, null);
            case "GlobalMaxPool2D":
                return (new GlobalPool2DSpec(given ?? automatic.GlobalMaxPool2D(), PoolKind.Max), null);
            case "GlobalAveragePool2D":
                return (new GlobalPool2DSpec(given ?? automatic.GlobalAveragePool2D(), PoolKind.Average), null);
            case "Upsample":
                (int height, int width) = ReadWindow("factor", "height", "width");
                return (new UpsampleSpec(given ?? automatic.Upsample(), height, width), null);
            case "Flatten":
                return (new FlattenSpec(given ?? automatic.Flatten()), null);
            case "Dropout":
                return (new DropoutSpec(given ?? automatic.Dropout(), layer.Real("rate", 0, static rate => rate is >= 0 and < 1, "at least 0 and less than 1")), null);
            default:
                layer.Fault(DiagnosticCatalog.NotSupportedYet, layer.Location(), "Layer " + layer.Title, Supported);
                return (new FlattenSpec(given ?? automatic.Flatten()), null);
        }
    }

    private (LayerSpec, LayerSpec?) Activated(Func<ActivationKind, LayerSpec> withActivation)
    {
        ActivationKind kind = ReadActivation();
        return kind is ActivationKind.None or ActivationKind.Relu or ActivationKind.Softmax
            ? (withActivation(kind), null)
            : (withActivation(ActivationKind.None), Operations.Of(kind, Operations.SlopeOf(preset)));
    }

    private BatchNormSpec ReadBatchNorm(string name)
    {
        bool keras = preset == Preset.Keras;
        double momentum = keras
            ? layer.Real("Momentum", 0.99, static value => value is >= 0 and < 1, "at least 0 and less than 1")
            : layer.Real("Momentum", 0.1, static value => value is > 0 and <= 1, "greater than 0 and at most 1");
        double epsilon = layer.Real("Epsilon", keras ? 1e-3 : 1e-5, static value => value > 0 && !double.IsInfinity(value), "a finite number greater than 0");
        return new BatchNormSpec(name, keras ? 1 - momentum : momentum, epsilon, UnbiasedRunning: !keras);
    }

    /// <summary>Rows and columns, given as one number or as two.</summary>
    private (int Height, int Width) ReadWindow(string square, string height, string width)
    {
        if (!layer.Has(square)) return (layer.Int(height, 1, Limits.Window), layer.Int(width, 1, Limits.Window));
        int side = layer.Int(square, 1, Limits.Window);
        return (side, side);
    }

    private ActivationKind ReadActivation() => layer.Member(
        "Activation", ActivationKind.None, ActivationKind.Relu, ActivationKind.Softmax, ActivationKind.LeakyRelu, ActivationKind.Gelu, ActivationKind.Silu,
        ActivationKind.Sigmoid, ActivationKind.Tanh, ActivationKind.LogSoftmax);
}
