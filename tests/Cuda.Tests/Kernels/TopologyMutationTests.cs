using Convoke.Kernels;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Faults planted into the text of a small net that has every kind of kernel beside those of program B: each must be found.</summary>
public class TopologyMutationTests
{
    /// <summary>Five samples: two slices of the moments, of different size.</summary>
    private const int Samples = 5, Seed = 3;

    private static ModelSpec Net { get; } = new(
        null, "Net", "public", new(8, 8, 2, ImageLayout.ChannelsFirst), Preset.PyTorch,
        [
            new(new ActivationSpec("lift", ActivationKind.Tanh), [-1]),
            new(new BatchNormSpec("even", 0.25, 1e-3, UnbiasedRunning: true), [0]),
            new(Conv("first", 5, 3, 1, 1, bias: false), [1]),
            new(new BatchNormSpec("norm", 0.25, 1e-3, UnbiasedRunning: true), [2]),
            new(new ActivationSpec("leaky", ActivationKind.LeakyRelu, 0.125), [3]),
            new(new MaxPool2DSpec("pool", 3, 3) { StrideHeight = 2, StrideWidth = 2, Padding = new(PaddingKind.Explicit, 1, 1, 1, 1) }, [4]),
            new(Conv("down", 7, 3, 2, 1, bias: true), [5]),
            new(new UpsampleSpec("up", 2, 2), [6]),
            new(new ConcatSpec("join"), [5, 7]),
            new(new AveragePool2DSpec("smooth", 3, 3, CountsPadding: false) { StrideHeight = 1, StrideWidth = 1, Padding = PaddingSpec.Same }, [8]),
            new(new ActivationSpec("sigmoid", ActivationKind.Sigmoid), [9]),
            new(new DropoutSpec("drop", 0.25), [10]),
            new(Conv("pixels", 3, 1, 1, 0, bias: true), [11]),
        ],
        [new(LossKind.CrossEntropy)], new SgdSpec(0.125, 0.75), true);

    private static Conv2DSpec Conv(string name, int filters, int kernel, int stride, int pad, bool bias) =>
        new(name, filters, kernel, kernel, ActivationKind.None, bias) { StrideHeight = stride, StrideWidth = stride, Padding = new(PaddingKind.Explicit, pad, pad, pad, pad) };

