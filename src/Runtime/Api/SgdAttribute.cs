using System.Diagnostics;

namespace Convoke;

/// <summary>Stochastic gradient descent: <c>w -= rate · g</c>, with g the gradient of the batch's mean loss.</summary>
/// <remarks>
/// With momentum μ (Sutskever et al., 2013) <c>m = μ·m + g</c> and <c>w -= rate · m</c>; Nesterov's form is <c>w -= rate · (g + μ·m)</c>. This is PyTorch's way of writing it;
/// with a constant rate, Keras's <c>v = μ·v - rate·g</c>, <c>w += v</c> gives the same parameters.
/// </remarks>
/// <param name="rate">Learning rate, a finite number greater than 0.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SgdAttribute(double rate = 0.01) : OptimizerAttribute(rate)
{
    /// <summary>Momentum μ, in [0, 1); 0 for none.</summary>
    public double Momentum { get; set; }

    /// <summary>Nesterov's form; needs <see cref="Momentum"/>.</summary>
    public bool Nesterov { get; set; }
}
