using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>Layers are applied in the order of the text of one declaration.</summary>
public class LayerOrderTests
{
    private static readonly SyntaxTree
        Late = Harness.Parse("using Convoke; [Model(4, 4, 1), Flatten, Dense(2)] [Dense(3)] partial class M;", "z.cs"),
        Early = Harness.Parse("using Convoke; [Dense(4)] partial class M;", "a.cs");

    /// <summary>Why layers on two declarations are an error: the compiler lists attributes in the order in which it was handed the files.</summary>
    [Fact]
    public void The_compilers_order_across_declarations_is_that_of_the_files()
    {
        Assert.Equal([2, 3, 4], Units(Late, Early));
        Assert.Equal([4, 2, 3], Units(Early, Late));
    }

    [Fact]
    public async Task The_same_declaration_is_at_fault_in_either_order_of_files()
    {
        foreach (SyntaxTree[] trees in (SyntaxTree[][])[[Late, Early], [Early, Late]])
        {
            Diagnostic found = Assert.Single(await Harness.Analyze(Harness.Compile(trees)));
            Assert.Equal(("CVK0002", "a.cs"), (found.Id, found.Location.SourceTree!.FilePath));
        }
    }

    private static IEnumerable<int> Units(params SyntaxTree[] trees) => Harness.Compile(trees).GetTypeByMetadataName("M")!.GetAttributes()
        .Where(static attribute => attribute.AttributeClass!.Name == "DenseAttribute").Select(static attribute => (int)attribute.ConstructorArguments[0].Value!);
}
