using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Graphs;

/// <summary>An activation that is a call of its own is the one that its layer could have been given; calls that nothing needs are no part of the network.</summary>
public class CalledActivationTests
{
    [Fact]
    public void Graph_parameters_and_memory_do_not_depend_on_where_activations_stand()
    {
        int split = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            ModelSpec spec = RandomModels.Model(seed), called = Split(spec);
            split += called.Calls.Count - spec.Calls.Count;
            Assert.Equal(Values(spec), Values(called));
            if (seed >= 10) continue;
            CompiledModel given = Compiler.Compile(spec), asCalls = Compiler.Compile(called);
            Assert.Equal(given.Parameters, asCalls.Parameters);
            Assert.Equal(given.Memory, asCalls.Memory);
        }

        Assert.True(split > 60, $"only {split} activations became calls");
    }

    [Fact]
    public void Calls_that_nothing_needs_are_left_out()
    {
        ModelSpec spec = Split(Tests.Models.A);
        CallSpec side = new(new Conv2DSpec("side", 5, 3, 3, ActivationKind.None, true), [CallSpec.ModelInput]), unread = new(new ReluSpec("relu"), [0]);

        // The calls of the network move back by two, and what they read with them.
        CallSpec[] later = [.. spec.Calls.Select(static call => call with { Inputs = [.. call.Inputs.Select(static input => input == CallSpec.ModelInput ? input : input + 2)] })];
        ModelSpec wider = spec with { Calls = [side, unread, .. later, new(new FlattenSpec("end"), [later.Length + 1])], Outputs = [new OutputSpec("y", later.Length + 1)] };

        Assert.Equal([0, 1, later.Length + 2], Compiler.Check(wider).Select(static problem => problem.Id == "CVK0012" ? problem.Call : -2));
        Assert.Equal(spec, LiveCalls.Only(wider));
        Assert.Equal(Compiler.Compile(spec), Compiler.Compile(wider));
    }

    /// <summary>Activations as calls of their own.</summary>
    private static ModelSpec Split(ModelSpec spec)
    {
        var calls = new List<CallSpec>();
        foreach (CallSpec call in spec.Calls)
        {
            (LayerSpec layer, ActivationKind activation) = call.Layer switch
            {
                Conv2DSpec conv => (conv with { Activation = ActivationKind.None }, conv.Activation),
                DenseSpec dense => ((LayerSpec)(dense with { Activation = ActivationKind.None }), dense.Activation),
                var other => (other, ActivationKind.None),
            };
            calls.Add(new(layer, [calls.Count - 1]));
            if (activation == ActivationKind.Relu) calls.Add(new(new ReluSpec("relu"), [calls.Count - 1]));
            else if (activation == ActivationKind.Softmax) calls.Add(new(new SoftmaxSpec("softmax"), [calls.Count - 1]));
        }
        return spec with { Calls = [.. calls] };
    }

    private static IEnumerable<Value> Values(ModelSpec spec) => GraphBuilder.Build(spec).Values.Select(static value => value with { Call = 0 });
}
