using System.Diagnostics;

namespace Convoke;

/// <summary>
/// Smooth L1 loss of values: the mean over an output's elements of <c>d² / (2 β)</c> where <c>d = |y - t| &lt; β</c>, else <c>d - β / 2</c>, averaged over the batch
/// (Girshick 2015, "Fast R-CNN", equation 3; Huber 1964, whose loss is β times this one). PyTorch's <c>SmoothL1Loss</c>.
/// </summary>
/// <remarks>Targets are floats, as many a sample as the output has elements, in its order. The output may end in anything but a softmax.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class SmoothL1Attribute : LossAttribute
{
    /// <summary>Distance at which the parabola turns into a line; greater than 0.</summary>
    public double Beta { get; set; } = 1;
}
