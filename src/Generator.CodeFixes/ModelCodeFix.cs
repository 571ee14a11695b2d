using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator.CodeFixes;

/// <summary>Base of the fixes: each edits the text of one file, and can be applied to all faults of its kind.</summary>
/// <remarks>What a diagnostic's message was filled with is in its properties, under "0", "1" and so on; the generator's analyzer puts it there.</remarks>
/// <param name="ids">The diagnostics that it mends.</param>
public abstract class ModelCodeFix(params string[] ids) : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. ids];

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root) return;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            SyntaxNode at = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            Register(context, diagnostic, at);
        }
    }

    /// <summary>Offers what mends <paramref name="diagnostic"/>.</summary>
    /// <param name="context">Where fixes are offered.</param>
    /// <param name="diagnostic">The fault.</param>
    /// <param name="at">The node that it stands at.</param>
    protected abstract void Register(CodeFixContext context, Diagnostic diagnostic, SyntaxNode at);

    /// <summary>Offers to replace a node.</summary>
    /// <param name="context">Where fixes are offered.</param>
    /// <param name="diagnostic">The fault.</param>
    /// <param name="key">What the fix does, whatever it is about: faults for which one fix with this key is offered are mended together.</param>
    /// <param name="title">What the user is shown.</param>
    /// <param name="old">The node.</param>
    /// <param name="replacement">Makes what takes its place.</param>
    protected static void Offer(CodeFixContext context, Diagnostic diagnostic, string key, string title, SyntaxNode old, Func<SyntaxNode> replacement) =>
        context.RegisterCodeFix(CodeAction.Create(title, cancellation => Replace(context.Document, old, replacement, cancellation), equivalenceKey: key), diagnostic);

    /// <summary>A word of the diagnostic's message.</summary>
    protected static string Argument(Diagnostic diagnostic, int index) =>
        diagnostic.Properties.TryGetValue(index.ToString(System.Globalization.CultureInfo.InvariantCulture), out string? text) ? text ?? "" : "";

    /// <summary>Another attribute's name, qualified as this one is.</summary>
    protected static NameSyntax Named(AttributeSyntax attribute, string name) => attribute.Name switch
    {
        QualifiedNameSyntax qualified => qualified.WithRight(SyntaxFactory.IdentifierName(name)),
        AliasQualifiedNameSyntax alias => alias.WithName(SyntaxFactory.IdentifierName(name)),
        _ => SyntaxFactory.IdentifierName(name).WithTriviaFrom(attribute.Name),
    };

    private static async Task<Document> Replace(Document document, SyntaxNode old, Func<SyntaxNode> replacement, CancellationToken cancellation)
    {
        // The other place of a fault may be in another file of the same class.
        if (document.Project.GetDocument(old.SyntaxTree) is { } owner) document = owner;
        SyntaxNode root = await old.SyntaxTree.GetRootAsync(cancellation).ConfigureAwait(false);
        return document.WithSyntaxRoot(root.ReplaceNode(old, replacement()));
    }
}
