using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

/// <summary>Bound bodies of methods. Binding is what reading costs, so each tree gets one semantic model and each method is bound once.</summary>
internal sealed class MethodBodies(Compilation compilation, CancellationToken cancellation)
{
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];
    private readonly Dictionary<IMethodSymbol, IBlockOperation?> _bodies = new(SymbolEqualityComparer.Default);

    /// <summary>The body; null where the method has none in this compilation's sources.</summary>
    public IBlockOperation? Find(IMethodSymbol method)
    {
        method = (method.PartialImplementationPart ?? method).OriginalDefinition;
        if (!_bodies.TryGetValue(method, out IBlockOperation? body)) _bodies[method] = body = Bind(method);
        return body;
    }

    /// <summary>Whether the compiler itself finds a fault in the member around a place.</summary>
    public bool HasErrors(Location at)
    {
        if (at.SourceTree is not { } tree || !compilation.ContainsSyntaxTree(tree)) return false;
        SyntaxNode node = tree.GetRoot(cancellation).FindNode(at.SourceSpan);
        SyntaxNode member = node.FirstAncestorOrSelf<MemberDeclarationSyntax>() ?? node;
        return ModelOf(tree).GetDiagnostics(member.Span, cancellation).Any(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
    }

    private IBlockOperation? Bind(IMethodSymbol method)
    {
        // Sources of a referenced project can be seen in an editor, but are no part of this compilation.
        if (method.DeclaringSyntaxReferences is not [var reference] || !compilation.ContainsSyntaxTree(reference.SyntaxTree)) return null;
        return ModelOf(reference.SyntaxTree).GetOperation(reference.GetSyntax(cancellation), cancellation) switch
        {
            IMethodBodyOperation body => body.BlockBody ?? body.ExpressionBody,
            IBlockOperation block => block,
            _ => null,
        };
    }

    private SemanticModel ModelOf(SyntaxTree tree)
    {
        if (!_models.TryGetValue(tree, out SemanticModel? model)) _models[tree] = model = compilation.GetSemanticModel(tree);
        return model;
    }
}
