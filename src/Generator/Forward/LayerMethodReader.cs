using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator;

/// <summary>The form of a layer method: what is wrong with it, and how its generated half is written.</summary>
internal static class LayerMethodReader
{
    private static readonly SymbolDisplayFormat TypeFormat =
        SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private static readonly SymbolDisplayFormat ParameterFormat = TypeFormat.WithParameterOptions(
        SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeParamsRefOut);

    /// <summary>What keeps a method from being a layer, or null.</summary>
    /// <param name="method">A method with a layer attribute; of a partial method, its declaring part.</param>
    /// <param name="generated">Name of the file in which a generated body may already stand, as the analyzer sees it.</param>
    public static string? WhyNoLayer(IMethodSymbol method, string generated)
    {
        if (method.MethodKind != MethodKind.Ordinary) return "is no plain method";
        if (!method.IsPartialDefinition) return "is not partial";
        if (method.PartialImplementationPart is { } body && !IsGenerated(body, generated)) return "has a body of its own";
        if (!method.IsStatic) return "is not static";
        if (method.IsGenericMethod) return "is generic";
        if (method.Name is "Plan" or "Summary") return "has the name of a member that is generated into the class";
        if (!Names.IsSym(method.ReturnType)) return "does not return Sym";
        return method.Parameters switch
        {
            [var value] when IsPlain(value) && Names.IsSym(value.Type) => null,
            [var value, var index] when IsPlain(value) && Names.IsSym(value.Type) && IsPlain(index) && index.Type.SpecialType == SpecialType.System_Int32 => null,
            _ => "does not take a Sym, or a Sym and an int",
        };

        static bool IsPlain(IParameterSymbol parameter) => parameter is { RefKind: RefKind.None, IsParams: false };
    }

    /// <summary>The generated half; null where it would not compile, or the user wrote one.</summary>
    /// <param name="method">The declaring part.</param>
    /// <param name="layer">Name of the layer, or what stands before the index; null where the method has a fault.</param>
    /// <param name="activation">The call behind the layer's own that its activation is, or null.</param>
    /// <param name="generated">As above.</param>
    public static LayerMethod? Write(IMethodSymbol method, string? layer, LayerSpec? activation, string generated)
    {
        if (!method.IsPartialDefinition || method.IsGenericMethod || (method.PartialImplementationPart is { } body && !IsGenerated(body, generated))) return null;
        if (method.DeclaringSyntaxReferences is not [var reference] || reference.GetSyntax() is not MethodDeclarationSyntax declaration) return null;
        string modifiers = string.Join(" ", declaration.Modifiers.Select(static modifier => modifier.ValueText));
        string parameters = string.Join(", ", method.Parameters.Select(static parameter => parameter.ToDisplayString(ParameterFormat)));
        string returns = method.ReturnsVoid ? "void" : method.ReturnType.ToDisplayString(TypeFormat);
        return new LayerMethod(
            $"{modifiers} {returns} {Escape(method.Name)}({parameters})", layer,
            method.Parameters.Length > 0 ? Escape(method.Parameters[0].Name) : "", method.Parameters.Length > 1 ? Escape(method.Parameters[1].Name) : null, activation);
    }

    private static bool IsGenerated(IMethodSymbol body, string generated) =>
        body.DeclaringSyntaxReferences is [var reference] && reference.SyntaxTree.FilePath.EndsWith(generated, StringComparison.Ordinal);

    private static string Escape(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
