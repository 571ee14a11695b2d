using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

public class PartialClassTests
{
    [Fact]
    public Task A_model_becomes_a_class_that_can_be_created() => Verify(ApiOnly(Harness.Generate(Models.Mnist)));

    [Fact]
    public Task An_invalid_model_becomes_a_skeleton() =>
        Verify(Harness.Generate(Models.Mnist.Replace("Conv2D(32,", "Conv2D(0,", StringComparison.Ordinal)));

    private static string ApiOnly(GeneratorDriverRunResult run) =>
        run.Results[0].GeneratedSources.Single(static source => source.HintName == "N.MnistNet.g.cs").SourceText.ToString();
}
