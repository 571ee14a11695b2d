using Convoke.Kernels;
using Convoke.Kernels.Models;
using Compiler = Convoke.Kernels.Compiler;
using Models = Convoke.Kernels.Tests.Models;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Layers that do not fit into one tile, one stage of shared memory or one thread's registers: each of the ways of cutting them, against the interpreter.</summary>
public class LargeLayerTests
{
    /// <summary>Name, what the emitted text must contain for the case to be one, the layers behind an input of the size given.</summary>
    public static TheoryData<string> Cases => [.. All.Keys];

    private static Dictionary<string, (string[] Marks, InputSpec Input, LayerSpec[] Layers)> All { get; } = new()
    {
        ["columns in several tiles, bands of rows and columns"] = (
            ["TILES_W = 5", "band_row += BAND_H", "band_column += BAND_W"], new(6, 132, 3, ImageLayout.ChannelsLast),
            [Conv("wide", 32, 3, 3), Conv("second", 16, 3, 3)]),
        ["input channels in chunks"] = (
            ["for (int c0 = 0; c0 < C; c0 += CHUNK)", "CHUNKS = 8"], new(11, 11, 256, ImageLayout.ChannelsFirst),
            [Conv("deep", 48, 3, 3), new MaxPool2DSpec("pool", 2, 2), Conv("second", 160, 2, 2)]),
        ["taps in several blocks"] = (
            ["if (tap >= R * S) return;"], new(13, 12, 16, ImageLayout.ChannelsLast),
            [Conv("large", 32, 7, 5), new MaxPool2DSpec("pool", 2, 2)]),
        ["windows in pieces"] = (
            ["piece_row = piece"], new(16, 17, 2, ImageLayout.ChannelsLast),
            [Conv("first", 20, 2, 2), new MaxPool2DSpec("pool", 5, 5), Conv("second", 8, 2, 2), new MaxPool2DSpec("all", 2, 2)]),
        ["a window as wide as the map"] = (
            ["PIECE_H = 1"], new(14, 14, 1, ImageLayout.ChannelsLast),
            [Conv("first", 16, 2, 2), new MaxPool2DSpec("global", 13, 13)]),
        ["many classes, many units"] = (
            ["for (int o0 = 0; o0 < OUT; o0 += UNITS)"], new(5, 5, 3, ImageLayout.ChannelsLast),
            [new FlattenSpec("flat"), new DenseSpec("wide", 200, ActivationKind.Relu, true, null), new DenseSpec("classes", 150, ActivationKind.None, true, null)]),
    };

    [NvrtcTheory, MemberData(nameof(Cases))]
    public void Large_layers_agree_with_the_interpreter(string name)
    {
        (string[] marks, InputSpec input, LayerSpec[] layers) = All[name];
        bool ends = layers[^1] is DenseSpec;
        CompiledModel model = Compiler.Compile(Models.Of(
            input, Preset.Keras, ends ? LossKind.CrossEntropy : LossKind.CategoricalCrossentropy, new SgdSpec(0.125),
            ends ? layers : [.. layers, new FlattenSpec("flatten"), new DenseSpec("head", 3, ActivationKind.Softmax, true, null)]));
        Assert.All(marks, mark => Assert.Contains(mark, model.Cuda.Text, StringComparison.Ordinal));
        KernelComparison.Run(model, EmulatedProgram.Compile(model), seed: 4, n: 2);
    }

    private static Conv2DSpec Conv(string name, int filters, int height, int width) => new(name, filters, height, width, ActivationKind.Relu, true);
}
