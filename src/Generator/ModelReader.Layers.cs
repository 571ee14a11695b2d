using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator;

internal sealed partial class ModelReader
{
    private EquatableArray<CallSpec> ReadLayers(Preset preset)
    {
        List<AttributeData> attributes = LayersInSourceOrder();
        if (attributes.Count == 0) Fail(DiagnosticCatalog.NoLayers, ClassLocation(), _type.Name);

        var automatic = new LayerNames(preset);
        foreach (AttributeData attribute in attributes)
        {
            AttributeArguments layer = Argument(attribute);
            _calls.Add(ReadLayer(layer, layer.Text("Name"), automatic), new CallSite(layer, null), _calls.Count == 0 ? CallSpec.ModelInput : _calls.Count - 1);
        }

        // Names that were counted, not chosen, come first: a chosen name has to give way to them.
        CheckNames([.. Enumerable.Range(0, _calls.Count).OrderBy(i => _layers[i].Text("Name") is not null).Select(i => (_calls[i].Layer.Name, _layers[i], _layers[i].Location("Name")))]);
        return new(_calls.ToArray());
    }

    /// <param name="layer">The attribute.</param>
    /// <param name="given">The layer's name; null where it is counted.</param>
    /// <param name="automatic">Counts names.</param>
    private static LayerSpec ReadLayer(AttributeArguments layer, string? given, LayerNames automatic)
    {
        switch (layer.Title)
        {
            case "Conv2D":
                (int kernelHeight, int kernelWidth) = ReadWindow(layer, "kernel", "kernelHeight", "kernelWidth");
                return new Conv2DSpec(
                    given ?? automatic.Conv2D(), layer.Int("filters", 1, Limits.Extent), kernelHeight, kernelWidth, ReadActivation(layer), layer.Flag("Bias", fallback: true));
            case "MaxPool2D":
                (int poolHeight, int poolWidth) = ReadWindow(layer, "size", "height", "width");
                return new MaxPool2DSpec(given ?? automatic.MaxPool2D(), poolHeight, poolWidth);
            case "Flatten":
                return new FlattenSpec(given ?? automatic.Flatten());
            case "Dense":
                return new DenseSpec(
                    given ?? automatic.Dense(), layer.Int("units", 1, Limits.Units), ReadActivation(layer), layer.Flag("Bias", fallback: true), layer.OptionalInt("In", 1, int.MaxValue));
            case "Dropout":
                return new DropoutSpec(given ?? automatic.Dropout(), layer.Real("rate", 0, static rate => rate is >= 0 and < 1, "at least 0 and less than 1"));
            default:
                layer.Fault(DiagnosticCatalog.NotSupportedYet, layer.Location(), "Layer " + layer.Title, "layers are Conv2D, MaxPool2D, Flatten and Dense");
                return new FlattenSpec(given ?? automatic.Flatten());
        }
    }

    /// <summary>Rows and columns of a window, given as one number or as two.</summary>
    private static (int Height, int Width) ReadWindow(AttributeArguments layer, string square, string height, string width)
    {
        if (!layer.Has(square)) return (layer.Int(height, 1, Limits.Window), layer.Int(width, 1, Limits.Window));
        int side = layer.Int(square, 1, Limits.Window);
        return (side, side);
    }

    private static ActivationKind ReadActivation(AttributeArguments layer) =>
        layer.Member("Activation", ActivationKind.None, ActivationKind.Relu, ActivationKind.Softmax);

    /// <summary>
    /// The layer attributes of the one declaration that may have them, in the order of their text; C# itself calls the order of attributes
    /// insignificant, and across partial declarations it is the order in which the compiler was handed the files.
    /// </summary>
    private List<AttributeData> LayersInSourceOrder()
    {
        var layers = new List<AttributeData>();
        foreach (AttributeData attribute in _type.GetAttributes())
            if (IsKind(attribute, Names.LayerBase) && attribute.ApplicationSyntaxReference is not null) layers.Add(attribute);
        if (layers.Count == 0) return layers;

        // [Model]'s own declaration has the first right to them; otherwise the file whose path comes first, which no order of files changes.
        ClassDeclarationSyntax? owner = layers.Exists(layer => DeclarationOf(layer) == _declaration)
            ? _declaration
            : layers.Select(DeclarationOf).OrderBy(static d => d!.SyntaxTree.FilePath, StringComparer.Ordinal).ThenBy(static d => d!.SpanStart).First();
        foreach (IGrouping<ClassDeclarationSyntax?, AttributeData> other in layers.Where(layer => DeclarationOf(layer) != owner).GroupBy(DeclarationOf))
            Fail(DiagnosticCatalog.SplitLayers, LocationOf(other.OrderBy(SpanStart).First()), _type.Name);
        return [.. layers.Where(layer => DeclarationOf(layer) == owner).OrderBy(SpanStart)];

        static int SpanStart(AttributeData attribute) => attribute.ApplicationSyntaxReference!.Span.Start;
        static Location LocationOf(AttributeData attribute) =>
            Location.Create(attribute.ApplicationSyntaxReference!.SyntaxTree, attribute.ApplicationSyntaxReference.Span);
    }

    /// <summary>Names are identifiers, and none is another's; generated code writes "fc_a" as FcA.</summary>
    private void CheckNames((string Name, AttributeArguments Layer, Location At)[] layers)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, AttributeArguments layer, Location at) in layers)
        {
            string identifier = Identifiers.Pascal(name);
            if (!IsIdentifier(name)) BadName("must be an ASCII letter, then letters, digits or underscores");
            else if (!taken.TryGetValue(identifier, out string? other)) taken.Add(identifier, name);
            else BadName(other == name ? "is taken by another layer of " + _type.Name : "reads like '" + other + "' in generated code");

            void BadName(string reason) => layer.Fault(DiagnosticCatalog.BadLayerName, at, name, reason);
        }
    }

    private static bool IsIdentifier(string name)
    {
        if (name.Length == 0 || name[0] is '_' or (>= '0' and <= '9')) return false;
        foreach (char c in name)
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_')) return false;
        return true;
    }

    private static bool IsKind(AttributeData attribute, string baseName)
    {
        for (INamedTypeSymbol? type = attribute.AttributeClass?.BaseType; type is not null; type = type.BaseType)
            if (type.Name == baseName && InConvoke(type)) return true;
        return false;
    }
}
