namespace Convoke;

/// <summary>Makes a partial class a convolutional network: Convoke checks its layers while you type and writes its kernels and its API.</summary>
/// <remarks>
/// The layers stand below it as attributes, in order, all on one declaration of the class. A loss and an optimizer make the model trainable;
/// without both it only predicts.
/// <code>
/// [Model(28, 28, 1)]
/// [Conv2D(32, 3, Activation = Activation.Relu)]
/// [MaxPool2D(2)]
/// [Flatten]
/// [Dense(10, Activation = Activation.Softmax)]
/// [Adam, CategoricalCrossentropy, Accuracy]
/// public partial class MnistNet;
/// </code>
/// Or layers are attributes of partial methods, named after these, and a static <c>Forward</c> says how they are wired. It is read while the program compiles:
/// <code>
/// [Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
/// [Sgd(0.01), CrossEntropy]
/// public partial class Cnn
/// {
///     [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
///     [MaxPool2D(2)] private static partial Sym Pool(Sym x);
///     [Dense(10)] private static partial Sym Fc1(Sym x);
///
///     private static Sym Forward(Sym x) => Fc1(Flatten(Pool(Relu(Conv1(x)))));
/// }
/// </code>
/// A <c>Forward</c> of several inputs has their shapes on its parameters, and <c>[Model]</c> has none: see <see cref="ShapeAttribute"/>.
/// </remarks>
/// <param name="input">
/// Shape of one input sample: height, width, channels; or channels, height, width where <see cref="Layout"/> is
/// <see cref="Convoke.Layout.ChannelsFirst"/>. Left out where <see cref="ShapeAttribute"/> has it. Heights and widths count pixels. The batch axis is not part of it: batches may have any size.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelAttribute(params int[] input) : Attribute
{
    /// <summary>Shape of one input sample, in the order that <see cref="Layout"/> names.</summary>
    public IReadOnlyList<int> Input { get; } = input;

    /// <summary>Order of the axes in the images that you hand in, in the shape above, and in what <see cref="FlattenAttribute"/> reads.</summary>
    /// <remarks>It does not change what is computed, nor how fast: inside, images are always height, width, channels.</remarks>
    public Layout Layout { get; set; }

    /// <summary>Whose conventions hold: names and axis order of parameters, initialisation, constants of the optimizer.</summary>
    public Defaults Defaults { get; set; }

    /// <summary>What products are made of on a GPU; float32 where left out. A processor computes in float32 whatever stands here.</summary>
    public Precision Precision { get; set; }
}
