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
/// <item>A gradient is that of the total: the sum over the losses of their weight times their mean over the batch. A loss itself has no weight in it.</item>
/// </list>
/// </remarks>
public abstract record Op
{
    private Op()
    {
    }

    /// <summary>() -> x[N,H,W,C] or x[N,C]: an input of the model, from its place in the samples.</summary>
    public sealed record Input(InputPlace Place) : Op;

    /// <summary>() -> t of the loss on output <paramref name="Output"/>: class indices i32[N], of a map i32[N,P,Q], or f32 of the output's shape where <see cref="LossKinds.TakesRows"/>.</summary>
    public sealed record Target(LossKind Loss, int Output) : Op;

    /// <summary>() -> w: a trained tensor.</summary>
    public sealed record Parameter(string Name) : Op;

    /// <summary>() -> v: a tensor that training moves without a gradient: a running statistic.</summary>
    public sealed record State(string Name) : Op;

    /// <summary>(x) -> y = x: an input of the model in the form in which all other values are stored.</summary>
    public sealed record Import : Op;

    /// <summary>
    /// (x[N,H,W,C], w[R,S,C,K]) -> y[N,P,Q,K], y[n,p,q,k] = sum(r,s,c) x[n,p*u-t+r,q*v-l+s,c] w[r,s,c,k] with strides u, v and t, l rows and columns of
    /// padding before the image; outside of it x is zero.
    /// </summary>
    public sealed record Conv2D(Window Window) : Op;

    /// <summary>(x[N,..,K], b[K]) -> y[N,..,K], y = x + b over the last axis.</summary>
    public sealed record BiasAdd : Op;

    /// <summary>(x) -> y = max(x, 0).</summary>
    public sealed record Relu : Op;

    /// <summary>(x) -> y, any other activation (<see cref="ActivationKind"/>), element by element; <paramref name="Slope"/> is leaky ReLU's.</summary>
    public sealed record Activation(ActivationKind Kind, double Slope) : Op;

    /// <summary>(x[N,..,O]) -> y[N,..,O], y[..,o] = exp(x[..,o]) / sum(j) exp(x[..,j]).</summary>
    public sealed record Softmax : Op;

    /// <summary>(x[N,..,O]) -> y[N,..,O], y[..,o] = x[..,o] - log sum(j) exp(x[..,j]).</summary>
    public sealed record LogSoftmax : Op;

    /// <summary>(a, b) -> y = a + b, equal shapes.</summary>
    public sealed record Add : Op;

    /// <summary>(a, b) -> y = a b, element by element, equal shapes.</summary>
    public sealed record Multiply : Op;

    /// <summary>(x[N,..,C0], x[N,..,C1], ...) -> y[N,..,C0+C1+...], one behind the other along the last axis.</summary>
    public sealed record Concat : Op;

    /// <summary>(x[N,H,W,C]) -> y[N,H*Height,W*Width,C], y[n,p,q,c] = x[n,p/Height,q/Width,c].</summary>
    public sealed record Upsample(int Height, int Width) : Op;

    /// <summary>
    /// (x) -> y = x / (1 - Rate) where the element is kept, else 0 (Srivastava et al. 2014, scaled while training); the mask is random per site, training pass
    /// and sample (docs/architecture.md). Its own adjoint, with the same site. Stands in training graphs only.
    /// </summary>
    public sealed record Dropout(double Rate, int Site) : Op;

    /// <summary>(x[N,..,K]) -> m[2,K]: mean and variance (that of the sample, divided by the count) of each channel over the batch and the image.</summary>
    public sealed record BatchMoments : Op;

    /// <summary>(x[N,..,K], m[2,K], gamma[K], beta[K]) -> y = gamma (x - m[0]) / sqrt(m[1] + Epsilon) + beta (Ioffe and Szegedy 2015, algorithm 1).</summary>
    public sealed record BatchNorm(double Epsilon) : Op;

    /// <summary>(x[N,..,K], mean[K], variance[K], gamma[K], beta[K]) -> y = gamma (x - mean) / sqrt(variance + Epsilon) + beta: with running statistics.</summary>
    public sealed record Normalize(double Epsilon) : Op;

