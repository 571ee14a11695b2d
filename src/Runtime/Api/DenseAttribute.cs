using System.Diagnostics;

namespace Convoke;

/// <summary>A fully connected layer, then an activation.</summary>
/// <remarks>
/// In [F] (see <see cref="FlattenAttribute"/>), out [units]: <c>y[j] = activation(b[j] + Σ_i x[i] · w[i,j])</c>.
/// Parameters: kernel, F·units elements, and bias, units elements.
/// </remarks>
/// <param name="units">Output features, 1 to 1048576.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class DenseAttribute(int units) : LayerAttribute
{
    /// <summary>Output features.</summary>
    public int Units { get; } = units;

    /// <summary>Applied after the bias.</summary>
    public Activation Activation { get; set; }

    /// <summary>Whether a trained bias is added to each output feature.</summary>
    public bool Bias { get; set; } = true;

    /// <summary>Input features F that you expect. Leave it out to have them inferred; given, a wrong number is an error.</summary>
    public int In { get; set; }
}
