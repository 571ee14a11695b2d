using System.Diagnostics;

namespace Convoke;

/// <summary>Base of the attributes that say how parameters follow their gradients. A trainable model has one, and one loss.</summary>
/// <param name="rate">Learning rate, a finite number greater than 0.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class OptimizerAttribute(double rate) : Attribute
{
    /// <summary>Learning rate.</summary>
    public double Rate { get; } = rate;
}