    /// <summary>(v[K], m[2,K]) -> v' = v + Gain (m[0] - v).</summary>
    public sealed record RunningMean(double Gain) : Op;

    /// <summary>(v[K], m[2,K]) -> v' = v + Gain (s - v), where s = m[1], or with <paramref name="Unbiased"/> m[1] k / (k - 1) for k = N Pixels &gt; 1.</summary>
    public sealed record RunningVariance(double Gain, bool Unbiased, int Pixels) : Op;

    /// <summary>(w[R,S,C,K] or w[I,O], variance[K], gamma[K]) -> w gamma / sqrt(variance + Epsilon) over the last axis: a normalization that has gone into the weights before it.</summary>
    public sealed record FoldedKernel(double Epsilon) : Op;

    /// <summary>(mean[K], variance[K], gamma[K], beta[K]) or with b[K] behind them -> beta + (b - mean) gamma / sqrt(variance + Epsilon); b is 0 where it is left out.</summary>
    public sealed record FoldedBias(double Epsilon) : Op;

    /// <summary>(x[N,H,W,C]) -> y[N,H/ph,W/pw,C], maximum of each ph x pw window; what fills no window is dropped.</summary>
    public sealed record MaxPool2D(int PoolHeight, int PoolWidth) : Op;

    /// <summary>(x[N,H,W,C]) -> a u8[N,H/ph,W/pw,C], index of each window's maximum, row-major in the window: what the adjoint of pooling saves.</summary>
    public sealed record MaxPoolArg(int PoolHeight, int PoolWidth) : Op;

    /// <summary>
    /// (x[N,H,W,C]) -> y[N,P,Q,C], maximum or mean of each window. Padding never is the maximum; in a mean it counts as zeros with
    /// <paramref name="CountsPadding"/>, else not at all.
    /// </summary>
    public sealed record Pool2D(PoolKind Kind, Window Window, bool CountsPadding) : Op;

    /// <summary>(x[N,H,W,C]) -> a i32[N,P,Q,C], place of each window's maximum, row-major in the window, of equals the first.</summary>
    public sealed record Pool2DArg(Window Window) : Op;

    /// <summary>(x[N,H,W,C]) -> y[N,HWC] read in the given order.</summary>
    public sealed record Flatten(ImageLayout Order) : Op;

    /// <summary>(x[N,I], w[I,O]) -> y[N,O] = x w.</summary>
    public sealed record Dense : Op;

    /// <summary>(p[N,..,O], t) -> loss[N] = -sum(o) t[n,o] log p[n,o], for a map the mean over its pixels: on probabilities. Exists only until it is fused with the softmax before it.</summary>
    public sealed record CrossEntropy(double Weight) : Op;

    /// <summary>(z[N,..,O], t) -> loss[N] = sum(o) t[n,o] (log sum(j) exp z[n,j] - z[n,o]), for a map the mean over its pixels: on logits.</summary>
    public sealed record SoftmaxCrossEntropy(double Weight) : Op;

    /// <summary>(y[N,..], t[N,..]) -> loss[N], the mean over a sample's elements of <see cref="ElementLosses.Value"/> of y - t.</summary>
    public sealed record ElementLoss(LossKind Kind, double Beta, double Weight) : Op;

    /// <summary>(z[N,..,O], t) -> i32[N], how many rows (1, or the pixels of a map) have argmax z = argmax t, ties to the first.</summary>
    public sealed record Correct : Op;

    /// <summary>(dy[N,P,Q,K], w[R,S,C,K]) -> dx[N,H,W,C], dx[n,h,w,c] = sum(r,s,k) dy[n,p,q,k] w[r,s,c,k] over all p, q with p*u-t+r = h, q*v-l+s = w.</summary>
    public sealed record ConvDgrad(Window Window) : Op;

    /// <summary>(x[N,H,W,C], dy[N,P,Q,K]) -> dw[R,S,C,K] = sum(n,p,q) x[n,p*u-t+r,q*v-l+s,c] dy[n,p,q,k].</summary>
    public sealed record ConvWgrad(Window Window) : Op;

