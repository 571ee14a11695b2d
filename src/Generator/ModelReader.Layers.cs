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
        var names = new List<string>();
        foreach (AttributeData attribute in attributes)
        {
            AttributeArguments argument = Argument(attribute);
            (LayerSpec layer, LayerSpec? activation) = new LayerReader(argument, preset).Read(argument.Text("Name"), automatic);
            names.Add(layer.Name);
            _calls.Add(layer, new CallSite(argument, null), _calls.Count - 1);
            if (activation is not null) _calls.Add(activation, new CallSite(argument, null), _calls.Count - 1);
        }

        // Names that were counted, not chosen, come first: a chosen name has to give way to them.
        CheckNames([.. Enumerable.Range(0, names.Count).OrderBy(i => _layers[i].Text("Name") is not null).Select(i => (names[i], _layers[i], _layers[i].Location("Name")))]);
        return new(_calls.ToArray());
    }

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
