using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator.CodeFixes;

/// <summary>Writes the number of features that a dense layer receives where another one is expected: CVK0102.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(InferredInputFix)), Shared]
public sealed class InferredInputFix() : ModelCodeFix("CVK0102")
{
    private const int Inferred = 3;

    /// <inheritdoc/>
    protected override void Register(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at)
    {
        if (at.FirstAncestorOrSelf<AttributeArgumentSyntax>() is not { Expression: var expected }) return;
        if (!int.TryParse(Argument(diagnostic, Inferred), NumberStyles.None, CultureInfo.InvariantCulture, out int features)) return;
        Offer(context, diagnostic, "inferred", $"Write In = {Argument(diagnostic, Inferred)}", expected, () =>
            SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(features)).WithTriviaFrom(expected));
    }
}
