using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator.CodeFixes;

/// <summary>Adds the modifier without which a class is no model, or a method no layer: CVK0001, and CVK0014 and CVK0015 where static is missing.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ModifierFix)), Shared]
public sealed class ModifierFix() : ModelCodeFix("CVK0001", "CVK0014", "CVK0015")
{
    /// <inheritdoc/>
    protected override void Register(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at)
    {
        if (diagnostic.Id == "CVK0001" && at.FirstAncestorOrSelf<ClassDeclarationSyntax>() is { } model)
            Offer(context, diagnostic, "partial", $"Make {model.Identifier.ValueText} partial", model, () => WithLast(model, SyntaxKind.PartialKeyword));
        else if (Argument(diagnostic, 1) == "is not static" && at.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { } method)
            Offer(context, diagnostic, "static", $"Make {method.Identifier.ValueText} static", method, () => WithStatic(method));
    }

    private static ClassDeclarationSyntax WithLast(ClassDeclarationSyntax model, SyntaxKind modifier)
    {
        // Where there is no other modifier, the keyword takes over what stands before "class".
        SyntaxToken keyword = SyntaxFactory.Token(modifier).WithTrailingTrivia(SyntaxFactory.Space);
        return model.Modifiers.Count > 0
            ? model.AddModifiers(keyword)
            : model.WithKeyword(model.Keyword.WithLeadingTrivia()).WithModifiers(SyntaxFactory.TokenList(keyword.WithLeadingTrivia(model.Keyword.LeadingTrivia)));
    }

    private static MethodDeclarationSyntax WithStatic(MethodDeclarationSyntax method)
    {
        SyntaxToken keyword = SyntaxFactory.Token(SyntaxKind.StaticKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        int last = method.Modifiers.IndexOf(SyntaxKind.PartialKeyword);
        if (last >= 0) return method.WithModifiers(method.Modifiers.Insert(last, keyword));
        if (method.Modifiers.Count > 0) return method.AddModifiers(keyword);

        // It becomes the first token, behind attributes.
        SyntaxTriviaList leading = method.ReturnType.GetLeadingTrivia();
        return method.WithReturnType(method.ReturnType.WithoutLeadingTrivia()).WithModifiers(SyntaxFactory.TokenList(keyword.WithLeadingTrivia(leading)));
    }
}
