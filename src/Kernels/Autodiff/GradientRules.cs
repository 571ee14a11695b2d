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
            Op.Conv2D => [Grad(new Op.ConvDgrad(), name, dy!, X(1)), Grad(new Op.ConvWgrad(), "d_" + X(1).Name, X(0), dy!)],
            Op.BiasAdd => [dy, Grad(new Op.BiasGrad(), "d_" + X(1).Name, dy!)],
            Op.Relu => [Grad(new Op.ReluGrad(), name, dy!, y)],
            Op.MaxPool2D pool => [Shaped(new Op.MaxPoolGrad(pool.PoolHeight, pool.PoolWidth), dy!, Grad(new Op.MaxPoolArg(pool.PoolHeight, pool.PoolWidth), y.Name + ".arg", X(0)))],
            Op.Flatten flatten => [Shaped(new Op.Unflatten(flatten.Order), dy!)],
            Op.Dense => [Grad(new Op.DenseDgrad(), name, dy!, X(1)), Grad(new Op.DenseWgrad(), "d_" + X(1).Name, X(0), dy!)],
            Op.SoftmaxCrossEntropy => [Grad(new Op.SoftmaxCrossEntropyGrad(), name, X(0), X(1)), null],
            _ => throw new NotSupportedException($"{y.Op.Mnemonic} has no gradient rule"),
        };

        Value Grad(Op op, string gradName, params ReadOnlySpan<Value> inputs) => g.Add(op, gradName, y.Call, inputs);
        Value Shaped(Op op, params ReadOnlySpan<Value> inputs) => g.AddShaped(op, name, y.Call, X(0).Shape, Types.DType.F32, inputs);
    }

    /// <summary>Whether the op ever stands between a parameter and the loss.</summary>
    public static bool IsDifferentiable(Op op) => op is Op.Conv2D or Op.BiasAdd or Op.Relu or Op.MaxPool2D or Op.Flatten or Op.Dense or Op.SoftmaxCrossEntropy;

    private static string X0Name(GraphWriter g, Value y) => y.Inputs.Count > 0 ? g[y.Inputs[0]].Name : y.Name;
}
