namespace Convoke.Kernels.Models;

/// <summary>
/// One layer or operation as the user wrote it. Names are unique among a model's layers (<see cref="LayerNames"/>); calls of one layer have equal specs.
/// </summary>
public abstract record LayerSpec(string Name);

/// <summary>2-D cross-correlation, stride 1, no padding (P = H - R + 1, Q = W - S + 1), with an optional bias and activation.</summary>
public sealed record Conv2DSpec(string Name, int Filters, int KernelHeight, int KernelWidth, ActivationKind Activation, bool UseBias) : LayerSpec(Name);

/// <summary>Maximum over windows that do not overlap; rows and columns that fill no window are dropped (floor mode).</summary>
public sealed record MaxPool2DSpec(string Name, int PoolHeight, int PoolWidth) : LayerSpec(Name);

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
