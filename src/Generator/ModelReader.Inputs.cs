using System.Collections.Immutable;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

internal sealed partial class ModelReader
{
    /// <summary>Where each input's shape is said.</summary>
    private readonly List<Location> _inputs = [];

    private Location InputLocation(int index) => index < _inputs.Count ? _inputs[index] : _model.Location();

    /// <summary>The inputs: of [Model], or where Forward has several parameters, or a shape on its only one, of those. Empty where one is at fault.</summary>
    private EquatableArray<InputSpec> ReadInputs(List<IMethodSymbol> forwards)
    {
        ImageLayout layout = _model.Member("Layout", ImageLayout.ChannelsLast, ImageLayout.ChannelsFirst);
        if (_model.Failed) return [];
        ImmutableArray<IParameterSymbol> parameters = forwards is [var forward] ? forward.Parameters : [];

        // What is no Sym is no input: the check of Forward's form says so.
        if (parameters.Length > 1 && !parameters.All(IsInput)) return [];
        if (parameters.Length < 2 && !parameters.Any(static p => ShapeOf(p) is not null)) return ReadShape(_model, "input", _type.Name, null, layout) is { } only ? [only] : [];

        var inputs = new List<InputSpec>();
        foreach (IParameterSymbol parameter in parameters)
        {
            if (ShapeOf(parameter) is not { } attribute)
            {
                _inputs.Add(parameter.Locations[0]);
                Fail(DiagnosticCatalog.InputWithoutShape, parameter.Locations[0], parameter.Name, _type.Name, string.Join(", ", Axes(layout)));
                continue;
            }
            var shape = new AttributeArguments(attribute, _report, _cancellation);
            _inputs.Add(shape.Location());
            if (ReadShape(shape, "shape", parameter.Name, parameters.Length > 1 ? parameter.Name : null, layout) is { } input) inputs.Add(input);
            _failed |= shape.Failed;
        }
        if (parameters.FirstOrDefault(static p => ShapeOf(p) is not null) is { } shaped && _model.Ints("input").Length > 0)
            _model.Fault(DiagnosticCatalog.TwoShapes, _model.Location("input"), _type.Name, shaped.Name);
        return [.. inputs];
    }

    private static bool IsInput(IParameterSymbol parameter) => parameter is { RefKind: RefKind.None, IsParams: false } && Names.IsSym(parameter.Type);

    private static string[] Axes(ImageLayout layout) => layout == ImageLayout.ChannelsFirst ? ["channels", "height", "width"] : ["height", "width", "channels"];

    /// <summary>An input's shape as an attribute has it: three numbers, or on a parameter one.</summary>
    private static InputSpec? ReadShape(AttributeArguments attribute, string argument, string of, string? name, ImageLayout layout)
    {
        if (attribute.Failed) return null;
        string[] axes = Axes(layout);
        ImmutableArray<int> shape = attribute.Ints(argument);
        bool mayBeFlat = argument == "shape", isFlat = mayBeFlat && shape.Length == 1;
        if (shape.Length != 3 && !isFlat)
        {
            attribute.Fault(DiagnosticCatalog.NoInputShape, attribute.Location(), of, string.Join(", ", axes) + (mayBeFlat ? ", or of one, the values of a row" : ""), shape.Length == 0 ? "none" : Literals.Of(shape.Length));
            return null;
        }
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] is >= 1 and <= Limits.Extent) continue;
            attribute.Fault(DiagnosticCatalog.OutOfRange, attribute.Location(argument, i), isFlat ? "length" : axes[i], attribute.Title, "1 to " + Literals.Of(Limits.Extent), Literals.Of(shape[i]));
        }
        if (attribute.Failed) return null;
        InputSpec input = isFlat ? new InputSpec(1, 1, shape[0], layout) { IsFlat = true }
            : layout == ImageLayout.ChannelsFirst ? new InputSpec(shape[1], shape[2], shape[0], layout)
            : new InputSpec(shape[0], shape[1], shape[2], layout);
        return input with { Name = name };
    }

    /// <summary>Inputs become parameters of generated methods: none is another's, an output's, or what those have already.</summary>
    private void CheckInputNames(EquatableArray<InputSpec> inputs, EquatableArray<OutputSpec> outputs)
    {
        if (inputs.Count < 2) return;
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string own in new[] { "probabilities", "classes", "labels", "targets", "values", "count", "outputs", "result" }) taken[Identifiers.Pascal(own)] = "of what generated code calls something else";
        foreach (OutputSpec output in outputs)
            if (output.Name is { } name) taken[Identifiers.Pascal(name)] = "of an output";
        for (int i = 0; i < inputs.Count; i++)
        {
            string name = inputs[i].Name!, identifier = Identifiers.Pascal(name);
            string? reason = identifier.Length == 0 ? "has no letter in its name" : taken.TryGetValue(identifier, out string? owner) ? "has the name " + owner : null;
            if (reason is not null) Fail(DiagnosticCatalog.BadInputName, Parameter(name), name, _type.Name, reason);
            taken[identifier] = "of another input in generated code";
        }

        Location Parameter(string name) => _type.GetMembers(Names.Forward).OfType<IMethodSymbol>().SelectMany(static m => m.Parameters).First(p => p.Name == name && ShapeOf(p) is not null).Locations[0];
    }

    private static AttributeData? ShapeOf(IParameterSymbol parameter) =>
        parameter.GetAttributes().FirstOrDefault(static attribute => attribute.AttributeClass is { Name: Names.ShapeClass } c && InConvoke(c));
}