    /// <summary>Kernel (or helper), text, what stands there instead. Only the first occurrence is changed.</summary>
    public static TheoryData<string, string, string> Mutations => new()
    {
        // stride and padding
        { "first_fprop", "(COLUMNS * (CHUNK / 4)) - TOP", "(COLUMNS * (CHUNK / 4))" },
        { "first_fprop", "0 <= h && ", "" },
        { "first_wgrad", "% COLUMNS - LEFT", "% COLUMNS" },
        { "down_fprop", "tile_row * POOL_H * STRIDE_H", "tile_row * POOL_H + STRIDE_H" },
        { "down_fprop", "(i * POOL_W + j % PIECE_W) * STRIDE_W", "(i * POOL_W + j % PIECE_W)" },
        { "down_dgrad", "if (tap_row >= FILTER_H) continue;", "" },
        { "down_dgrad", "STRIDE_W * (S - 1 - s)", "STRIDE_W * s" },
        { "down_dgrad", "(tile_row + row) * STRIDE_H + phase_row - TOP", "(tile_row + row) * STRIDE_H - phase_row" },
        { "down_dgrad", "FILTER_W - 1 - tap_column", "tap_column" },
        { "down_dgrad", "0 <= h && ", "" },
        { "down_wgrad", "window % BAND_W * STRIDE_W", "window % BAND_W" },

        // normalizations, one of them over what no convolution stores
        { "float4 sum_of_shares", "__syncthreads();", ";" },
        { "float4 sum_of_shares", "__syncthreads();\n    return sum;", "return sum;" },
        { "float sum_of_parts", "__syncthreads();", ";" },
        { "even_sums", "element / PIXELS * slices", "element / PIXELS" },
        { "even_moments", "four.y - mean.y", "four.y" },
        { "even_statistics", "sum = fmaf((batch - slice + slices - 1)", "sum = fmaf((batch + slices - 1)" },
        { "even_statistics", "* d, d, ", "* d, 0.0f, " },
        { "even_statistics", "variance + EPSILON", "variance" },
        { "even_sums", "four.x - mean.x", "four.x" },
        { "leaky_grad_sums", "element / PIXELS * slices", "element / PIXELS" },
        { "leaky_grad_sums", "four.y - center.y", "four.y" },
        { "leaky_grad_sums", "*reinterpret_cast<float4*>(&y_at[at]) = y;", "" },
        { "leaky_grad_sums", "add(total, y);", "add(total, four);" },
        { "norm_gradients", "r * r * slope", "r * slope" },
        { "norm_gradients", "norm[5 * K + k] = r * slope", "norm[5 * K + k] = slope" },
        { "void norm_update", "(m / (m - 1.0f))", "m" },
        { "void norm_update", "mean = fmaf(RUNNING_GAIN, norm[k] - mean, mean);", "" },
        { "void norm_update", "if (step->keep_gradients || step->bad) return;", "" },
        { "void fold_weights", "i % PANEL", "i / PANEL" },
        { "void fold_bias", " - mean[k]", "" },

        // pooling
        { "pool_forward", "max(top, 0)", "top" },
        { "pool_forward", "(h - top) * WINDOW_W", "(h - first_row) * WINDOW_W" },
        { "pool_forward", "h == first_row && w == first_column", "h == top && w == left" },
        { "pool_backward", "p <= last_row", "p < last_row" },
        { "pool_backward", "if (winner.z == place)", "" },
        { "smooth_forward", "(end_row - first_row) * (end_column - first_column)", "WINDOW_H * WINDOW_W" },
        { "smooth_backward", "max(p * STRIDE_H, TOP)", "p * STRIDE_H" },

        // what moves memory
        { "join", "k - 5", "k" },
        { "join_part1", "k < CHANNELS", "true" },
        { "up_forward", "q / SCALE_W", "q % W" },
        { "up_backward", "p < SCALE_H", "p < 1" },
        { "import", "c < C", "c <= C" },

        // element by element, masks, the head of a map
        { "sigmoid_apply", "if (k + 1 >= CHANNELS) y.y = 0.0f;", "" },
        { "sigmoid_apply", "expf(ZERO - x0)", "expf(x0)" },
        { "float4 drop", "word.y >= mask.threshold", "word.x >= mask.threshold" },
        { "drop_backward", "step->draw | 0x80000000u", "step->draw" },
        { "uint4 philox", "key1 += 0xBB67AE85u", "key1 += 0xBB67AE86u" },
        { "head", "loss = sums[0] / PIXELS;", "loss = sums[0];" },
        { "head", "1.0f / ((float)batch * PIXELS)", "1.0f / batch" },
        { "head", "right += best == wanted;", "right += 1;" },
        { "head", "for (int o = CLASSES; o < OUT; ++o) to[o] = 0.0f;", "" },
        { "head", "((size_t)n * CLASSES + o) * PIXELS + pixel", "((size_t)n * PIXELS + pixel) * CLASSES + o" },
        { "update", "step->draw += 1;", "step->draw += 2;" },
    };

    [NvrtcFact]
    public void The_net_itself_is_right() => Compare(EmulatedProgram.Compile(Compiler.Compile(Net)));

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Net);
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => Compare(ptx));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    private static void Compare(string ptx)
    {
        CompiledModel model = Compiler.Compile(Net);
        KernelComparison.Run(model, ptx, Seed, Samples, RandomGraphs.Batch(Seed, model.Spec, Samples), static graph => RandomGraphs.Weights(Seed, graph));
    }
}
