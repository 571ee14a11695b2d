using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>Model specs as the front end would read them.</summary>
internal static class Models
{
    public static AdamSpec KerasAdam { get; } = new(1e-3, 0.9, 0.999, 1e-7, EpsilonForm.BeforeCorrection);

    public static ModelSpec Of(InputSpec input, Preset preset, LossKind? loss, OptimizerSpec? optimizer, params LayerSpec[] layers) => new(
        "Tests", "Net", "public", input, preset, new([.. layers.Select(static (l, i) => new CallSpec(l, [i - 1]))]), loss is { } kind ? [new(kind)] : [], optimizer, true);

    /// <summary>Program A: conv32-pool-dense10.</summary>
    public static ModelSpec A { get; } = Of(new(28, 28, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, KerasAdam,
        new Conv2DSpec("conv2d", 32, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("max_pooling2d", 2, 2), new FlattenSpec("flatten"),
        new DenseSpec("dense", 10, ActivationKind.Softmax, true, null));

    /// <summary>Program B: conv32-pool-conv64-pool-dense128-dense10.</summary>
    public static ModelSpec B { get; } = Of(new(28, 28, 1, ImageLayout.ChannelsLast), Preset.Keras, LossKind.CategoricalCrossentropy, KerasAdam,
        new Conv2DSpec("conv2d", 32, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("max_pooling2d", 2, 2),
        new Conv2DSpec("conv2d_1", 64, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("max_pooling2d_1", 2, 2), new FlattenSpec("flatten"),
        new DenseSpec("dense", 128, ActivationKind.Relu, true, null), new DenseSpec("dense_1", 10, ActivationKind.Softmax, true, null));

    /// <summary>Program C: conv32-pool-drop-conv64-pool-drop-fc128-drop-fc10 on 3x32x32.</summary>
    public static ModelSpec C { get; } = Of(new(32, 32, 3, ImageLayout.ChannelsFirst), Preset.PyTorch, LossKind.CrossEntropy, new SgdSpec(0.01),
        new Conv2DSpec("conv1", 32, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool1", 2, 2), new DropoutSpec("drop1", 0.25),
        new Conv2DSpec("conv2", 64, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool2", 2, 2), new DropoutSpec("drop2", 0.25), new FlattenSpec("flatten"),
        new DenseSpec("fc1", 128, ActivationKind.Relu, true, null), new DropoutSpec("drop3", 0.5), new DenseSpec("fc2", 10, ActivationKind.None, true, null));
}
