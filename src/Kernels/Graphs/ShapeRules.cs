using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>Result shape of every op, one line each. Faults of the user's are found before (<see cref="Models.ModelChecker"/>); here they are bugs and throw.</summary>
public static class ShapeRules
{
    /// <exception cref="InvalidOperationException">The operands do not fit the op, or the op's shape does not follow from operands.</exception>
    public static (Shape Shape, DType Type) Infer(Op op, ReadOnlySpan<Value> x) => op switch
    {
        Op.Import or Op.Activation or Op.LogSoftmax or Op.Add or Op.Multiply or Op.Dropout or Op.BatchNorm or Op.Normalize => (x[0].Shape, DType.F32),
        Op.Conv2D conv => (Shape.Image(conv.Window.Rows(x[0].Shape[0]), conv.Window.Columns(x[0].Shape[1]), x[1].Shape[3]), DType.F32),
        Op.BiasAdd => (x[0].Shape, DType.F32),
        Op.Relu => (x[0].Shape, DType.F32),
        Op.Softmax => (x[0].Shape, DType.F32),
        Op.MaxPool2D pool => (Shape.Image(x[0].Shape[0] / pool.PoolHeight, x[0].Shape[1] / pool.PoolWidth, x[0].Shape[2]), DType.F32),
        Op.MaxPoolArg pool => (Shape.Image(x[0].Shape[0] / pool.PoolHeight, x[0].Shape[1] / pool.PoolWidth, x[0].Shape[2]), DType.U8),
        Op.Pool2D pool => (Shape.Image(pool.Window.Rows(x[0].Shape[0]), pool.Window.Columns(x[0].Shape[1]), x[0].Shape[2]), DType.F32),
        Op.Pool2DArg pool => (Shape.Image(pool.Window.Rows(x[0].Shape[0]), pool.Window.Columns(x[0].Shape[1]), x[0].Shape[2]), DType.I32),
        Op.Concat => (Joined(x), DType.F32),
        Op.Slice slice => (LastAxis(x[0].Shape, slice.Count), DType.F32),
        Op.Upsample up => (Shape.Image(x[0].Shape[0] * up.Height, x[0].Shape[1] * up.Width, x[0].Shape[2]), DType.F32),
        Op.UpsampleGrad up => (Shape.Image(x[0].Shape[0] / up.Height, x[0].Shape[1] / up.Width, x[0].Shape[2]), DType.F32),
        Op.BatchMoments => (Shape.Weights(2, x[0].Shape[x[0].Shape.Rank - 1]), DType.F32),
        Op.BatchNormSums => (x[2].Shape, DType.F32),
        Op.BatchNormGrad or Op.ActivationGrad => (x[0].Shape, DType.F32),
        Op.Row => (Shape.Weights(x[0].Shape[1]), DType.F32),
        Op.RunningMean or Op.RunningVariance or Op.FoldedKernel or Op.FoldedBias => (x[0].Shape, DType.F32),
        Op.Flatten => (Shape.Flat(x[0].Shape.Count), DType.F32),
        Op.Dense => (Shape.Flat(x[1].Shape[1]), DType.F32),
        Op.CrossEntropy or Op.SoftmaxCrossEntropy or Op.ElementLoss => (Shape.Scalar, DType.F32),
        Op.Correct => (Shape.Scalar, DType.I32),
        Op.ConvWgrad conv => (Shape.Weights(conv.Window.Height, conv.Window.Width, x[0].Shape[2], x[1].Shape[2]), DType.F32),
        Op.BiasGrad => (Shape.Weights(x[0].Shape[x[0].Shape.Rank - 1]), DType.F32),
        Op.ReluGrad => (x[0].Shape, DType.F32),
        Op.DenseDgrad => (Shape.Flat(x[1].Shape[0]), DType.F32),
        Op.DenseWgrad => (Shape.Weights(x[0].Shape[0], x[1].Shape[0]), DType.F32),
        Op.SoftmaxCrossEntropyGrad or Op.ElementLossGrad => (x[0].Shape, DType.F32),
        Op.Update => (x[0].Shape, DType.F32),
        _ => throw new InvalidOperationException($"the shape of {op.Mnemonic} does not follow from its operands"),
    };

    private static Shape Joined(ReadOnlySpan<Value> x)
    {
        int channels = 0;
        foreach (Value value in x) channels += value.Shape[value.Shape.Rank - 1];
        return LastAxis(x[0].Shape, channels);
    }

    private static Shape LastAxis(Shape shape, int extent) => shape.IsImage ? Shape.Image(shape[0], shape[1], extent) : Shape.Flat(extent);
}