    /// <summary>(dy[N,..,K]) -> db[K], the sum over all but the last axis.</summary>
    public sealed record BiasGrad : Op;

    /// <summary>(dy, y) -> dx = dy where y > 0, else 0.</summary>
    public sealed record ReluGrad : Op;

    /// <summary>(dy[N,P,Q,C], a[N,P,Q,C]) -> dx[N,H,W,C]: dy at each window's winner, else 0.</summary>
    public sealed record MaxPoolGrad(int PoolHeight, int PoolWidth) : Op;

    /// <summary>
    /// (dy[N,P,Q,C], a[N,P,Q,C]) or for means (dy[N,P,Q,C]) -> dx[N,H,W,C]: of each pixel the sum over the windows that it stands in of dy where it won, or of
    /// dy divided by the count.
    /// </summary>
    public sealed record Pool2DGrad(PoolKind Kind, Window Window, bool CountsPadding) : Op;

    /// <summary>(dy, x) -> dx = dy f'(x).</summary>
    public sealed record ActivationGrad(ActivationKind Kind, double Slope) : Op;

    /// <summary>(x[N,..,C]) -> y[N,..,Count], channels from <paramref name="From"/> on. <paramref name="Part"/> says which operand's gradient it is.</summary>
    public sealed record Slice(int From, int Count, int Part) : Op;

    /// <summary>(dy[N,P,Q,C]) -> dx[N,P/Height,Q/Width,C], the sum over each block.</summary>
    public sealed record UpsampleGrad(int Height, int Width) : Op;

    /// <summary>(dy[N,..,K], x[N,..,K], m[2,K]) -> s[2,K]: gradients of gamma, sum dy (x - m[0]) / sqrt(m[1] + Epsilon), and of beta, sum dy.</summary>
    public sealed record BatchNormSums(double Epsilon) : Op;

    /// <summary>
    /// (dy[N,..,K], x[N,..,K], m[2,K], gamma[K], s[2,K]) -> dx = gamma r (dy - s[1] / k - (x - m[0]) r s[0] / k), where r = 1 / sqrt(m[1] + Epsilon) and k is the
    /// count of a channel's elements (Ioffe and Szegedy 2015, section 3, simplified).
    /// </summary>
    public sealed record BatchNormGrad(double Epsilon) : Op;

    /// <summary>(m[R,K]) -> v[K], one row.</summary>
    public sealed record Row(int Index) : Op;

    /// <summary>(dy[N,HWC]) -> dx[N,H,W,C], the inverse of <see cref="Flatten"/>.</summary>
    public sealed record Unflatten(ImageLayout Order) : Op;

    /// <summary>(dy[N,O], w[I,O]) -> dx[N,I] = dy w^T.</summary>
    public sealed record DenseDgrad : Op;

    /// <summary>(x[N,I], dy[N,O]) -> dw[I,O] = sum(n) x[n,i] dy[n,o].</summary>
    public sealed record DenseWgrad : Op;

    /// <summary>(z[N,..,O], t) -> dz[N,..,O] = Weight (softmax(z) sum(j) t[n,j] - t) / (N pixels).</summary>
    public sealed record SoftmaxCrossEntropyGrad(double Weight) : Op;

    /// <summary>(y[N,..], t[N,..]) -> dy = Weight / (N elements) times <see cref="ElementLosses.Derivative"/> of y - t.</summary>
    public sealed record ElementLossGrad(LossKind Kind, double Beta, double Weight) : Op;

    /// <summary>(w, dw) -> w', the parameter after one optimizer step (<see cref="OptimizerSpec"/>); moments are state beside it.</summary>
    public sealed record Update(OptimizerSpec Optimizer) : Op;

    /// <summary>Whether it is a loss from which gradients come.</summary>
    public bool IsLoss => this is SoftmaxCrossEntropy or ElementLoss;

    /// <summary>The op's name without its arguments, for printers.</summary>
    public string Mnemonic => GetType().Name;
}
