using System.Diagnostics;

namespace Convoke;

/// <summary>Cross-entropy of class indices on logits, as PyTorch has it: <c>log Σ_j exp(y[j]) - y[label]</c>, averaged over the batch.</summary>
/// <remarks>
/// Labels are numbers from 0 to classes - 1. The last layer has no activation, or <see cref="Activation.LogSoftmax"/>, which changes nothing here.
/// A model that ends in an image [H, W, classes] is judged pixel by pixel: every pixel has a label, and the mean is over pixels too.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class CrossEntropyAttribute : LossAttribute;
