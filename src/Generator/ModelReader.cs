using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator;

/// <summary>Reads a class with [Model] into a <see cref="ModelSpec"/>. The generator reads silently; the analyzer passes a <see cref="Report"/>.</summary>
internal sealed partial class ModelReader
{
    private readonly INamedTypeSymbol _type;
    private readonly Compilation _compilation;
    private readonly AttributeArguments _model;
    private readonly ClassDeclarationSyntax? _declaration;
    private readonly Report? _report;
    private readonly CancellationToken _cancellation;
    private readonly List<AttributeArguments> _layers = [];
    private readonly CallRecorder _calls = new();
    private bool _failed, _outputsAreKnown = true;

    private ModelReader(INamedTypeSymbol type, AttributeData model, Compilation compilation, Report? report, CancellationToken cancellation)
    {
        _type = type;
        _compilation = compilation;
        _report = report;
        _cancellation = cancellation;
        _model = new AttributeArguments(model, report, cancellation);
        _declaration = DeclarationOf(model);
    }

    /// <summary>A reader of <paramref name="type"/>; null where the type has no [Model].</summary>
    public static ModelReader? Find(INamedTypeSymbol type, Compilation compilation, Report? report, CancellationToken cancellation)
    {
        foreach (AttributeData attribute in type.GetAttributes())
            if (attribute.AttributeClass is { Name: Names.ModelClass } c && InConvoke(c)) return new ModelReader(type, attribute, compilation, report, cancellation);
        return null;
    }

    /// <summary>Whether <paramref name="node"/> is the declaration that [Model] stands on; a class with [Model] twice is read once.</summary>
    public bool IsDeclaredAt(SyntaxNode node) => node == _declaration;

    /// <summary>Everything that is wrong with the model, shapes included.</summary>
    public void ReportAll()
    {
        if (Read()?.Spec is not { } spec) return;

        // A call in a loop, or in a helper that is called twice, has one place in the text.
        var said = new HashSet<(Location, string)>();
        foreach (SpecProblem problem in Compiler.Check(spec))
        {
            DiagnosticDescriptor descriptor = DiagnosticCatalog.Find(problem.Id);
            Location at = CallSpec.IsInput(problem.Call) ? InputLocation(CallSpec.InputIndex(problem.Call)) : _calls.Site(problem.Call).LocationOf(problem.Id, problem.Argument);
            if (said.Add((at, problem.Id))) _report?.Invoke(descriptor, at, null, [.. problem.MessageArguments]);
        }
    }

    /// <summary>What the class says; null where nothing may be added to the class.</summary>
    /// <remarks>
    /// Null rather than a skeleton wherever the skeleton itself would not compile: the compiler stops at a faulty declaration, and then the
    /// analyzer, which knows the reason, is never heard.
    /// </remarks>
    public ModelReading? Read()
    {
        if (!CheckClass()) return null;
        if (!((CSharpCompilation)_compilation).Options.AllowUnsafe) Fail(DiagnosticCatalog.UnsafeNotAllowed, ClassLocation(), _type.Name);

        Preset preset = _model.Member("Defaults", Preset.Keras, Preset.PyTorch);
        Precision precision = _model.Member("Precision", Precision.Float32, Precision.TF32, Precision.BFloat16, Precision.Float32x3, Precision.Float16);
        bool hasForward = HasForward(out List<IMethodSymbol> layers, out List<IMethodSymbol> forwards);
        EquatableArray<InputSpec> inputs = ReadInputs(forwards);
        (EquatableArray<CallSpec> calls, EquatableArray<OutputSpec> outputs) = hasForward ? ReadForward(preset, layers, forwards) : (ReadLayers(preset), []);
        CheckInputNames(inputs, outputs);
        (EquatableArray<LossSpec> losses, OptimizerSpec? optimizer, bool accuracy) = ReadTraining(preset, _outputsAreKnown ? outputs : null);

        string name = SyntaxFacts.GetKeywordKind(_type.Name) == SyntaxKind.None ? _type.Name : "@" + _type.Name;
        bool valid = !_failed && !_model.Failed && _layers.TrueForAll(static layer => !layer.Failed);
        ModelSpec? spec = valid
            ? new ModelSpec(Namespace, name, SyntaxFacts.GetText(_type.DeclaredAccessibility), inputs[0], preset, calls, losses, optimizer, accuracy) { FurtherInputs = [.. inputs.Skip(1)], Outputs = outputs, Precision = precision }
            : null;
        return new ModelReading(Namespace, name, spec, new([.. _methods]));
    }

    private string? Namespace => _type.ContainingNamespace.IsGlobalNamespace ? null : _type.ContainingNamespace.ToDisplayString(NamespaceFormat);

    private string HintStem => ModelReading.HintStemOf(Namespace, _type.Name);

    private static SymbolDisplayFormat NamespaceFormat { get; } =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    private bool CheckClass()
    {
        if (WhyNoModel() is { } reason)
        {
            Fail(DiagnosticCatalog.UnsupportedClass, ClassLocation(), _type.Name, reason);
            return false;
        }
        foreach (SyntaxReference reference in _type.DeclaringSyntaxReferences)
        {
            if (reference.GetSyntax(_cancellation) is ClassDeclarationSyntax declaration && !declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
            {
                Fail(DiagnosticCatalog.NotPartial, declaration.Identifier.GetLocation(), _type.Name);
                return false;
            }
        }
        return true;
    }

    private string? WhyNoModel()
    {
        if (_type.IsRecord) return "is a record";
        if (_type.ContainingType is not null) return "is nested in " + _type.ContainingType.Name;
        if (_type.IsGenericType) return "is generic";
        if (_type.IsStatic) return "is static";
        if (_type.IsAbstract) return "is abstract";
        if (_type.IsFileLocal) return "is local to a file, where generated code cannot add to it";
        if (_type.Name is "Create" or "Summary" or "Outputs" or "Predict" or "PredictClass" or "PredictClasses" or "TrainStep" or "ComputeGradients" or "Plan" or "SelectCpuProgram" or "LoadCpuProgram") return "has the name of a member that is generated into it";
        bool ownBase = _type.BaseType is { SpecialType: not SpecialType.System_Object } b && !(b.Name == Names.ModelBase && InConvoke(b));
        return ownBase ? "derives from " + _type.BaseType!.Name : null;
    }

    private void Fail(DiagnosticDescriptor descriptor, Location location, params string[] arguments) => Fail(descriptor, location, null, arguments);

    private void Fail(DiagnosticDescriptor descriptor, Location location, Location? other, string[] arguments)
    {
        _failed = true;
        _report?.Invoke(descriptor, location, other, arguments);
    }

    private Location ClassLocation() => _declaration?.Identifier.GetLocation() ?? _type.Locations[0];

    private ClassDeclarationSyntax? DeclarationOf(AttributeData attribute) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(_cancellation).FirstAncestorOrSelf<ClassDeclarationSyntax>();

    private static bool InConvoke(INamedTypeSymbol type) => Names.InConvoke(type);
}
