using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Convoke.Generator;

/// <summary>Reports what is wrong with a model at the token where it is wrong, by the same reader that the generator reads with.</summary>
/// <remarks>An analyzer rather than the generator, so that a location never becomes a pipeline value and <c>#pragma</c> works.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ModelAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. DiagnosticCatalog.All];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(static symbol => Analyze(symbol), SymbolKind.NamedType);
        context.RegisterCompilationAction(static compilation =>
        {
            VectorWidths.Read(compilation.Options.AnalyzerConfigOptionsProvider.GlobalOptions, out string? unreadable);
            if (unreadable is not null) compilation.ReportDiagnostic(Diagnostic.Create(DiagnosticCatalog.BadVectors, Location.None, unreadable));
        });
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        // Code fixes see a diagnostic's properties, not what its message was filled with.
        void Report(DiagnosticDescriptor descriptor, Location location, Location? other, string[] arguments) =>
            context.ReportDiagnostic(Diagnostic.Create(
                descriptor, location, other is null ? null : [other],
                arguments.Select(static (text, i) => new KeyValuePair<string, string?>(Literals.Of(i), text)).ToImmutableDictionary(), arguments));

        ModelReader.Find((INamedTypeSymbol)context.Symbol, context.Compilation, Report, context.CancellationToken)?.ReportAll();
    }
}
