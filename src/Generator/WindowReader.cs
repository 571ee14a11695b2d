using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>How a layer's window moves, and how far it reaches beyond the image.</summary>
internal readonly record struct WindowSteps(int StrideHeight, int StrideWidth, PaddingSpec Padding);

/// <summary>Reads stride and padding of a layer with windows, each of which can be said in two ways, but not in both.</summary>
internal sealed class WindowReader(AttributeArguments layer)
{
    /// <param name="strideHeight">Stride where it is left out.</param>
    /// <param name="strideWidth">Likewise.</param>
    /// <param name="pooled">The window of a pooling. Its explicit padding is at most half of it, as in PyTorch: every window then stands on some pixel of the image.</param>
    public WindowSteps Read(int strideHeight, int strideWidth, (int Height, int Width)? pooled)
    {
        layer.RefuseBeside("Stride", "StrideHeight", "StrideWidth");
        layer.RefuseBeside("Padding", "Pad", "PadTop", "PadLeft", "PadBottom", "PadRight");
        layer.RefuseBeside("Pad", "PadTop", "PadLeft", "PadBottom", "PadRight");
        int both = layer.OptionalInt("Stride", 1, Limits.Window) ?? 0;
        return new(
            both > 0 ? both : layer.OptionalInt("StrideHeight", 1, Limits.Window) ?? strideHeight,
            both > 0 ? both : layer.OptionalInt("StrideWidth", 1, Limits.Window) ?? strideWidth,
            ReadPadding(pooled));
    }

    private PaddingSpec ReadPadding((int Height, int Width)? pooled)
    {
        if (layer.Has("Padding")) return layer.Member("Padding", PaddingSpec.Valid, PaddingSpec.Same);
        (int rows, int columns) = pooled is { } window ? (window.Height / 2, window.Width / 2) : (Limits.Window, Limits.Window);
        string why = pooled is null ? "" : ", half of the window,";
        int all = layer.Int("Pad", 0, Math.Min(rows, columns), why);
        var padding = new PaddingSpec(
            PaddingKind.Explicit, Side("PadTop", rows), Side("PadLeft", columns), Side("PadBottom", rows), Side("PadRight", columns));
        return padding with { Kind = PaddingKind.Valid } == PaddingSpec.Valid ? PaddingSpec.Valid : padding;

        int Side(string name, int most) => layer.Has(name) ? layer.Int(name, 0, most, why) : all;
    }
}
