using System.Diagnostics;

namespace Convoke;

/// <summary>While training, sets each element to 0 with probability <c>rate</c> and divides the others by 1 - <c>rate</c>; otherwise does nothing.</summary>
/// <remarks>Out has the shape of in. Each call in <c>Forward</c> draws a mask of its own. Not compiled yet: a model that has it is CVK0201.</remarks>
/// <param name="rate">Probability that an element is dropped, at least 0 and less than 1.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class DropoutAttribute(double rate) : LayerAttribute
{
    /// <summary>Probability that an element is dropped.</summary>
    public double Rate { get; } = rate;
}
