using System.Text;
using Convoke.Kernels;
using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Convoke.Generator;

/// <summary>Expands each class with [Model] into a trained-model API, and into kernels that are written for exactly that network.</summary>
/// <remarks>
/// <code>
/// class -> Parse -> ModelReading -> Compile -> ModelOutput -> N.MnistNet.g.cs               the API
///                                                          -> N.MnistNet.Cpu.g.cs           which kernels a machine runs
///                                                          -> N.MnistNet.Vector512.g.cs ... the kernels in C#
///                                                          -> N.MnistNet.Cuda.g.cs          the kernels in CUDA C, and their launches
/// </code>
/// Parse runs again after every edit anywhere; what it yields is compared, and everything behind it runs only where that changed.
/// Diagnostics are <see cref="ModelAnalyzer"/>'s.
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class ConvokeGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ModelReading> readings = context.SyntaxProvider
            .ForAttributeWithMetadataName(Names.ModelAttribute, static (node, _) => node is ClassDeclarationSyntax, Parse)
            .Where(static reading => reading is not null)
            .Select(static (reading, _) => reading!)
            .WithTrackingName(TrackingNames.Parse);

        IncrementalValuesProvider<ModelOutput> outputs = readings
            .Select(static (reading, cancellation) => Compile(reading, cancellation))
            .WithTrackingName(TrackingNames.Compile);

        context.RegisterSourceOutput(outputs, static (production, output) =>
            production.AddSource(output.Reading.HintStem + ".g.cs", Text(PartialClassWriter.Write(output))));

        // Nothing in an editor depends on the kernels: a host may leave this output out until it builds.
        context.RegisterImplementationSourceOutput(outputs, static (production, output) =>
        {
            if (output.Network is not { Cpu.Count: > 0 } network) return;
            string stem = output.Reading.HintStem;
            production.AddSource(stem + ".Cpu.g.cs", Text(PartialClassWriter.WriteSelection(output.Reading, network)));
            production.AddSource(stem + ".Cuda.g.cs", Text(CudaWriter.Write(output.Reading, network.Cuda)));
            foreach (CpuSource source in network.Cpu)
            {
                production.CancellationToken.ThrowIfCancellationRequested();
                production.AddSource(stem + ".Vector" + Literals.Of(source.VectorBits) + ".g.cs", Text(source.Text));
            }
        });
    }

    private static ModelReading? Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        ModelReader? reader = ModelReader.Find((INamedTypeSymbol)context.TargetSymbol, context.SemanticModel.Compilation, report: null, cancellation);
        return reader is not null && reader.IsDeclaredAt(context.TargetNode) ? reader.Read() : null;
    }

    private static ModelOutput Compile(ModelReading reading, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (reading.Spec is not { } spec) return new ModelOutput(reading, null);
        foreach (SpecProblem problem in Compiler.Check(spec))
            if (DiagnosticCatalog.IsFault(problem.Id)) return new ModelOutput(reading, null);
        return new ModelOutput(reading, Compiler.Compile(spec));
    }

    private static SourceText Text(string text) => SourceText.From(text, Encoding.UTF8);
}
