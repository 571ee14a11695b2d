using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator.CodeFixes;

/// <summary>Brings last layer and loss together, by either of the two: CVK0010.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(HeadFix)), Shared]
public sealed class HeadFix() : ModelCodeFix("CVK0010")
{
    private const string Logits = "CrossEntropy", Probabilities = "SparseCategoricalCrossentropy", Activation = "Activation";

    /// <inheritdoc/>
    protected override void Register(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at)
    {
        AttributeSyntax? other = diagnostic.AdditionalLocations is [{ SourceTree: { } tree } place, ..]
            ? tree.GetRoot(context.CancellationToken).FindNode(place.SourceSpan, getInnermostNodeForTie: false).FirstAncestorOrSelf<AttributeSyntax>() : null;
        if (Argument(diagnostic, 1) == "logits")
        {
            LeaveActivationOut(context, diagnostic, at);
            if (other is not null) Offer(context, diagnostic, "probabilities", $"Use [{Probabilities}]", other.Name, () => Named(other, Probabilities));
            return;
        }
        if (other is not null) Offer(context, diagnostic, "softmax", "Give the last layer Activation.Softmax", other, () => WithSoftmax(other));
        if (Argument(diagnostic, 0) == Probabilities && at.FirstAncestorOrSelf<AttributeSyntax>() is { } loss)
            Offer(context, diagnostic, "logits", $"Use [{Logits}]", loss.Name, () => Named(loss, Logits));
    }

    private static void LeaveActivationOut(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at)
    {
        if (at.FirstAncestorOrSelf<AttributeArgumentSyntax>() is { Parent: AttributeArgumentListSyntax list } argument)
        {
            Offer(context, diagnostic, "without", "Leave the activation out", list.Parent!, () => Without((AttributeSyntax)list.Parent!, argument));
        }
        else if (at.FirstAncestorOrSelf<InvocationExpressionSyntax>() is { ArgumentList.Arguments: [{ Expression: var logits }] } call)
        {
            Offer(context, diagnostic, "without", $"Leave {call.Expression} out", call, () => logits.WithTriviaFrom(call));
        }
    }

    private static AttributeSyntax Without(AttributeSyntax layer, AttributeArgumentSyntax argument)
    {
        AttributeArgumentListSyntax list = layer.ArgumentList!;
        SeparatedSyntaxList<AttributeArgumentSyntax> rest = list.Arguments.Remove(argument);
        return rest.Count == 0 ? layer.WithArgumentList(null) : layer.WithArgumentList(list.WithArguments(rest));
    }

    private static AttributeSyntax WithSoftmax(AttributeSyntax layer)
    {
        ExpressionSyntax softmax = SyntaxFactory.ParseExpression("Activation.Softmax");
        AttributeArgumentSyntax? given = layer.ArgumentList?.Arguments.FirstOrDefault(static argument => argument.NameEquals?.Name.Identifier.ValueText == Activation);
        if (given is not null) return layer.ReplaceNode(given.Expression, softmax.WithTriviaFrom(given.Expression));
        AttributeArgumentSyntax more = SyntaxFactory.AttributeArgument(softmax).WithNameEquals(
            SyntaxFactory.NameEquals(SyntaxFactory.IdentifierName(Activation), SyntaxFactory.Token(SyntaxKind.EqualsToken).WithLeadingTrivia(SyntaxFactory.Space).WithTrailingTrivia(SyntaxFactory.Space)));
        SeparatedSyntaxList<AttributeArgumentSyntax> arguments = (layer.ArgumentList?.Arguments ?? default).Add(more);
        if (arguments.SeparatorCount > 0)
        {
            SyntaxToken comma = arguments.GetSeparator(arguments.SeparatorCount - 1);
            arguments = arguments.ReplaceSeparator(comma, comma.WithTrailingTrivia(SyntaxFactory.Space));
        }
        return layer.WithArgumentList((layer.ArgumentList ?? SyntaxFactory.AttributeArgumentList()).WithArguments(arguments));
    }
}
