using System.Diagnostics;

namespace Convoke;

/// <summary>Cross-entropy of class indices: <c>-log y[label]</c>, averaged over the batch.</summary>
/// <remarks>
/// Labels are numbers from 0 to classes - 1. The last layer has <see cref="Activation.Softmax"/>; both are computed as one, from logits.
/// A model that ends in an image [H, W, classes] is judged pixel by pixel: every pixel has a label, and the mean is over pixels too.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class SparseCategoricalCrossentropyAttribute : LossAttribute;
