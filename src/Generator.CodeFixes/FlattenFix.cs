using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator.CodeFixes;

/// <summary>Flattens the image that a dense layer receives: CVK0103.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(FlattenFix)), Shared]
public sealed class FlattenFix() : ModelCodeFix("CVK0103")
{
    private const string Flatten = "Flatten";

    /// <inheritdoc/>
    protected override void Register(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at)
    {
        if (at.FirstAncestorOrSelf<InvocationExpressionSyntax>() is { } call)
        {
            // Named arguments may stand in any order, and an indexed layer has a second one.
            ArgumentSyntax? value = call.ArgumentList.Arguments.FirstOrDefault(static argument => argument.NameColon is null);
            if (call.ArgumentList.Arguments.Count == 1) value = call.ArgumentList.Arguments[0];
            if (value is { Expression: var image }) Offer(context, diagnostic, "call", $"Flatten what {Argument(diagnostic, 0)} receives", image, () => Flattened(image));
        }
        else if (at.FirstAncestorOrSelf<AttributeSyntax>() is { Parent: AttributeListSyntax { Parent: MemberDeclarationSyntax member } list } layer)
        {
            Offer(context, diagnostic, "attribute", $"Put [Flatten] before {Argument(diagnostic, 0)}", member, () => WithFlatten(member, list, layer));
        }
    }

    private static InvocationExpressionSyntax Flattened(ExpressionSyntax image) => SyntaxFactory.InvocationExpression(
        SyntaxFactory.IdentifierName(Flatten),
        SyntaxFactory.ArgumentList(SyntaxFactory.SingletonSeparatedList(SyntaxFactory.Argument(image.WithoutTrivia())))).WithTriviaFrom(image);

    /// <summary>A line of its own where the layer has one, else one more in the layer's list.</summary>
    private static MemberDeclarationSyntax WithFlatten(MemberDeclarationSyntax member, AttributeListSyntax list, AttributeSyntax layer)
    {
        AttributeSyntax flatten = SyntaxFactory.Attribute(Named(layer, Flatten).WithoutTrivia());
        if (list.Attributes.Count == 1)
        {
            AttributeListSyntax before = SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(flatten)).WithLeadingTrivia(list.GetLeadingTrivia()).WithTrailingTrivia(EndOf(list));
            return member.ReplaceNode(list, [before, list.WithLeadingTrivia(IndentationOf(list))]);
        }
        int place = list.Attributes.IndexOf(layer);
        SeparatedSyntaxList<AttributeSyntax> attributes = list.Attributes.Replace(layer, layer.WithoutLeadingTrivia()).Insert(place, flatten.WithLeadingTrivia(layer.GetLeadingTrivia()));
        SyntaxToken comma = attributes.GetSeparator(place);
        return member.ReplaceNode(list, list.WithAttributes(attributes.ReplaceSeparator(comma, comma.WithTrailingTrivia(SyntaxFactory.Space))));
    }

    /// <summary>The line's end, without a comment that is the layer's.</summary>
    private static SyntaxTriviaList EndOf(AttributeListSyntax list) =>
        list.GetTrailingTrivia().Where(static trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) is var ends && ends.Any() ? [ends.First()] : [SyntaxFactory.Space];

    private static SyntaxTriviaList IndentationOf(AttributeListSyntax list) =>
        list.GetLeadingTrivia() is { Count: > 0 } trivia && trivia.Last().IsKind(SyntaxKind.WhitespaceTrivia) ? [trivia.Last()] : [];
}
