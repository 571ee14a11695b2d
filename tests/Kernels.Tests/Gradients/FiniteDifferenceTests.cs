using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;

namespace Convoke.Kernels.Tests.Gradients;

/// <summary>The interpreter's gradients against central differences of its own mean loss, in double, on random models.</summary>
public class FiniteDifferenceTests
{
    private const int Models = 240, Graphs = 120, Heads = 120, Inputs = 120, ElementsPerParameter = 4;

    /// <summary>Central differences err by h^2 f''' / 6 and by 2^-53 f / h: with h = 1e-5 and losses near 3 both stay below 1e-9; the rest is curvature.</summary>
    private const double Step = 1e-5, Tolerance = 1e-6;

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Gradients_are_differences_of_the_loss(int shard)
    {
        int compared = 0, kinks = 0;
        for (int seed = shard; seed < Models; seed += 4)
        {
            ModelSpec spec = RandomModels.Model(seed);
            int n = 1 + (seed % 3);
            (float[] images, int[] labels) = RandomModels.Batch(seed, spec, n);
            Compare(seed, spec, n, images, Truth.Of(spec, labels), graph => Smooth(seed, graph), ref compared, ref kinks);
        }

        Assert.True(compared > 1000, $"only {compared} elements compared");
        Assert.True(kinks < compared / 50, $"{kinks} of {compared} elements stand on a kink");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Gradients_of_any_topology_are_differences_of_the_loss(int shard)
    {
        int compared = 0, kinks = 0;
        for (int seed = shard; seed < Graphs; seed += 4)
        {
            ModelSpec spec = RandomGraphs.Model(seed);
            int n = 1 + (seed % 3);
            (float[] images, int[] labels) = RandomGraphs.Batch(seed, spec, n);
            Compare(seed, spec, n, images, Truth.Of(spec, labels), graph => RandomGraphs.Weights(seed, graph), ref compared, ref kinks);
        }

        Assert.True(compared > 300, $"only {compared} elements compared");
        Assert.True(kinks < compared / 20, $"{kinks} of {compared} elements stand on a kink");
    }

    [Fact]
    public void Gradients_of_several_heads_are_differences_of_the_weighted_sum_of_their_losses()
    {
        int compared = 0, kinks = 0;
        for (int seed = 0; seed < Heads; seed++)
        {
            ModelSpec spec = RandomHeads.Model(seed);
            int n = 1 + (seed % 3);
            Compare(seed, spec, n, RandomGraphs.Images(seed, spec, n), Truth.Random(spec, seed, n), graph => RandomGraphs.Weights(seed, graph), ref compared, ref kinks);
        }

        Assert.True(compared > 1000, $"only {compared} elements compared");
        Assert.True(kinks < compared / 20, $"{kinks} of {compared} elements stand on a kink");
    }

    [Fact]
    public void Gradients_behind_several_inputs_are_differences_of_the_loss()
    {
        int compared = 0, kinks = 0;
        for (int seed = 0; seed < Inputs; seed++)
        {
            ModelSpec spec = seed == 0 ? TwinInputs.Net : RandomInputs.Model(seed);
            int n = 1 + (seed % 3);
            Compare(seed, spec, n, RandomGraphs.Images(seed, spec, n), Truth.Random(spec, seed, n), graph => RandomGraphs.Weights(seed, graph), ref compared, ref kinks);
        }

        Assert.True(compared > 1000, $"only {compared} elements compared");
        Assert.True(kinks < compared / 20, $"{kinks} of {compared} elements stand on a kink");
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Gradients_of_the_net_of_two_heads_are_differences(bool map)
    {
        int compared = 0, kinks = 0;
        foreach (LossKind boxes in (LossKind[])[LossKind.SmoothL1, LossKind.MeanSquaredError])
        {
            ModelSpec spec = TwoHeads.Of(map, boxes: boxes);
            Compare(3, spec, 3, RandomGraphs.Images(3, spec, 3), Truth.Random(spec, 3, 3), static graph => RandomGraphs.Weights(3, graph), ref compared, ref kinks);
        }

        Assert.True(compared > 50 && kinks < compared / 20, $"{compared} compared, {kinks} on a kink");
    }

    private static void Compare(int seed, ModelSpec spec, int n, float[] images, Truth truth, Func<Graph, Dictionary<string, float[]>> draw, ref int compared, ref int kinks)
    {
        Dictionary<string, float[]> weights = [];
        Reference reference = Reference.Run(spec, n, images, truth, graph => weights = draw(graph), seed: 5);
        Graph forward = FuseSoftmaxCrossEntropy.Run(GraphBuilder.Build(spec));
        GraphInterpreter.KeepsElement keeps = DropoutMask.Of(forward, spec.Input.Layout, 5, 0);
        double[] input = [.. images.Select(static x => (double)x)];
        Dictionary<string, double[]> w = weights.ToDictionary(static p => p.Key, static p => p.Value.Select(static x => (double)x).ToArray());

        double Loss(string name, int element, double delta)
        {
            w[name][element] += delta;
            double[][] values = GraphInterpreter.Run(forward, n, input, output => truth[output], p => w[p], keeps);
            w[name][element] -= delta;
            return spec.Losses.Select((loss, i) => loss.Weight * values[forward.Outputs[spec.Results.Count + i]].Average()).Sum();
        }

        var random = new Random(seed);
        foreach ((string name, double[] values) in w.Where(p => reference.Gradients.ContainsKey(p.Key)))
        {
            for (int i = 0; i < ElementsPerParameter; i++)
            {
                int element = random.Next(values.Length);
                double at = Loss(name, element, 0), up = Loss(name, element, Step), down = Loss(name, element, -Step);

                // Where the slopes on both sides differ, a ReLU or a maximum changes sides within the step: there is no derivative to compare.
                if (Math.Abs(up - at - (at - down)) / Step > 1e-3)
                {
                    kinks++;
                    continue;
                }

                double difference = (up - down) / (2 * Step), gradient = reference.Gradients[name][element];
                Assert.True(Math.Abs(difference - gradient) <= Tolerance * Math.Max(1, Math.Abs(gradient)), $"seed {seed}, {name}[{element}]: difference {difference}, gradient {gradient}");
                compared++;
            }
        }
    }

    /// <summary>Weights off the dyadic grid of <see cref="RandomModels"/>: ties, which that grid makes on purpose, have no derivative.</summary>
    private static Dictionary<string, float[]> Smooth(int seed, Graph graph)
    {
        var random = new Random(seed);
        return RandomModels.Weights(seed, graph).ToDictionary(static p => p.Key, p => p.Value.Select(w => w + (float)((random.NextDouble() - 0.5) / 32)).ToArray());
    }
}
