using System.Diagnostics;

namespace Convoke;

/// <summary>Mean squared error of values: the mean over an output's elements of <c>(y - t)²</c>, averaged over the batch, as PyTorch's <c>MSELoss</c> and Keras' <c>MeanSquaredError</c>.</summary>
/// <remarks>Targets are floats, as many a sample as the output has elements, in its order. The output may end in anything but a softmax.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class MeanSquaredErrorAttribute : LossAttribute;
