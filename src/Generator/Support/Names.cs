using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>Metadata names of the attributes that a model is written with; the generator never references the run time itself.</summary>
internal static class Names
{
    public const string Namespace = "Convoke";
    public const string ModelClass = "ModelAttribute";
    public const string ModelAttribute = Namespace + "." + ModelClass;
    public const string ModelBase = "Model";
    public const string LayerBase = "LayerAttribute";
    public const string LossBase = "LossAttribute";
    public const string OptimizerBase = "OptimizerAttribute";
    public const string Accuracy = "AccuracyAttribute";
    public const string ShapeClass = "ShapeAttribute";
    public const string Sym = "Sym";
    public const string Ops = "Ops";
    public const string Forward = "Forward";

    public static bool InConvoke(INamedTypeSymbol type) => type.ContainingNamespace is { Name: Namespace, ContainingNamespace.IsGlobalNamespace: true };

    public static bool IsSym(ITypeSymbol? type) => type is INamedTypeSymbol { Name: Sym } named && InConvoke(named);
}
