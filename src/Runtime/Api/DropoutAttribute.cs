using System.Diagnostics;

namespace Convoke;

/// <summary>While training, sets each element to 0 with probability <c>rate</c> and divides the others by 1 - <c>rate</c>; otherwise does nothing.</summary>
/// <remarks>
/// In and out are an image or flat, of one shape (Srivastava et al., 2014, section 10, scaled while training as Keras and PyTorch do). Each call in <c>Forward</c> draws a mask
/// of its own, each training step another. Masks follow from the model's seed alone, the same on every device.
/// </remarks>
/// <param name="rate">Probability that an element is dropped, at least 0 and less than 1.</param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class DropoutAttribute(double rate) : LayerAttribute
{
    /// <summary>Probability that an element is dropped.</summary>
    public double Rate { get; } = rate;
}
