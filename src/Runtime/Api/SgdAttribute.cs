using System.Diagnostics;

namespace Convoke;

/// <summary>Stochastic gradient descent: <c>w -= rate · g</c>, with g the gradient of the batch's mean loss.</summary>
/// <param name="rate">Learning rate, a finite number greater than 0.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SgdAttribute(double rate = 0.01) : OptimizerAttribute(rate);
