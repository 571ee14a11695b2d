using Convoke.Kernels;
using Convoke.Kernels.Models;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Generator.Tests;

/// <summary>
/// The random programs of <see cref="TracingTests"/>, down to the text of kernels. Shapes of random calls seldom fit to the end, so that of each program the
/// longest part is compiled that does: all that one of its calls depends on.
/// </summary>
public class CompiledSourcesTests
{
    private const int Sources = 100, LeastCalls = 3;

    [Fact]
    public void Parts_of_random_sources_become_kernels()
    {
        // Four channels, as many as Conv and Strided yield, so that calls of those again fit.
        string[] sources = [.. Enumerable.Range(0, Sources).Select(static seed => TracingTests.Named(ForwardNet.Source(new RandomForward(seed).Members(), preset: seed % 2 == 0 ? "Keras" : "PyTorch", input: TracingTests.Huge), seed))];
        int compiled = 0, trained = 0, shared = 0;
        foreach ((string name, ModelSpec? spec) in TracingTests.Check(sources))
        {
            if (spec is null || Longest(spec with { Input = new(24, 20, 4, spec.Input.Layout), Losses = [], Optimizer = null }) is not { } part) continue;
            CompiledModel model = Compile(name, part);
            Assert.Equal((3, true), (model.Cpu.Count, model.Cuda.Text.Length > 0));
            compiled++;
            if (part.Calls.Where(static c => c.Layer is Conv2DSpec or DenseSpec or BatchNormSpec).GroupBy(static c => c.Layer).Any(static calls => calls.Count() > 1)) shared++;
            ModelSpec training = part with { Losses = [new(part.Calls[^1].Layer is SoftmaxSpec ? LossKind.SparseCategoricalCrossentropy : LossKind.CrossEntropy)], Optimizer = new SgdSpec(0.1) };
            if (!Fits(training)) continue;
            Assert.NotEmpty(Compile(name, training).Cuda.Train);
            trained++;
        }

        Assert.True(compiled >= 50 && trained >= 10 && shared >= 2, $"{compiled} compiled, {trained} of them trained, {shared} with shared weights");
    }

    private static CompiledModel Compile(string name, ModelSpec spec)
    {
        try
        {
            return Compiler.Compile(spec);
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{name}: {string.Join(", ", spec.Calls.Select(static c => $"{c.Layer}({string.Join(", ", c.Inputs)})"))}", fault);
        }
    }

    /// <summary>Of the parts that fit the one with the most calls; null where all are trivial.</summary>
    private static ModelSpec? Longest(ModelSpec spec) => Enumerable.Range(0, spec.Calls.Count)
        .Select(call => LiveCalls.Only(spec with { Outputs = [new(null, call)] })).Where(static part => part.Calls.Count >= LeastCalls)
        .OrderByDescending(static part => part.Calls.Count).FirstOrDefault(Fits);

    private static bool Fits(ModelSpec spec) => Compiler.Check(spec).All(static p => p.Id is "CVK0012" or "CVK0105");
}
