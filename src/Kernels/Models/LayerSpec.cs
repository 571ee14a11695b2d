namespace Convoke.Kernels.Models;

/// <summary>
/// One layer or operation as the user wrote it. Names are unique among a model's layers (<see cref="LayerNames"/>); calls of one layer have equal specs.
/// </summary>
public abstract record LayerSpec(string Name)
{
    /// <summary>Whether it has parameters, which all of its calls share.</summary>
    internal bool HasWeights => this is Conv2DSpec or DenseSpec or BatchNormSpec;
}

/// <summary>2-D cross-correlation with an optional bias and activation; zeros stand in the padding.</summary>
public sealed record Conv2DSpec(string Name, int Filters, int KernelHeight, int KernelWidth, ActivationKind Activation, bool UseBias) : LayerSpec(Name)
{
    public int StrideHeight { get; init; } = 1;

    public int StrideWidth { get; init; } = 1;

    public PaddingSpec Padding { get; init; } = PaddingSpec.Valid;

    /// <summary>Where its windows stand on an image.</summary>
    public Window WindowOn(int height, int width) => Window.Of(KernelHeight, KernelWidth, StrideHeight, StrideWidth, Padding, height, width);
}

/// <summary>Maximum over windows; rows and columns that fill no window are dropped (floor mode), and padding never wins.</summary>
public sealed record MaxPool2DSpec(string Name, int PoolHeight, int PoolWidth) : LayerSpec(Name)
{
    public int StrideHeight { get; init; } = PoolHeight;

    public int StrideWidth { get; init; } = PoolWidth;

    public PaddingSpec Padding { get; init; } = PaddingSpec.Valid;

    /// <summary>Whether windows lie side by side on the bare image.</summary>
    public bool IsTiling => StrideHeight == PoolHeight && StrideWidth == PoolWidth && Padding.Kind == PaddingKind.Valid;

    public Window WindowOn(int height, int width) => Window.Of(PoolHeight, PoolWidth, StrideHeight, StrideWidth, Padding, height, width);
}

/// <summary>Mean over windows (floor mode). Padding counts as zeros with <paramref name="CountsPadding"/> (PyTorch's default), else not at all (Keras).</summary>
public sealed record AveragePool2DSpec(string Name, int PoolHeight, int PoolWidth, bool CountsPadding) : LayerSpec(Name)
{
    public int StrideHeight { get; init; } = PoolHeight;

    public int StrideWidth { get; init; } = PoolWidth;

    public PaddingSpec Padding { get; init; } = PaddingSpec.Valid;

    public Window WindowOn(int height, int width) => Window.Of(PoolHeight, PoolWidth, StrideHeight, StrideWidth, Padding, height, width);
}

/// <summary>Maximum or mean over the whole of each channel: [H,W,C] to [C].</summary>
public sealed record GlobalPool2DSpec(string Name, PoolKind Kind) : LayerSpec(Name);

/// <summary>
/// Batch normalization (Ioffe and Szegedy 2015) over the last axis: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the batch's statistics while
/// training and with running ones for prediction.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Gain">Weight of the new batch in the running statistics: PyTorch's momentum, one minus Keras's.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="UnbiasedRunning">Whether the running variance takes the batch's unbiased estimate (PyTorch) or its plain variance (Keras).</param>
public sealed record BatchNormSpec(string Name, double Gain, double Epsilon, bool UnbiasedRunning) : LayerSpec(Name);

/// <summary>Each pixel becomes a block of <paramref name="Height"/> by <paramref name="Width"/> equal pixels.</summary>
public sealed record UpsampleSpec(string Name, int Height, int Width) : LayerSpec(Name);

/// <summary>An activation other than ReLU and softmax, element by element (log-softmax: along the last axis). <paramref name="Slope"/> is leaky ReLU's.</summary>
public sealed record ActivationSpec(string Name, ActivationKind Kind, double Slope = 0) : LayerSpec(Name);

/// <summary>[H,W,C] to [H*W*C], in the order of the user's layout (channels-first reads C,H,W).</summary>
public sealed record FlattenSpec(string Name) : LayerSpec(Name);

/// <summary>y = x W + b on a flat input. <paramref name="In"/> is what the user expects to come in, checked when given.</summary>
public sealed record DenseSpec(string Name, int Units, ActivationKind Activation, bool UseBias, int? In) : LayerSpec(Name);

/// <summary>y = max(x, 0), element by element.</summary>
public sealed record ReluSpec(string Name) : LayerSpec(Name);

/// <summary>Probabilities of a row of logits.</summary>
public sealed record SoftmaxSpec(string Name) : LayerSpec(Name);

/// <summary>While training, drops elements with probability <paramref name="Rate"/>; each call has its own mask.</summary>
public sealed record DropoutSpec(string Name, double Rate) : LayerSpec(Name);

/// <summary>The sum of two values, element by element.</summary>
public sealed record AddSpec(string Name) : LayerSpec(Name);

/// <summary>The product of two values, element by element.</summary>
public sealed record MultiplySpec(string Name) : LayerSpec(Name);

/// <summary>Values joined along their last axis.</summary>
public sealed record ConcatSpec(string Name) : LayerSpec(Name);
