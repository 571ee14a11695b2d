using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

/// <summary>A project names the widths of vectors that it wants kernels for.</summary>
public class VectorWidthTests
{
    [Theory]
    [InlineData("", "512 256 128")]
    [InlineData("128,256,512", "512 256 128")]
    [InlineData("256", "256 128")]
    [InlineData(" 512 , 128", "512 128")]
    [InlineData("128", "128")]
    public void Kernels_are_written_for_the_widths_that_a_project_names_and_for_128_bits(string property, string widths)
    {
        GeneratorDriverRunResult run = Run(property, out Compilation updated);
        Assert.Empty(Harness.Complaints(updated));
        string[] kernels = [.. run.Results[0].GeneratedSources.Select(static s => s.HintName).Where(static name => name.Contains(".Vector", StringComparison.Ordinal)).Select(static name => name.Split('.')[2]["Vector".Length..])];
        Assert.Equal(widths.Split(' '), kernels);
        string selection = run.Results[0].GeneratedSources.Single(static s => s.HintName == "N.MnistNet.Cpu.g.cs").SourceText.ToString();
        Assert.All(["512", "256", "128"], bits => Assert.Equal(kernels.Contains(bits), selection.Contains($"Vector{bits}Program()", StringComparison.Ordinal)));
        // What is left runs everywhere, so the last choice has no condition.
        Assert.DoesNotContain("Vector128.IsHardwareAccelerated", selection, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("300")]
    [InlineData("256, wide")]
    public async Task A_list_that_cannot_be_read_is_an_error_and_all_are_written(string property)
    {
        Diagnostic found = Assert.Single(await Harness.Analyze(Harness.Compile(Models.Mnist), new BuildProperties(("ConvokeVectors", property))));
        Assert.Equal(
            $"CVK0024 The build property ConvokeVectors is '{property}', but lists the widths that kernels are written for: 128, 256 and 512, with commas between them",
            $"{found.Id} {found.GetMessage(CultureInfo.InvariantCulture)}");
        Assert.Equal(3, Run(property, out _).Results[0].GeneratedSources.Count(static s => s.HintName.Contains(".Vector", StringComparison.Ordinal)));
    }

    private static GeneratorDriverRunResult Run(string property, out Compilation updated) =>
        Harness.Driver(properties: new BuildProperties(("ConvokeVectors", property))).RunGeneratorsAndUpdateCompilation(Harness.Compile(Models.Mnist), out updated, out _).GetRunResult();
}
