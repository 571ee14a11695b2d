using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Architecture.Tests;

/// <summary>Projects import what the table "Project" of docs/architecture.md says: by using directives, by qualified names, by references.</summary>
public class ProjectTests
{
    private const int Namespaces = 0, Projects = 1, Packages = 2;
    private static readonly ImportTable Table = ImportTable.Read("Project");
    private static readonly string[] Everything = ["src", "samples"];

    [Fact]
    public void The_table_lists_every_project() =>
        Assert.Equal(Table.Rooms.Order(StringComparer.Ordinal), ProjectFiles().Select(Folder).Order(StringComparer.Ordinal));

    [Fact]
    public void No_project_imports_a_namespace_outside_the_table() => Assert.Empty(
        from project in Table.Rooms
        from file in Repository.Files(project, "*.cs")
        from found in Violations(project, Repository.Parse(file))
        select found);

    [Fact]
    public void No_project_references_a_project_or_package_outside_the_table() => Assert.Empty(
        from file in ProjectFiles()
        from reference in XElement.Parse(Repository.Read(file)).Descendants()
        where reference.Name.LocalName is "ProjectReference" or "PackageReference"
        let name = reference.Name.LocalName == "ProjectReference" ? Target(file, reference) : reference.Attribute("Include")!.Value
        where !Table.Allows(Folder(file), name, reference.Name.LocalName == "ProjectReference" ? Projects : Packages)
        select $"{file} references {name}");

    /// <summary>The checks themselves: each line is a way to import, and each must be seen.</summary>
    [Theory]
    [InlineData("src/Runtime", "using Convoke.Kernels.Graphs;")]
    [InlineData("src/Runtime", "using static Convoke.Kernels.Compiler;")]
    [InlineData("src/Runtime", "using G = Convoke.Kernels.Graphs.Graph;")]
    [InlineData("src/Runtime", "class X { Convoke.Generator.ModelReader r; }")]
    [InlineData("src/Runtime", "class X { int N => global::Convoke.Kernels.Compiler.Passes; }")]
    [InlineData("src/Kernels", "using Microsoft.CodeAnalysis;")]
    [InlineData("src/Kernels", "using Convoke;")]
    [InlineData("src/Generator", "using Convoke.Compiled;")]
    [InlineData("samples/Mnist", "using Convoke.Compiled;")]
    public void An_import_outside_the_table_is_seen(string project, string source) =>
        Assert.NotEmpty(Violations(project, Repository.Parse("Broken.cs", source)));

    private static IEnumerable<string> Violations(string project, SyntaxTree tree) =>
        from name in Imports(tree.GetRoot())
        where !Table.Allows(project, name)
        select $"{tree.FilePath} imports {name}";

    /// <summary>Namespaces of using directives as written, and the first two parts of names that begin with a foreign root.</summary>
    private static IEnumerable<string> Imports(SyntaxNode root)
    {
        foreach (SyntaxNode node in root.DescendantNodes())
        {
            switch (node)
            {
                case UsingDirectiveSyntax { Alias: null, StaticKeyword.RawKind: 0, Name: { } imported }:
                    yield return Plain(imported);
                    break;
                case QualifiedNameSyntax or MemberAccessExpressionSyntax
                    when node.Parent is not (QualifiedNameSyntax or MemberAccessExpressionSyntax or UsingDirectiveSyntax { Alias: null, StaticKeyword.RawKind: 0 } or BaseNamespaceDeclarationSyntax):
                    string[] parts = Plain(node).Split('.');
                    if (parts[0] is "Convoke" or "Microsoft") yield return $"{parts[0]}.{parts[1]}";
                    break;
            }
        }
    }

    private static string Plain(SyntaxNode name) => name.ToString().Replace("global::", "", StringComparison.Ordinal);

    private static IEnumerable<string> ProjectFiles() => Everything.SelectMany(static folder => Repository.Files(folder, "*.csproj"));

    private static string Folder(string file) => file[..file.LastIndexOf('/')];

    /// <summary>Folder of the referenced project; "(analyzer)" says that its assembly is not referenced.</summary>
    private static string Target(string file, XElement reference)
    {
        string path = Path.GetFullPath(Path.Combine(Repository.Root, Folder(file), reference.Attribute("Include")!.Value.Replace('\\', '/')));
        bool assembly = reference.Attribute("ReferenceOutputAssembly")?.Value != "false";
        return Folder(Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')) + (assembly ? "" : " (analyzer)");
    }
}
