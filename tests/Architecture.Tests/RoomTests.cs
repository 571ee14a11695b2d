using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Architecture.Tests;

/// <summary>Rooms of src/Kernels use what the table "Room" of docs/architecture.md says. Names are resolved, so that a use without a using directive is seen.</summary>
public class RoomTests
{
    private const string Kernels = "src/Kernels/", Generator = "src/Generator/";
    private static readonly ImportTable Table = ImportTable.Read("Room");

    private static readonly SyntaxTree[] Sources = [.. Repository.Files("src/Kernels", "*.cs").Concat(Repository.Files("src/Generator", "*.cs")).Select(Repository.Parse)];

    // Against the framework and the Roslyn that run this test; the rules of netstandard2.0 are the build's business.
    private static readonly CSharpCompilation Compilation = CSharpCompilation.Create(
        "Rooms",
        [.. Sources, Repository.Parse("ImplicitUsings.cs", "global using System; global using System.IO; global using System.Linq; global using System.Collections.Generic; global using System.Threading;")],
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path)),
        new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    [Fact]
    public void The_table_lists_every_room() => Assert.Equal(
        Table.Rooms.Order(StringComparer.Ordinal),
        Sources.Select(static s => Room(s.FilePath)).OfType<string>().Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void No_room_uses_another_outside_the_table()
    {
        // An unresolved name would be a use that nobody sees.
        Assert.Empty(Compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error));
        Assert.Empty(Sources.SelectMany(static source => Violations(Compilation, source)).Distinct());
    }

    [Theory]
    [InlineData("src/Kernels/Types/Broken.cs", "namespace Convoke.Kernels.Types; class Broken { Graphs.Graph? g; }", "Types uses Graphs")]
    [InlineData("src/Kernels/Graphs/Broken.cs", "using Convoke.Kernels.Scheduling; namespace Convoke.Kernels.Graphs; class Broken { Schedule? s; }", "Graphs uses Scheduling")]
    [InlineData("src/Kernels/Graphs/Broken.cs", "using Convoke.Kernels.Cpu;", "Graphs uses Cpu")]
    [InlineData("src/Kernels/Models/Broken.cs", "namespace Convoke.Kernels.Models; class Broken { CompiledModel? m; }", "Models uses CompiledModel.cs")]
    [InlineData("src/Kernels/Passes/Broken.cs", "namespace Convoke.Kernels.Passes; class Broken { object Run() => Compiler.Check(null!); }", "Passes uses Compiler.cs")]
    [InlineData("src/Generator/Broken.cs", "namespace Convoke.Generator; class Broken { Kernels.Graphs.Graph? g; }", "Generator uses Graphs")]
    public void A_use_outside_the_table_is_seen(string path, string text, string violation)
    {
        SyntaxTree broken = Repository.Parse(path, text);
        Assert.All(Violations(Compilation.AddSyntaxTrees(broken), broken).DefaultIfEmpty("none"), found => Assert.StartsWith(violation, found, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Violations(CSharpCompilation compilation, SyntaxTree source)
    {
        string room = Room(source.FilePath)!;
        foreach (UsingDirectiveSyntax directive in source.GetRoot().DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            // A directive that nothing needs is an import too.
            if (directive.Name?.ToString().Split('.') is ["Convoke", "Kernels", var used, ..] && Table.Rooms.Contains(used) && !Table.Allows(room, used))
                yield return $"{room} uses {used}: a using directive in {source.FilePath}";
        }

        SemanticModel model = compilation.GetSemanticModel(source);
        foreach (SimpleNameSyntax name in source.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (model.GetSymbolInfo(name).Symbol is not { } symbol || symbol is INamespaceSymbol) continue;
            ISymbol declared = symbol as INamedTypeSymbol ?? symbol.ContainingType ?? symbol;
            foreach (SyntaxReference place in declared.OriginalDefinition.DeclaringSyntaxReferences)
            {
                if (Room(place.SyntaxTree.FilePath) is { } used && !Table.Allows(room, used))
                    yield return $"{room} uses {used}: {declared.Name} in {source.FilePath}";
            }
        }
    }

    /// <summary>A folder of Kernels, a file that lies above them, or the generator as a whole.</summary>
    private static string? Room(string path) =>
        path.StartsWith(Kernels, StringComparison.Ordinal) ? path[Kernels.Length..].Split('/')[0]
        : path.StartsWith(Generator, StringComparison.Ordinal) ? "Generator"
        : null;
}
