using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Convoke.Generator.Tests;

/// <summary>Compiles source text against the run time, and runs the generator and the analyzer over it.</summary>
internal static class Harness
{
    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path) is string name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "Convoke.dll"))
            .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path))];

    // Doc comments are checked too: a generated one that does not parse, or names nothing, is a warning and fails a test.
    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    public static SyntaxTree Parse(string source, string path = "Model.cs") => CSharpSyntaxTree.ParseText(source, ParseOptions, path);

    public static CSharpCompilation Compile(params string[] sources) =>
        Compile([.. sources.Select(static (source, i) => Parse(source, i == 0 ? "Model.cs" : $"Model{i}.cs"))]);

    public static CSharpCompilation Compile(params SyntaxTree[] trees) => CSharpCompilation.Create(
        "Tests", trees, References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    public static GeneratorDriver Driver(bool track = false, IncrementalGeneratorOutputKind skip = IncrementalGeneratorOutputKind.None, BuildProperties? properties = null) =>
        CSharpGeneratorDriver.Create(
            [new ConvokeGenerator().AsSourceGenerator()], parseOptions: ParseOptions, optionsProvider: properties, driverOptions: new GeneratorDriverOptions(skip, trackIncrementalGeneratorSteps: track));

    /// <summary>Runs the generator; the compilation with what it made must have no warning, missing doc comments in user code aside.</summary>
    public static GeneratorDriverRunResult Generate(params string[] sources)
    {
        GeneratorDriver driver = Driver().RunGeneratorsAndUpdateCompilation(Compile(sources), out Compilation updated, out _);
        Assert.Empty(Complaints(updated));
        return driver.GetRunResult();
    }

    /// <summary>What the generator made of models: the file that brings Forward's operations into scope, which every project gets, aside.</summary>
    public static IEnumerable<GeneratedSourceResult> OfModels(GeneratorDriverRunResult run) =>
        run.Results[0].GeneratedSources.Where(static source => source.HintName != "Convoke.Ops.g.cs");

    /// <summary>Warnings and errors of the compiler, apart from missing doc comments in what the tests themselves write.</summary>
    public static IEnumerable<Diagnostic> Complaints(Compilation compilation) => compilation.GetDiagnostics().Where(diagnostic =>
        diagnostic.Severity >= DiagnosticSeverity.Warning
        && !(diagnostic.Id == "CS1591" && diagnostic.Location.SourceTree is { } tree && !tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal)));

    // A layer method has its body (CS8795) from the generator: before, it is an error.
    private static IEnumerable<string> Errors(Compilation compilation) =>
        compilation.GetDeclarationDiagnostics().Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != "CS8795").Select(static diagnostic => diagnostic.ToString());

    /// <summary>What the analyzer reports, in the order of the text, after the generator has run as in a build.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> Analyze(CSharpCompilation compilation, BuildProperties? properties = null)
    {
        Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        // The compiler stops at faulty declarations before it runs analyzers: what is generated must not add any.
        Assert.Equal(Errors(compilation), Errors(updated));

        // A crash of the analyzer would otherwise be a diagnostic among others (AD0001).
        var options = new CompilationWithAnalyzersOptions(
            properties is null ? new AnalyzerOptions([]) : new AnalyzerOptions([], properties), onAnalyzerException: static (exception, _, _) => throw exception, concurrentAnalysis: false, logAnalyzerExecutionTime: false);
        ImmutableArray<Diagnostic> found = await new CompilationWithAnalyzers(updated, [new ModelAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
        return [.. found.OrderBy(static d => d.Location.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(static d => d.Location.SourceSpan.Start).ThenBy(static d => d.Id, StringComparer.Ordinal)];
    }
}
