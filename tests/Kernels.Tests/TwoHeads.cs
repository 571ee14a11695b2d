using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>The net of two heads (tests/Parity) in small: a stem, a residual block with normalizations, classes of the whole image, and boxes with a loss of their own.</summary>
internal static class TwoHeads
{
    /// <summary>With <paramref name="map"/> the boxes are a map, of which each pixel has one, and the classes a map as well.</summary>
    public static ModelSpec Of(bool map, LossKind classes = LossKind.CrossEntropy, LossKind boxes = LossKind.SmoothL1, int side = 7)
    {
        EquatableArray<CallSpec> trunk =
        [
            new(Conv("stem", 5), [CallSpec.ModelInput]), new(Norm("stem_norm"), [0]), new(new ReluSpec("relu"), [1]), new(new MaxPool2DSpec("pool", 2, 2), [2]),
            new(Conv("res", 5), [3]), new(Norm("res_norm"), [4]), new(new ReluSpec("relu"), [5]), new(new AddSpec("add"), [3, 6]),
        ];
        CallSpec[] heads = map
            ? [new(new Conv2DSpec("head", 3, 1, 1, ActivationKind.None, true), [7]), new(new Conv2DSpec("box", 18, 1, 1, ActivationKind.None, true), [7])]
            : [new(new GlobalPool2DSpec("global", PoolKind.Max), [7]), new(new DenseSpec("head", 6, ActivationKind.None, true, null), [8]), new(new FlattenSpec("flatten"), [7]), new(new DenseSpec("box", 4, ActivationKind.None, true, null), [10])];
        int first = map ? 8 : 9;
        CallSpec[] softmax = classes == LossKind.CrossEntropy ? [] : [new(new SoftmaxSpec("softmax"), [first])];
        return new(null, "TwoHeads", "public", new(side, side + 1, 3, ImageLayout.ChannelsFirst), Preset.PyTorch, [.. trunk, .. heads, .. softmax],
            [new(classes, 0, 0.5), new(boxes, 1, 3, 0.75)], new SgdSpec(0.125, 0.75), Accuracy: true)
        {
            Outputs = [new("Classes", softmax.Length > 0 ? trunk.Count + heads.Length : first), new("Boxes", map ? 9 : 11)],
        };
    }

    private static Conv2DSpec Conv(string name, int filters) => new(name, filters, 3, 3, ActivationKind.None, false) { Padding = PaddingSpec.Same };

    private static BatchNormSpec Norm(string name) => new(name, 0.1, 1e-5, UnbiasedRunning: true);
}
