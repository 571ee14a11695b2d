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
        Assert.Equal("N.MnistNet.g.cs", Assert.Single(Harness.OfModels(driver.GetRunResult())).HintName);
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
        Assert.Empty(Harness.OfModels(Harness.Driver().RunGenerators(Harness.Compile(Models.Mnist.Replace("partial ", "", StringComparison.Ordinal))).GetRunResult()));

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

    /// <summary>Parameters and methods may be called anything, modifiers may stand in any order, and a file may bring Ops in by itself.</summary>
    [Theory]
    [InlineData("[Dense(2)] private static partial Sym @new(Sym @class); private static Sym Forward(Sym @out) => @new(Flatten(@out));")]
    [InlineData("[Dense(2)] public static unsafe partial Convoke.Sym Head(global::Convoke.Sym x); internal static Sym Forward(Sym x) => Head(Flatten(x));")]
    [InlineData("[Dense(2)] internal static partial Sym Head(Sym x, int i); static Sym Forward(Sym x) => Head(Flatten(x), i: 3);")]
    [InlineData("[Flatten] static private partial Sym Flatten(Sym x); [Dense(2)] private static partial Sym Head(Sym x); static Sym Forward(Sym x) => Head(Flatten(x));")]
    [InlineData("[Dense(2)] private static partial Sym Head(Sym x); private static (Sym @class, Sym Größe, Sym _new) Forward(Sym x) { x = Head(Flatten(x)); return (x, Relu(x), Softmax(x)); }")]
    [InlineData("[Dense(2)] private static partial Sym Relu(Sym x); private static Sym Forward(Sym x) => Relu(Ops.Flatten(x));")]
    public void Layer_methods_get_bodies_that_compile(string members) =>
        Assert.Contains(Harness.Generate($"using Convoke; using static Convoke.Ops; [Model(8, 8, 1)] partial class M {{ {members} }}").Results[0].GeneratedSources, static s => s.HintName == "M.Cuda.g.cs");

    /// <summary>Layers and Forward may stand on different declarations: data flow orders the calls.</summary>
    [Fact]
    public void A_model_with_Forward_may_be_split_over_files() => Assert.Contains(
        Harness.Generate(
            "using Convoke; partial class M { private static Sym Forward(Sym x) => Head(Flatten(x)); }",
            "using Convoke; [Model(8, 8, 1)] partial class M;",
            "using Convoke; partial class M { [Dense(2)] private static partial Sym Head(Sym x); }").Results[0].GeneratedSources,
        static source => source.HintName == "M.Cuda.g.cs");

    /// <summary>A class may have a method of that name which has nothing to do with layers.</summary>
    [Fact]
    public void Another_Forward_leaves_the_attributes_alone() => Assert.Contains(
        Harness.Generate("using Convoke; [Model(8, 8, 1), Flatten, Dense(2)] partial class M { public float[] Forward(float[] x) => x; }").Results[0].GeneratedSources,
        static source => source.HintName == "M.Cuda.g.cs");

    /// <summary>What is warned of is left out: the compiled network is the one without the call.</summary>
    [Fact]
    public void Calls_that_do_nothing_are_not_compiled()
    {
        string api = Harness.Generate("""
            using Convoke;
            [Model(8, 8, 1)]
            partial class M
            {
                [Conv2D(4, 3)] private static partial Sym Side(Sym x);
                [Dense(2)] private static partial Sym Head(Sym x);
                private static Sym Forward(Sym x)
                {
                    Relu(Side(x));
                    Sym y = Head(Flatten(x));
                    Softmax(y);
                    return y;
                }
            }
            """).Results[0].GeneratedSources.Single(static source => source.HintName == "M.g.cs").SourceText.ToString();
        Assert.Contains("head (Dense)", api, StringComparison.Ordinal);
        Assert.DoesNotContain("side (", api, StringComparison.Ordinal);
        Assert.DoesNotContain("softmax (", api, StringComparison.Ordinal);
    }

    /// <summary>Layer names reach identifiers of the kernels, among keywords and the kernels' own names.</summary>
    [Fact]
    public void Kernels_compile_whatever_a_layer_is_called() => Harness.Generate([.. ((string[])
        ["class", "out", "step", "scratch", "task", "input", "images", "count", "first", "partial", "n", "i"]).Select(static (name, i) => $"""
            using Convoke;
            [Model(8, 8, 1), Conv2D(2, 3), MaxPool2D(2, Name = "{name}"), Flatten, Dense(2), CrossEntropy, Adam] partial class M{i};
            """)]);
}
