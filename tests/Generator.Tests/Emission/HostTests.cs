using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

/// <summary>What hosts do to a generator: leave its implementation output out, load it on an old compiler, show it faulty programs.</summary>
public class HostTests
{
    private const string Caller = """
        using N;
        class Caller
        {
            MnistNet Use() { System.Console.WriteLine(MnistNet.Summary); using var net = MnistNet.Create(Convoke.Device.Best, seed: 42); return net; }
        }
        """;

    [Fact]
    public void The_API_compiles_without_implementation_output()
    {
        GeneratorDriver driver = Harness.Driver(skip: IncrementalGeneratorOutputKind.Implementation)
            .RunGeneratorsAndUpdateCompilation(Harness.Compile(Models.Mnist, Caller), out Compilation updated, out _);
        Assert.Equal("N.MnistNet.g.cs", Assert.Single(driver.GetRunResult().Results[0].GeneratedSources).HintName);
        Assert.Empty(Harness.Complaints(updated));
    }

    [Theory]
    [InlineData("Conv2D(32,", "Conv2D(0,")]
    [InlineData("[Adam, ", "[")]
    [InlineData("28, 28, 1", "28, 28")]
    [InlineData("[Flatten]", "[Flatten(Name = \"\")]")]
    public void Callers_of_a_faulty_model_compile(string good, string bad)
    {
        Assert.Contains(good, Models.Mnist, StringComparison.Ordinal);
        Harness.Generate(Models.Mnist.Replace(good, bad, StringComparison.Ordinal), Caller);
    }

    [Fact]
    public void Nothing_is_added_to_a_class_that_is_not_partial() =>
        Assert.Empty(Harness.Driver().RunGenerators(Harness.Compile(Models.Mnist.Replace("partial ", "", StringComparison.Ordinal))).GetRunResult().GeneratedTrees);

    /// <summary>A generator that asks for a newer compiler than the one that runs is not loaded at all (CS9057).</summary>
    [Fact]
    public void The_generator_loads_on_the_oldest_supported_compiler() =>
        Assert.All(
            typeof(ConvokeGenerator).Assembly.GetReferencedAssemblies().Where(static name => name.Name!.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)),
            static name => Assert.True(name.Version <= new Version(4, 14, 0, 0), name.ToString()));

    /// <summary>The compiler reports the second [Model]; two files of one name would end the generator.</summary>
    [Fact]
    public void A_model_that_is_declared_twice_is_generated_once()
    {
        GeneratorDriverRunResult run = Harness.Driver().RunGenerators(Harness.Compile(Models.Mnist, Models.Mnist)).GetRunResult();
        Assert.Null(run.Results[0].Exception);
        Assert.Single(run.Results[0].GeneratedSources, static source => source.HintName == "N.MnistNet.g.cs");
    }

    [Fact]
    public void Names_that_are_keywords_are_escaped() =>
        Assert.Contains(
            "@event.@class.g.cs".Replace("@", "", StringComparison.Ordinal),
            Harness.Generate("using Convoke; namespace @event; [Model(4, 4, 1), Flatten, Dense(2)] partial class @class; class C { object Use() => @class.Create(); }")
                .Results[0].GeneratedSources.Select(static source => source.HintName));

    /// <summary>Layer names reach identifiers of the kernels, among keywords and the kernels' own names.</summary>
    [Fact]
    public void Kernels_compile_whatever_a_layer_is_called() => Harness.Generate([.. ((string[])
        ["class", "out", "step", "scratch", "task", "input", "images", "count", "first", "partial", "n", "i"]).Select(static (name, i) => $"""
            using Convoke;
            [Model(8, 8, 1), Conv2D(2, 3), MaxPool2D(2, Name = "{name}"), Flatten, Dense(2), CrossEntropy, Adam] partial class M{i};
            """)]);
}
