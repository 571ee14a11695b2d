using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Convoke.Package.Tests;

/// <summary>What lies in the package, and what does not.</summary>
[Collection(nameof(PackedConvoke))]
public class ContentTests(PackedConvoke convoke)
{
    [Fact]
    public void It_holds_the_library_the_generator_and_the_build_files()
    {
        using ZipArchive package = ZipFile.OpenRead(convoke.Package);
        string[] own = [.. package.Entries.Select(static e => e.FullName).Where(static n => !n.StartsWith("_rels/", StringComparison.Ordinal) && !n.StartsWith("package/", StringComparison.Ordinal) && n != "[Content_Types].xml").Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "Convoke.nuspec",
                "README.md",
                "analyzers/dotnet/cs/Convoke.Generator.CodeFixes.dll",
                "analyzers/dotnet/cs/Convoke.Generator.dll",
                "analyzers/dotnet/cs/Convoke.Kernels.dll",
                "buildTransitive/Convoke.props",
                "buildTransitive/Convoke.targets",
                "lib/net10.0/Convoke.dll",
                "lib/net10.0/Convoke.xml",
            ], own);
        Assert.True(File.Exists(convoke.SymbolPackage));
    }

    [Fact]
    public void It_depends_on_tensors_alone()
    {
        XElement nuspec = Nuspec();
        Assert.Equal("System.Numerics.Tensors", Assert.Single(nuspec.Descendants(), static e => e.Name.LocalName == "dependency").Attribute("id")!.Value);
        Assert.Equal("MIT", Assert.Single(nuspec.Descendants(), static e => e.Name.LocalName == "license").Value);
    }

    [Fact]
    public void The_library_references_neither_generator_nor_compiler() =>
        Assert.DoesNotContain(References("lib/net10.0/Convoke.dll"), static name => name.StartsWith("Convoke", StringComparison.Ordinal) || name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));

    /// <summary>A host loads analyzers with its own Roslyn and what lies beside them: anything else would be missing there.</summary>
    [Theory]
    [InlineData("Convoke.Generator.dll", "Convoke.Kernels Microsoft.CodeAnalysis Microsoft.CodeAnalysis.CSharp System.Collections.Immutable System.Memory netstandard")]
    [InlineData("Convoke.Generator.CodeFixes.dll",
        "Microsoft.CodeAnalysis Microsoft.CodeAnalysis.CSharp Microsoft.CodeAnalysis.Workspaces Microsoft.CodeAnalysis.CSharp.Workspaces System.Collections.Immutable System.Composition.AttributedModel System.Memory netstandard")]
    [InlineData("Convoke.Kernels.dll", "System.Memory netstandard")]
    public void Analyzers_reference_only_what_every_host_has(string file, string allowed) =>
        Assert.Empty(References("analyzers/dotnet/cs/" + file).Except(allowed.Split(' ')));

    private XElement Nuspec()
    {
        using ZipArchive package = ZipFile.OpenRead(convoke.Package);
        using Stream stream = package.GetEntry("Convoke.nuspec")!.Open();
        return XElement.Load(stream);
    }

    private string[] References(string entry)
    {
        using ZipArchive package = ZipFile.OpenRead(convoke.Package);
        using MemoryStream copy = new();
        using (Stream stream = package.GetEntry(entry)!.Open()) stream.CopyTo(copy);
        copy.Position = 0;
        using PEReader reader = new(copy);
        MetadataReader metadata = reader.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
