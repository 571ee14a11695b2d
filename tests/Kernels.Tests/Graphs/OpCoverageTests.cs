using System.Reflection;
using Convoke.Kernels.Autodiff;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;

namespace Convoke.Kernels.Tests.Graphs;

/// <summary>No op without its rules: each one occurs in the graphs of the random models, so that shape, interpreter, verifier and printer were asked about it.</summary>
public class OpCoverageTests
{
    private static readonly Type[] Ops = [.. typeof(Op).GetNestedTypes(BindingFlags.Public).Where(static t => t.IsSubclassOf(typeof(Op)))];

    [Fact]
    public void Every_op_occurs_and_is_interpreted()
    {
        var seen = new HashSet<Type>();
        for (int seed = 0; seed < 120; seed++)
        {
            ModelSpec spec = (seed % 3) switch { 0 => RandomModels.Model(seed), 1 => RandomGraphs.Model(seed), _ => RandomHeads.Model(seed) };
            Graph forward = GraphBuilder.Build(spec);
            Graph training = Differentiator.Run(TrainedPart.Run(FuseSoftmaxCrossEntropy.Run(forward)), spec.Optimizer!);
            (float[] images, Truth truth) = (RandomGraphs.Images(seed, spec, 2), Truth.Random(spec, seed, 2));
            Dictionary<string, float[]> weights = RandomGraphs.Weights(seed, forward);
            foreach (Graph graph in new[] { forward, training, FoldBatchNorm.Run(GraphBuilder.Build(spec, training: false)) })
            {
                double[][] values = GraphInterpreter.Run(GraphVerifier.Verify(graph, "test"), 2, [.. images.Select(static x => (double)x)], output => truth[output], name => [.. weights[name].Select(static x => (double)x)]);
                foreach (Value value in graph.Values)
                {
                    Assert.Equal(value.Shape.Count * (value.Shape.PerSample ? 2 : 1), values[value.Id].Length);
                    seen.Add(value.Op.GetType());
                }
            }
        }

        Assert.Equal(Ops.Select(static o => o.Name).Order(), seen.Select(static o => o.Name).Order());
    }

    [Fact]
    public void The_fused_loss_is_the_loss_as_written()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            ModelSpec spec = RandomModels.Model(seed);
            Graph written = GraphBuilder.Build(spec), fused = FuseSoftmaxCrossEntropy.Run(written);
            (float[] images, int[] labels) = RandomModels.Batch(seed, spec, 3);
            Truth truth = Truth.Of(spec, labels);
            Dictionary<string, float[]> weights = RandomModels.Weights(seed, written);
            double[][] Run(Graph g) => GraphInterpreter.Run(g, 3, [.. images.Select(static x => (double)x)], _ => truth[0], name => [.. weights[name].Select(static x => x / 8.0)]);
            double[][] a = Run(written), b = Run(fused);
            foreach (int output in written.Outputs)
                for (int i = 0; i < a[output].Length; i++) Assert.Equal(a[output][i], b[output][i], 1e-9);
        }
    }

    [Fact]
    public void Only_ops_of_the_forward_graph_are_differentiated()
    {
        Graph graph = GraphBuilder.Build(Tests.Models.B);
        var writer = new GraphWriter(graph);
        foreach (Value value in graph.Values.Where(static v => !GradientRules.IsDifferentiable(v.Op)))
            Assert.Throws<NotSupportedException>(() => GradientRules.Backward(writer, value, value));
    }
}
