using System.Diagnostics;

namespace Convoke;

/// <summary>Shape of one sample of an input, on a parameter of <c>Forward</c>: every input has one where a model has several.</summary>
/// <remarks>
/// <code>
/// [Model(Defaults = Defaults.PyTorch)]
/// [Adam, CrossEntropy]
/// public partial class Twins
/// {
///     [Conv2D(8, 3)] private static partial Sym Conv(Sym x);
///     [Dense(2)] private static partial Sym Same(Sym x);
///
///     private static Sym Forward([Shape(28, 28, 1)] Sym left, [Shape(28, 28, 1)] Sym right, [Shape(5)] Sym extra) =>
///         Same(Concat(GlobalMaxPool(Conv(left)), GlobalMaxPool(Conv(right)), extra));
/// }
/// </code>
/// A model's inputs are then parameters of its <c>Predict</c> and <c>TrainStep</c>, by these names and in this order: <c>net.Predict(left, right, extra)</c>.
/// A data set has them by name: <c>data.WithInput("extra", values)</c>.
/// </remarks>
/// <param name="shape">
/// Height, width, channels of an image; or channels, height, width where the model's <see cref="ModelAttribute.Layout"/> is
/// <see cref="Layout.ChannelsFirst"/>. Or one number, the values of a row, for an input that is no image. Each is at least 1.
/// </param>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ShapeAttribute(params int[] shape) : Attribute
{
    /// <summary>Shape of one sample, in the order that the model's layout names.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;
}
