using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Autodiff;

/// <summary>Forward graph with a loss to training graph: adjoints in reverse order, then one update per parameter.</summary>
/// <remarks>Outputs of the result: losses, correct, running statistics, and the updates in parameter order; the model's own outputs are not wanted while training.</remarks>
public static class Differentiator
{
    public static Graph Run(Graph forward, OptimizerSpec optimizer)
    {
        var g = new GraphWriter(forward with { Outputs = [.. forward.Outputs.Where(o => forward[o].Op.IsLoss || forward[o].Op is Op.Correct or Op.RunningMean or Op.RunningVariance)] });
        var adjoints = new Dictionary<int, Value>();
        bool[] trained = NeedsGradient(forward);
        for (int id = forward.Values.Count - 1; id >= 0; id--)
        {
            Value y = forward[id];
            bool isLoss = y.Op.IsLoss;
            if (!isLoss && !adjoints.ContainsKey(id) || !GradientRules.IsDifferentiable(y.Op)) continue;
            Value?[] gradients = GradientRules.Backward(g, y, isLoss ? null : adjoints[id]);
            for (int operand = 0; operand < gradients.Length; operand++)
            {
                int input = y.Inputs[operand];
                if (gradients[operand] is not { } gradient || !trained[input]) continue;

                // What is read several times has the sum of what its readers send back: the reader that stands last comes first.
                adjoints[input] = adjoints.TryGetValue(input, out Value? sum) ? g.Add(new Op.Add(), "d_" + forward[input].Name, forward[input].Call, sum, gradient) : gradient;
            }
        }

        foreach (Value parameter in forward.Values.Where(static v => v.Op is Op.Parameter))
            g.Output(g.Add(new Op.Update(optimizer), parameter.Name + "'", parameter.Call, parameter, adjoints[parameter.Id]));
        return g.ToGraph();
    }

    /// <summary>Whether a parameter stands behind each value: the input's own gradient is never asked for.</summary>
    private static bool[] NeedsGradient(Graph forward)
    {
        var needs = new bool[forward.Values.Count];
        foreach (Value v in forward.Values) needs[v.Id] = v.Op is Op.Parameter || v.Inputs.Any(i => needs[i]);
        return needs;
    }
}
