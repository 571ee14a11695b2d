using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>What every graph must satisfy, run after every pass.</summary>
public static class GraphVerifier
{
    /// <exception cref="InvalidOperationException">The graph after <paramref name="pass"/> is malformed; the message names pass and value.</exception>
    public static Graph Verify(Graph graph, string pass)
    {
        for (int id = 0; id < graph.Values.Count; id++)
        {
            Value value = graph.Values[id];
            if (value.Id != id) throw Fault(pass, value, $"stands at position {id}");
            foreach (int input in value.Inputs)
                if (input < 0 || input >= id) throw Fault(pass, value, $"reads %{input}, which is not before it");
            foreach (int extent in value.Shape.Extents)
                if (extent <= 0) throw Fault(pass, value, "has an empty axis");
            if (Arity(value.Op) is var arity && (arity < 0 ? value.Inputs.Count == 0 : value.Inputs.Count != arity)) throw Fault(pass, value, $"takes {Arity(value.Op)} operands");
            CheckOperands(graph, value, pass);
        }

        foreach (int output in graph.Outputs)
            if (output < 0 || output >= graph.Values.Count) throw new InvalidOperationException($"after {pass}: output %{output} does not exist");
        return graph;
    }

    /// <summary>Operands of an op; -1 for a number that varies.</summary>
    private static int Arity(Op op) => op switch
    {
        Op.Input or Op.Target or Op.Parameter or Op.State => 0,
        Op.Relu or Op.Activation or Op.Softmax or Op.LogSoftmax or Op.MaxPool2D or Op.MaxPoolArg or Op.Pool2D or Op.Pool2DArg or Op.Pool2DGrad { Kind: PoolKind.Average } => 1,
        Op.Import or Op.Dropout or Op.Flatten or Op.Unflatten or Op.BiasGrad or Op.Slice or Op.Upsample or Op.UpsampleGrad or Op.BatchMoments or Op.Row => 1,
        Op.BatchNormSums or Op.FoldedKernel => 3,
        Op.BatchNorm => 4,
        Op.Normalize or Op.BatchNormGrad => 5,
        Op.Concat or Op.FoldedBias => -1,
        _ => 2,
    };

    private static void CheckOperands(Graph graph, Value value, string pass)
    {
        Shape Of(int operand) => graph[value.Inputs[operand]].Shape;
        bool fits = value.Op switch
        {
            Op.Input input => input.Place.Offset >= 0 && input.Place.Offset + value.Shape.Count <= input.Place.Sample && (value.Shape.IsImage || value.Shape.IsFlat),
            Op.Conv2D => Of(0).IsImage && Of(1).Rank == 4 && Of(0)[2] == Of(1)[2],
            Op.BiasAdd => Of(1).Rank == 1 && Of(0)[Of(0).Rank - 1] == Of(1)[0],
            Op.Dense => Of(0).IsFlat && Of(1).Rank == 2 && Of(0)[0] == Of(1)[0],
            Op.MaxPool2D or Op.MaxPoolArg or Op.Flatten => Of(0).IsImage,
            Op.Softmax or Op.LogSoftmax => Of(0).IsFlat || Of(0).IsImage,
            Op.Pool2D or Op.Pool2DArg or Op.Upsample or Op.UpsampleGrad => Of(0).IsImage,
            Op.Pool2DGrad pool => value.Shape.IsImage && Of(0) == Shape.Image(pool.Window.Rows(value.Shape[0]), pool.Window.Columns(value.Shape[1]), value.Shape[2]),
            Op.Add or Op.Multiply or Op.ActivationGrad => Of(0) == Of(1),
            Op.Concat => value.Inputs.All(i => graph[i].Shape.Rank == value.Shape.Rank && (value.Shape.IsFlat || graph[i].Shape[0] == value.Shape[0] && graph[i].Shape[1] == value.Shape[1])),
            Op.BatchNorm or Op.Normalize or Op.BatchNormGrad => Of(0).PerSample && Of(value.Inputs.Count - 1)[Of(value.Inputs.Count - 1).Rank - 1] == Of(0)[Of(0).Rank - 1],
            Op.ConvDgrad => Of(0).IsImage && Of(1).Rank == 4 && Of(0)[2] == Of(1)[3],
            Op.ConvWgrad => Of(0).IsImage && Of(1).IsImage,
            Op.DenseDgrad => Of(0).IsFlat && Of(0)[0] == Of(1)[1],
            Op.DenseWgrad => Of(0).IsFlat && Of(1).IsFlat,
            Op.MaxPoolGrad => Of(0) == Of(1) && value.Shape.IsImage,
            Op.Unflatten => Of(0).Count == value.Shape.Count,
            Op.ReluGrad or Op.Update or Op.ElementLoss or Op.ElementLossGrad => Of(0) == Of(1),
            _ => true,
        };
        if (!fits) throw Fault(pass, value, $"does not fit its operands {string.Join(", ", value.Inputs.Select(i => graph[i].Shape.ToString()))}");
        if (value.Op is not (Op.Input or Op.Target or Op.Parameter or Op.State or Op.MaxPoolGrad or Op.Pool2DGrad or Op.ConvDgrad or Op.Unflatten))
        {
            Value[] operands = [.. value.Inputs.Select(i => graph[i])];
            (Shape shape, DType type) = ShapeRules.Infer(value.Op, operands);
            if (shape != value.Shape || type != value.Type) throw Fault(pass, value, $"should be {type} {shape}");
        }
    }

    private static InvalidOperationException Fault(string pass, Value value, string what) => new($"after {pass}: {value} {what}");
}
