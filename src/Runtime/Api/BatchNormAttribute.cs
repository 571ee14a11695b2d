using System.Diagnostics;

namespace Convoke;

/// <summary>Batch normalization (Ioffe and Szegedy, 2015, algorithms 1 and 2), then an activation.</summary>
/// <remarks>
/// In and out [H, W, C] or [F]; every channel or feature c is normalized on its own: <c>y = γ[c] · (x - mean[c]) / √(variance[c] + ε) + β[c]</c>. While training, mean and
/// variance are the batch's (the variance divides by their number, biased), over all its samples and pixels, and the running ones follow; otherwise they are the running ones.
/// <list type="bullet">
/// <item><see cref="Defaults.Keras"/>: <c>running = m · running + (1 - m) · batch</c>, m = 0.99, ε = 1e-3;</item>
/// <item><see cref="Defaults.PyTorch"/>: <c>running = (1 - m) · running + m · batch</c>, m = 0.1, ε = 1e-5; the running variance takes the batch's unbiased estimate.</item>
/// </list>
/// Parameters: γ, starting at 1, and β, at 0, which are trained, and running mean and variance, at 0 and 1, which are not; C elements each.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class BatchNormAttribute : LayerAttribute
{
    /// <summary>Momentum m. In <see cref="Defaults.Keras"/> the weight of the old statistics, at least 0 and less than 1, where left out 0.99.</summary>
    /// <remarks>In <see cref="Defaults.PyTorch"/> the weight of the new ones, greater than 0 and at most 1, where left out 0.1.</remarks>
    public double Momentum { get; set; }

    /// <summary>ε, a finite number greater than 0; where left out, the preset's: 1e-3 (Keras) or 1e-5 (PyTorch).</summary>
    public double Epsilon { get; set; }

    /// <summary>Applied to the result.</summary>
    public Activation Activation { get; set; }
}
