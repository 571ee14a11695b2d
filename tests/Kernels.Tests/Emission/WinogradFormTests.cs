using Convoke.Compiled;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Forms of Winograd that random nets seldom or never have, against the interpreter in every width.</summary>
public class WinogradFormTests
{
    /// <summary>5x5 with and without padding and pooling; the first layer sees sixteen channels of the image and makes no gradient of it.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Filters_of_5x5_agree_with_the_interpreter(int width) => Compare(5, 2, width, ["Winograd F(2x2,5x5)", "filter gradient by Winograd F(2x2,5x5)"],
        new(14, 13, 16, ImageLayout.ChannelsFirst),
        new Conv2DSpec("valid", 16, 5, 5, ActivationKind.Relu, true),
        new Conv2DSpec("same", 16, 5, 5, ActivationKind.None, false) { Padding = PaddingSpec.Same },
        new Conv2DSpec("pooled", 20, 5, 5, ActivationKind.Relu, true) { Padding = PaddingSpec.Same }, new MaxPool2DSpec("pool", 2, 2));

    /// <summary>An image of several strips, the last of them shorter, and tiles over both edges; pooled and not.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Strips_of_a_large_image_agree_with_the_interpreter(int width) => Compare(6, 1, width, ["// 4 rows of 6 tiles", "// 3 rows of 6 tiles", "Winograd F(4x4,3x3), pool in its output transform"],
        new(27, 23, 1, ImageLayout.ChannelsLast),
        new Conv2DSpec("first", 48, 1, 1, ActivationKind.None, true),
        new Conv2DSpec("same", 48, 3, 3, ActivationKind.Relu, true) { Padding = PaddingSpec.Same },
        new Conv2DSpec("pooled", 16, 3, 3, ActivationKind.Relu, true), new MaxPool2DSpec("pool", 2, 2));

    /// <summary>Calls of one layer on maps of several sizes: SharedLayerTests compare it in every width, here stands only that it has both forms.</summary>
    [Fact]
    public void Calls_of_one_layer_may_read_its_filter_in_two_forms()
    {
        string text = Compiler.Compile(SharedNets.All["convolutions"]).Cpu[0].Text;
        foreach (string copy in (string[])["Transform", "TransformFlipped"])
            foreach (string form in (string[])["", "4x4"]) Assert.Contains($"void Conv{copy}{form}(StepContext", text, StringComparison.Ordinal);
    }

    private static void Compare(int seed, int n, int width, string[] parts, InputSpec input, params LayerSpec[] layers)
    {
        ModelSpec spec = Tests.Models.Of(input, Preset.PyTorch, LossKind.SparseCategoricalCrossentropy, Tests.Models.KerasAdam, [.. layers, new FlattenSpec("flatten"), new DenseSpec("dense", 5, ActivationKind.Softmax, true, null)]);
        CompiledModel model = Compiler.Compile(spec);
        CpuSource source = model.Cpu[width];
        Assert.All(parts, part => Assert.Contains(part, source.Text, StringComparison.Ordinal));
        CpuComparison.Compare(seed, n, RandomGraphs.Batch(seed, spec, n), graph => RandomGraphs.Weights(seed, graph), model, EmittedProgram.Load([source])[0]);
    }
}
