using System.Collections.Immutable;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

internal sealed partial class ModelReader
{
    private readonly Dictionary<IMethodSymbol, LayerDeclaration> _declarations = new(SymbolEqualityComparer.Default);
    private readonly List<LayerMethod> _methods = [];

    /// <summary>Whether the class is written in the second form: layers as methods, and Forward that calls them.</summary>
    private bool HasForward(out List<IMethodSymbol> layers, out List<IMethodSymbol> forwards)
    {
        layers = [.. _type.GetMembers().OfType<IMethodSymbol>().Where(static method => LayersOf(method).Count > 0).OrderBy(static m => m.Locations[0].SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(static m => m.Locations[0].SourceSpan.Start)];
        forwards = [.. _type.GetMembers(Names.Forward).OfType<IMethodSymbol>().Where(static m => MentionsSym(m.ReturnType) || m.Parameters.Any(static p => MentionsSym(p.Type)))];
        return layers.Count > 0 || forwards.Count > 0;

        static bool MentionsSym(ITypeSymbol type) => Names.IsSym(type) || (type is INamedTypeSymbol { IsTupleType: true } tuple && tuple.TupleElements.Any(static e => MentionsSym(e.Type)));
    }

    private (EquatableArray<CallSpec> Calls, EquatableArray<OutputSpec> Outputs) ReadForward(Preset preset, List<IMethodSymbol> layers, List<IMethodSymbol> forwards)
    {
        if (LayersInSourceOrder() is [var onClass, ..])
            Fail(DiagnosticCatalog.TwoForms, Argument(onClass).Location(), _type.Name, forwards.Count > 0 ? "in Forward" : "as methods");
        foreach (IMethodSymbol method in layers) ReadLayerMethod(method, preset);
        CheckMethodNames();

        _outputsAreKnown = false;
        if (!CheckForward(forwards) || _failed) return ([], []);
        IMethodSymbol forward = forwards[0];
        object? result;
        try
        {
            result = new ForwardInterpreter(_declarations, new MethodBodies(_compilation, _cancellation), _calls, preset, _report, _cancellation).Run(forward);
        }
        catch (UnreadableException)
        {
            _failed = true;
            return ([], []);
        }

        foreach (LayerDeclaration layer in _declarations.Values)
            if (!layer.IsCalled) _report?.Invoke(DiagnosticCatalog.LayerNeverCalled, layer.Method.Locations[0], null, layer.Method.Name, _type.Name);
        EquatableArray<OutputSpec> outputs = ReadOutputs(forward, result);
        _outputsAreKnown = outputs.Count > 0;
        return (new(_calls.ToArray()), outputs);
    }

    private void ReadLayerMethod(IMethodSymbol method, Preset preset)
    {
        List<AttributeData> attributes = LayersOf(method);
        string generated = HintStem + ".g.cs";
        string? reason = WhyNoLayer(method, attributes, generated);
        if (reason is not null)
        {
            Fail(DiagnosticCatalog.BadLayerMethod, method.Locations[0], method.Name, reason);
        }
        else
        {
            AttributeArguments attribute = Argument(attributes[0]);
            (LayerSpec layer, LayerSpec? activation) = new LayerReader(attribute, preset).Read(attribute.Text("Name") ?? LayerNames.OfMethod(method.Name), new LayerNames(preset));
            bool indexed = method.Parameters.Length > 1;
            _declarations.Add(method, new LayerDeclaration(method, attribute, layer, activation, indexed));
            if (LayerMethodReader.Write(method, layer.Name + (indexed ? LayerNames.IndexSeparator(preset) : ""), activation, generated) is { } good) _methods.Add(good);
            return;
        }
        if (LayerMethodReader.Write(method, null, null, generated) is { } faulty) _methods.Add(faulty);
    }

    private static string? WhyNoLayer(IMethodSymbol method, List<AttributeData> attributes, string generated) =>
        attributes.Count > 1 ? "has more than one layer attribute" : LayerMethodReader.WhyNoLayer(method, generated);

    private void CheckMethodNames()
    {
        LayerDeclaration[] layers = [.. _declarations.Values.OrderBy(static layer => layer.Attribute.Text("Name") is not null)];
        CheckNames([.. layers.Select(static layer => (layer.Layer.Name, layer.Attribute, layer.Attribute.Text("Name") is null ? layer.Method.Locations[0] : layer.Attribute.Location("Name")))]);
    }

    private bool CheckForward(List<IMethodSymbol> forwards)
    {
        if (forwards.Count != 1)
        {
            Fail(DiagnosticCatalog.BadForward, forwards.Count == 0 ? ClassLocation() : forwards[1].Locations[0], _type.Name, forwards.Count == 0 ? "has no Forward" : "has more than one Forward");
            return false;
        }

        IMethodSymbol forward = forwards[0];
        IParameterSymbol? wrong = forward.Parameters.FirstOrDefault(static p => !IsInput(p));
        if (wrong is not null && forward.Parameters.Length > 1)
        {
            Fail(DiagnosticCatalog.BadForward, wrong.Locations[0], Names.Forward, $"takes {wrong.Name}, which is no Sym by value");
            return false;
        }
        string? reason = !forward.IsStatic ? "is not static"
            : forward.IsGenericMethod ? "is generic"
            : forward.Parameters.Length == 0 || wrong is not null ? "does not take a Sym"
            : !Names.IsSym(forward.ReturnType) && !(forward.ReturnType is INamedTypeSymbol { IsTupleType: true } tuple && tuple.TupleElements.All(static e => Names.IsSym(e.Type))) ? "does not return a Sym or a tuple of them"
            : null;
        if (reason is not null) Fail(DiagnosticCatalog.BadForward, forward.Locations[0], Names.Forward, reason);
        return reason is null;
    }

    private EquatableArray<OutputSpec> ReadOutputs(IMethodSymbol forward, object? result)
    {
        var outputs = new List<OutputSpec>();
        object?[] values = result is SequenceValue sequence ? sequence.Items : [result];
        if (result is SequenceValue && !CheckOutputNames(((INamedTypeSymbol)forward.ReturnType).TupleElements)) return [];
        for (int i = 0; i < values.Length; i++)
        {
            string? name = result is SequenceValue && ((INamedTypeSymbol)forward.ReturnType).TupleElements[i] is { IsExplicitlyNamedTupleElement: true } element ? element.Name : null;
            if (values[i] is SymValue value && !CallSpec.IsInput(value.Call))
            {
                outputs.Add(new OutputSpec(name, value.Call));
                continue;
            }
            Fail(DiagnosticCatalog.BadForward, forward.Locations[0], Names.Forward, values[i] is SymValue ? "returns its input as it came" : "returns null");
            return [];
        }
        return new([.. outputs]);
    }

    /// <summary>Outputs have names that become members of the generated class: none is another's, or what that has already.</summary>
    private bool CheckOutputNames(ImmutableArray<IFieldSymbol> elements)
    {
        var taken = new HashSet<string>(["Outputs", "Images", "Count", "Equals", "GetHashCode", "GetType", "ToString", "Finalize", "MemberwiseClone", "ReferenceEquals"], StringComparer.Ordinal);
        for (int i = 0; i < elements.Length; i++)
        {
            string property = Identifiers.Pascal(elements[i].Name);
            string? reason = !elements[i].IsExplicitlyNamedTupleElement ? "has no name" : property.Length == 0 || !taken.Add(property) ? "has the name of another member of generated code" : null;
            if (reason is null) continue;
            Fail(DiagnosticCatalog.BadOutputName, elements[i].Locations[0], elements[i].IsExplicitlyNamedTupleElement ? "Output " + elements[i].Name : "Output " + Literals.Of(i + 1), _type.Name, reason);
            return false;
        }
        return true;
    }

    private static List<AttributeData> LayersOf(IMethodSymbol method) =>
        [.. method.GetAttributes().Where(static attribute => IsKind(attribute, Names.LayerBase) && attribute.ApplicationSyntaxReference is not null)];

    private AttributeArguments Argument(AttributeData attribute)
    {
        var arguments = new AttributeArguments(attribute, _report, _cancellation);
        _layers.Add(arguments);
        return arguments;
    }
}
