using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

/// <summary>What a node computes. Operands are the node's inputs, in the order of the op's comment.</summary>
/// <remarks>
/// <para>Letters: N batch; H W C input height, width, channels; R S filter height, width; P Q K output height, width, channels; I O features in, out.
/// Images are NHWC, filters RSCK, dense weights IO. A convolution is a cross-correlation: the filter is not flipped.</para>
/// <para>These rules hold for every op:</para>
/// <list type="bullet">
/// <item>The definition is <see cref="GraphInterpreter"/>, in double; kernels compute in f32 and accumulate in f32, in an order that is fixed for
/// (model, vector width, N) and does not depend on threads.</item>
/// <item>NaN and infinity propagate through sums and ReLU. Maximum pooling keeps a NaN that stands last in its window and may drop one that stands
/// before a number; a convolution spreads a NaN over its whole filter support, so one that it makes reaches the loss.</item>
/// <item>Of equal maxima the first in row-major order of the window wins. Kernels compare before bias and ReLU, which are monotonic, so that only
/// values equal after rounding can tell the difference.</item>
/// <item>Overflow is IEEE 754's: infinity. Integers are indices and never overflow.</item>
/// <item>A gradient is the gradient of the mean loss of the batch.</item>
/// </list>
/// </remarks>
public abstract record Op
{
    private Op()
    {
    }

    /// <summary>() -> x[N,H,W,C]: the model's input.</summary>
    public sealed record Input : Op;

    /// <summary>() -> t: class indices i32[N], or target rows f32[N,O] for <see cref="LossKind.CategoricalCrossentropy"/>.</summary>
    public sealed record Target(LossKind Loss) : Op;

    /// <summary>() -> w: a trained tensor.</summary>
    public sealed record Parameter(string Name) : Op;

    /// <summary>(x[N,H,W,C], w[R,S,C,K]) -> y[N,P,Q,K], y[n,p,q,k] = sum(r,s,c) x[n,p+r,q+s,c] w[r,s,c,k].</summary>
    public sealed record Conv2D : Op;

    /// <summary>(x[N,..,K], b[K]) -> y[N,..,K], y = x + b over the last axis.</summary>
    public sealed record BiasAdd : Op;

    /// <summary>(x) -> y = max(x, 0).</summary>
    public sealed record Relu : Op;

    /// <summary>(x[N,O]) -> y[N,O], y[n,o] = exp(x[n,o]) / sum(j) exp(x[n,j]).</summary>
    public sealed record Softmax : Op;

    /// <summary>(x[N,H,W,C]) -> y[N,H/ph,W/pw,C], maximum of each ph x pw window; what fills no window is dropped.</summary>
    public sealed record MaxPool2D(int PoolHeight, int PoolWidth) : Op;

    /// <summary>(x[N,H,W,C]) -> a u8[N,H/ph,W/pw,C], index of each window's maximum, row-major in the window: what the adjoint of pooling saves.</summary>
    public sealed record MaxPoolArg(int PoolHeight, int PoolWidth) : Op;

    /// <summary>(x[N,H,W,C]) -> y[N,HWC] read in the given order.</summary>
    public sealed record Flatten(ImageLayout Order) : Op;

    /// <summary>(x[N,I], w[I,O]) -> y[N,O] = x w.</summary>
    public sealed record Dense : Op;

    /// <summary>(p[N,O], t) -> loss[N] = -sum(o) t[n,o] log p[n,o]: on probabilities. Exists only until it is fused with the softmax before it.</summary>
    public sealed record CrossEntropy : Op;

    /// <summary>(z[N,O], t) -> loss[N] = sum(o) t[n,o] (log sum(j) exp z[n,j] - z[n,o]): on logits.</summary>
    public sealed record SoftmaxCrossEntropy : Op;

    /// <summary>(z[N,O], t) -> i32[N], 1 where argmax z = argmax t, ties to the first.</summary>
    public sealed record Correct : Op;

    /// <summary>(dy[N,P,Q,K], w[R,S,C,K]) -> dx[N,H,W,C], dx[n,h,w,c] = sum(r,s,k) dy[n,h-r,w-s,k] w[r,s,c,k].</summary>
    public sealed record ConvDgrad : Op;

    /// <summary>(x[N,H,W,C], dy[N,P,Q,K]) -> dw[R,S,C,K] = sum(n,p,q) x[n,p+r,q+s,c] dy[n,p,q,k].</summary>
    public sealed record ConvWgrad : Op;

    /// <summary>(dy[N,..,K]) -> db[K], the sum over all but the last axis.</summary>
    public sealed record BiasGrad : Op;

    /// <summary>(dy, y) -> dx = dy where y > 0, else 0.</summary>
    public sealed record ReluGrad : Op;

    /// <summary>(dy[N,P,Q,C], a[N,P,Q,C]) -> dx[N,H,W,C]: dy at each window's winner, else 0.</summary>
    public sealed record MaxPoolGrad(int PoolHeight, int PoolWidth) : Op;

    /// <summary>(dy[N,HWC]) -> dx[N,H,W,C], the inverse of <see cref="Flatten"/>.</summary>
    public sealed record Unflatten(ImageLayout Order) : Op;

    /// <summary>(dy[N,O], w[I,O]) -> dx[N,I] = dy w^T.</summary>
    public sealed record DenseDgrad : Op;

    /// <summary>(x[N,I], dy[N,O]) -> dw[I,O] = sum(n) x[n,i] dy[n,o].</summary>
    public sealed record DenseWgrad : Op;

    /// <summary>(z[N,O], t) -> dz[N,O] = (softmax(z) sum(j) t[n,j] - t) / N.</summary>
    public sealed record SoftmaxCrossEntropyGrad : Op;

    /// <summary>(w, dw) -> w', the parameter after one optimizer step (<see cref="OptimizerSpec"/>); moments are state beside it.</summary>
    public sealed record Update(OptimizerSpec Optimizer) : Op;

    /// <summary>The op's name without its arguments, for printers.</summary>
    public string Mnemonic => GetType().Name;
}
