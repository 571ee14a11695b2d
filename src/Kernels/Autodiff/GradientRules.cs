using Convoke.Kernels.Graphs;

namespace Convoke.Kernels.Autodiff;

/// <summary>The adjoints of every op, on one page. Each rule is held against finite differences of the interpreter in double.</summary>
public static class GradientRules
{
    /// <summary>Given y = op(x...) and dy, appends the gradient of each operand; null for one that has none.</summary>
    /// <exception cref="NotSupportedException">The op stands in no differentiated graph (losses on probabilities are fused before; adjoints are not differentiated).</exception>
    public static Value?[] Backward(GraphWriter g, Value y, Value? dy)
    {
        Value X(int operand) => g[y.Inputs[operand]];
        string name = "d_" + X0Name(g, y);
        return y.Op switch
        {
            Op.Conv2D conv => [Shaped(new Op.ConvDgrad(conv.Window), dy!, X(1)), Grad(new Op.ConvWgrad(conv.Window), "d_" + X(1).Name, X(0), dy!)],
            Op.BiasAdd => [dy, Grad(new Op.BiasGrad(), "d_" + X(1).Name, dy!)],
            Op.Relu => [Grad(new Op.ReluGrad(), name, dy!, y)],
            Op.Activation f => [Grad(new Op.ActivationGrad(f.Kind, f.Slope), name, dy!, X(0))],
            Op.Add => [dy, dy],
            Op.Multiply => [Grad(new Op.Multiply(), name, dy!, X(1)), Grad(new Op.Multiply(), "d_" + X(1).Name, dy!, X(0))],
            Op.Concat => Parts(),
            Op.Upsample up => [Grad(new Op.UpsampleGrad(up.Height, up.Width), name, dy!)],
            Op.Dropout drop => [Grad(drop, name, dy!)],
            Op.BatchNorm norm => Norm(norm),
            Op.Pool2D { Kind: Models.PoolKind.Max } pool => [Shaped(new Op.Pool2DGrad(pool.Kind, pool.Window, pool.CountsPadding), dy!, Grad(new Op.Pool2DArg(pool.Window), y.Name + ".arg", X(0)))],
            Op.Pool2D pool => [Shaped(new Op.Pool2DGrad(pool.Kind, pool.Window, pool.CountsPadding), dy!)],
            Op.MaxPool2D pool => [Shaped(new Op.MaxPoolGrad(pool.PoolHeight, pool.PoolWidth), dy!, Grad(new Op.MaxPoolArg(pool.PoolHeight, pool.PoolWidth), y.Name + ".arg", X(0)))],
            Op.Flatten flatten => [Shaped(new Op.Unflatten(flatten.Order), dy!)],
            Op.Dense => [Grad(new Op.DenseDgrad(), name, dy!, X(1)), Grad(new Op.DenseWgrad(), "d_" + X(1).Name, X(0), dy!)],
            Op.SoftmaxCrossEntropy loss => [Grad(new Op.SoftmaxCrossEntropyGrad(loss.Weight), name, X(0), X(1)), null],
            Op.ElementLoss loss => [Grad(new Op.ElementLossGrad(loss.Kind, loss.Beta, loss.Weight), name, X(0), X(1)), null],
            _ => throw new NotSupportedException($"{y.Op.Mnemonic} has no gradient rule"),
        };

        Value Grad(Op op, string gradName, params ReadOnlySpan<Value> inputs) => g.Add(op, gradName, y.Call, inputs);
        Value?[] Parts()
        {
            var parts = new Value?[y.Inputs.Count];
            for (int part = 0, from = 0; part < parts.Length; part++)
            {
                int count = X(part).Shape[X(part).Shape.Rank - 1];
                parts[part] = Grad(new Op.Slice(from, count, part), "d_" + X(part).Name, dy!);
                from += count;
            }

            return parts;
        }

        // The statistics' own gradient is part of that of x, so that they have none.
        Value?[] Norm(Op.BatchNorm norm)
        {
            Value sums = Grad(new Op.BatchNormSums(norm.Epsilon), y.Name + ".sums", dy!, X(0), X(1));
            return [
                Grad(new Op.BatchNormGrad(norm.Epsilon), name, dy!, X(0), X(1), X(2), sums), null,
                Grad(new Op.Row(0), "d_" + X(2).Name, sums), Grad(new Op.Row(1), "d_" + X(3).Name, sums),
            ];
        }

        Value Shaped(Op op, params ReadOnlySpan<Value> inputs) => g.AddShaped(op, name, y.Call, X(0).Shape, Types.DType.F32, inputs);
    }

    /// <summary>Whether the op ever stands between a parameter and the loss.</summary>
    public static bool IsDifferentiable(Op op) =>
        op is Op.Conv2D or Op.BiasAdd or Op.Relu or Op.Activation or Op.Add or Op.Multiply or Op.Concat or Op.Upsample or Op.Dropout or Op.BatchNorm
            or Op.Pool2D or Op.MaxPool2D or Op.Flatten or Op.Dense || op.IsLoss;

    private static string X0Name(GraphWriter g, Value y) => y.Inputs.Count > 0 ? g[y.Inputs[0]].Name : y.Name;
}
