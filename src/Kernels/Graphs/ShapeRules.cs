using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>Result shape of every op, one line each. Faults of the user's are found before (<see cref="Models.ModelChecker"/>); here they are bugs and throw.</summary>
public static class ShapeRules
{
    /// <exception cref="InvalidOperationException">The operands do not fit the op, or the op's shape does not follow from operands.</exception>
    public static (Shape Shape, DType Type) Infer(Op op, ReadOnlySpan<Value> x) => op switch
    {
        Op.Conv2D => (Shape.Image(x[0].Shape[0] - x[1].Shape[0] + 1, x[0].Shape[1] - x[1].Shape[1] + 1, x[1].Shape[3]), DType.F32),
        Op.BiasAdd => (x[0].Shape, DType.F32),
        Op.Relu => (x[0].Shape, DType.F32),
        Op.Softmax => (x[0].Shape, DType.F32),
        Op.MaxPool2D pool => (Shape.Image(x[0].Shape[0] / pool.PoolHeight, x[0].Shape[1] / pool.PoolWidth, x[0].Shape[2]), DType.F32),
        Op.MaxPoolArg pool => (Shape.Image(x[0].Shape[0] / pool.PoolHeight, x[0].Shape[1] / pool.PoolWidth, x[0].Shape[2]), DType.U8),
        Op.Flatten => (Shape.Flat(x[0].Shape.Count), DType.F32),
        Op.Dense => (Shape.Flat(x[1].Shape[1]), DType.F32),
        Op.CrossEntropy or Op.SoftmaxCrossEntropy => (Shape.Scalar, DType.F32),
        Op.Correct => (Shape.Scalar, DType.I32),
        Op.ConvDgrad => (Shape.Image(x[0].Shape[0] + x[1].Shape[0] - 1, x[0].Shape[1] + x[1].Shape[1] - 1, x[1].Shape[2]), DType.F32),
        Op.ConvWgrad => (Shape.Weights(x[0].Shape[0] - x[1].Shape[0] + 1, x[0].Shape[1] - x[1].Shape[1] + 1, x[0].Shape[2], x[1].Shape[2]), DType.F32),
        Op.BiasGrad => (Shape.Weights(x[0].Shape[x[0].Shape.Rank - 1]), DType.F32),
        Op.ReluGrad => (x[0].Shape, DType.F32),
        Op.DenseDgrad => (Shape.Flat(x[1].Shape[0]), DType.F32),
        Op.DenseWgrad => (Shape.Weights(x[0].Shape[0], x[1].Shape[0]), DType.F32),
        Op.SoftmaxCrossEntropyGrad => (x[0].Shape, DType.F32),
        Op.Update => (x[0].Shape, DType.F32),
        _ => throw new InvalidOperationException($"the shape of {op.Mnemonic} does not follow from its operands"),
    };
}
