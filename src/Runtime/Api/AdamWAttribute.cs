using System.Diagnostics;

namespace Convoke;

/// <summary>AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, 2019).</summary>
/// <remarks>
/// At step t, with gradient g, first <c>w -= rate·λ·w</c>, λ the weight decay; then as <see cref="AdamAttribute"/>: <c>m = β1·m + (1-β1)·g</c>, <c>v = β2·v + (1-β2)·g²</c>, and
/// <list type="bullet">
/// <item><see cref="Defaults.Keras"/>: <c>w -= rate · √(1-β2ᵗ)/(1-β1ᵗ) · m / (√v + ε)</c>, ε = 1e-7;</item>
/// <item><see cref="Defaults.PyTorch"/>: <c>w -= rate/(1-β1ᵗ) · m / (√(v/(1-β2ᵗ)) + ε)</c>, ε = 1e-8.</item>
/// </list>
/// </remarks>
/// <param name="rate">Learning rate, a finite number greater than 0.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AdamWAttribute(double rate = 0.001) : OptimizerAttribute(rate)
{
    /// <summary>Decay β1 of the first moment, in [0, 1).</summary>
    public double Beta1 { get; set; } = 0.9;

    /// <summary>Decay β2 of the second moment, in [0, 1).</summary>
    public double Beta2 { get; set; } = 0.999;

    /// <summary>ε, a finite number greater than 0; where left out, the preset's.</summary>
    public double Epsilon { get; set; }

    /// <summary>Weight decay λ, a finite number of at least 0; where left out, the preset's: 0.004 (Keras) or 0.01 (PyTorch).</summary>
    public double WeightDecay { get; set; }
}
