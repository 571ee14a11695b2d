using System.Reflection;
using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Convoke.Generator.Tests;

/// <summary>Forward is ordinary C#: compiled and run on tracing values, it makes the calls that the generator read, in the same order.</summary>
public class TracingTests
{
    private const int Sources = 320, SeveralInputs = 120, PerCompilation = 40;

    /// <summary>Larger than any model may be: it is read, and not compiled, since shapes of random calls seldom fit.</summary>
    internal const string Huge = "16384, 16384, 16384";

    public static TheoryData<int> Batches => [.. Enumerable.Range(0, Sources / PerCompilation)];

    [Theory, MemberData(nameof(Batches))]
    public async Task Random_sources(int batch)
    {
        string[] sources = [.. Enumerable.Range(batch * PerCompilation, PerCompilation).Select(static seed => Named(ForwardNet.Source(new RandomForward(seed).Members(), preset: seed % 2 == 0 ? "Keras" : "PyTorch", input: Huge), seed))];
        Dictionary<string, ModelSpec?> read = Check(sources);
        Assert.Equal(PerCompilation, read.Count);
        foreach ((string name, ModelSpec? spec) in read)
        {
            if (spec is not null) continue;
            string source = sources[int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) - (batch * PerCompilation)];
            Assert.Fail($"{name} was not read: {string.Join("\n", (await Harness.Analyze(Harness.Compile(source))).Select(static d => d.ToString()))}\n{source}");
        }
    }

    /// <summary>Two to four parameters of Forward, each of which is assigned and passed on as the others are.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Random_sources_of_several_inputs(int batch)
    {
        string[] sources = [.. Enumerable.Range(batch * PerCompilation, SeveralInputs / 3).Select(static seed => Named(ForwardNet.Source(new RandomForward(seed, 2 + (seed % 3)).Members(), input: ""), seed))];
        Dictionary<string, ModelSpec?> read = Check(sources);
        Assert.Equal(sources.Length, read.Count(static model => model.Value is { FurtherInputs.Count: > 0 }));
        Assert.All(read.Values, static spec => Assert.Equal(((string[])["x", "x1", "x2", "x3"]).Take(spec!.Inputs.Count), spec.Inputs.Select(static input => input.Name)));
        int[] used = [.. read.Values.SelectMany(static spec => spec!.Calls).SelectMany(static call => call.Inputs).Where(CallSpec.IsInput).Distinct().Order()];
        Assert.Equal([-4, -3, -2, -1], used);
    }

    /// <summary>The random sources are worth something: together they use every kind of call, loops that repeat, and tuples.</summary>
    [Fact]
    public void Random_sources_are_varied()
    {
        ModelSpec[] specs = [.. Check([.. Enumerable.Range(0, PerCompilation).Select(static seed => Named(ForwardNet.Source(new RandomForward(seed).Members(), input: Huge), seed))]).Values.Select(static s => s!)];
        LayerSpec[] layers = [.. specs.SelectMany(static s => s.Calls).Select(static c => c.Layer)];
        Assert.Equal(15, layers.Select(static layer => layer.GetType()).Distinct().Count());
        Assert.Equal(6, layers.OfType<ActivationSpec>().Select(static a => a.Kind).Distinct().Count());
        Assert.Equal(2, layers.OfType<GlobalPool2DSpec>().Select(static g => g.Kind).Distinct().Count());
        Assert.Contains(specs, static s => s.Outputs.Count == 2 && s.Outputs[0].Name == "First" && s.Outputs[1].Name == "Second");
        Assert.Contains(specs, static s => s.Calls.Count > 40);
    }

    [Fact]
    public void A_residual_network_with_two_heads()
    {
        ModelSpec spec = Check([Named(ForwardNet.Source("""
            private static (Sym Classes, Sym Boxes) Forward(Sym image)
            {
                var x = Relu(Conv(image));
                for (int i = 0; i < 3; i++)
                {
                    x = Residual(x, i);
                    if (i == 1) continue;
                    x = Relu(x);
                }
                Sym c = Concat(x, Conv(x));
                c += c * c;
                return (Softmax(Head(Flatten(c))), Hidden(Flatten(c)));
            }

            private static Sym Residual(Sym x, int i) => x + Block(Relu(x), i);
            """), 0)])["M0"]!;
        Assert.Equal(
            ["conv(input)", "relu(%0)", "relu(%1)", "block_0(%2)", "add(%1, %3)", "relu(%4)", "relu(%5)", "block_1(%6)", "add(%5, %7)", "relu(%8)", "block_2(%9)", "add(%8, %10)", "relu(%11)",
             "conv(%12)", "concat(%12, %13)", "multiply(%14, %14)", "add(%14, %15)", "flatten(%16)", "head(%17)", "softmax(%18)", "flatten(%16)", "hidden(%20)"],
            spec.Calls.Select(Show));
        Assert.Equal([new("Classes", 19), new("Boxes", 21)], spec.Outputs);
    }

    /// <summary>Compiles the sources, runs every Forward, and holds its trace to what was read.</summary>
    internal static Dictionary<string, ModelSpec?> Check(string[] sources)
    {
        CSharpCompilation compilation = Harness.Compile(sources);
        GeneratorDriver driver = Harness.Driver(track: true).RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        using var image = new MemoryStream();
        EmitResult emitted = updated.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error).Take(3)));
        Assembly assembly = Assembly.Load(image.ToArray());
        var specs = new Dictionary<string, ModelSpec?>();
        foreach (object reading in driver.GetRunResult().Results[0].TrackedSteps["Convoke.Parse"].SelectMany(static step => step.Outputs).Select(static output => output.Value))
        {
            var name = (string)reading.GetType().GetProperty("Name")!.GetValue(reading)!;
            var spec = (ModelSpec?)reading.GetType().GetProperty("Spec")!.GetValue(reading);
            specs.Add(name, spec);
            if (spec is null) continue;
            var trace = new ForwardTrace(spec.Inputs.Count);
            object result = assembly.GetType(name)!.GetMethod("Forward", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [.. trace.Inputs])!;
            Assert.Equal(trace.Calls.Select(static call => call.ToString()), spec.Calls.Select(Show));
            Sym[] outputs = result is Sym one ? [one] : [.. Enumerable.Range(0, ((System.Runtime.CompilerServices.ITuple)result).Length).Select(i => (Sym)((System.Runtime.CompilerServices.ITuple)result)[i]!)];
            Assert.Equal(outputs.Select(static output => output.Call), spec.Outputs.Select(static output => output.Call));
        }
        return specs;
    }

    /// <summary>A call as its trace: operations with the numbers that they were given.</summary>
    private static string Show(CallSpec call) => new TracedCall(call.Layer.Name, [.. call.Inputs])
    {
        Arguments = call.Layer switch
        {
            ActivationSpec { Kind: ActivationKind.LeakyRelu, Slope: var slope } => [slope],
            UpsampleSpec { Name: "upsample" } up => [up.Height, up.Width],
            _ => [],
        },
    }.ToString();

    internal static string Named(string source, int number) => source.Replace("class M", "class M" + number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
