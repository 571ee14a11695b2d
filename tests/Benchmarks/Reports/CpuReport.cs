using System.Globalization;

namespace Convoke.Benchmarks.Reports;

/// <summary>docs/results/cpu.md.</summary>
internal static class CpuReport
{
    /// <summary>Where it goes, in the checkout that this program was built from.</summary>
    public static string Path => System.IO.Path.Combine(Machine.RepositoryFolder, "docs", "results", "cpu.md");

    /// <summary>The whole file.</summary>
    /// <param name="rounds">Timed rounds.</param>
    /// <param name="loadBefore">Load average before the run.</param>
    /// <param name="agreements">What the checks before the timing found.</param>
    /// <param name="sections">Tables, in order.</param>
    public static string Write(int rounds, double loadBefore, IReadOnlyList<string> agreements, IReadOnlyList<string> sections) => string.Create(CultureInfo.InvariantCulture, $"""
        # CPU: Convoke, TorchSharp and ONNX Runtime on one machine

        Written by `dotnet run -c Release --project tests/Benchmarks -- cpu --write`; `-- cpu --quick` prints the ratios of the first table in under a minute.

        | | |
        |---|---|
        | Processor | {Machine.Processor()} |
        | Vectors used | {Device.Cpu.Description} |
        | System | {Machine.OperatingSystem()}, libstdc++ up to {NativeLibraries.LibstdcxxVersion()}{(Environment.GetEnvironmentVariable("LD_PRELOAD") is { Length: > 0 } ? ", with a library loaded before the program (LD_PRELOAD)" : "")} |
        | Versions | .NET {Environment.Version}, TorchSharp {Machine.Version("TorchSharp")} with libtorch {Machine.Version("Libtorch")} (CPU), ONNX Runtime {Machine.Version("OnnxRuntime")} |
        | Commit | {Machine.Commit()} |
        | Date | {DateTime.UtcNow:yyyy-MM-dd} |
        | Load average before the run | {loadBefore:F2} |

        **How it is measured.** All contenders alternate in one process: a round runs each once for a block of equal duration, in an order that turns with the round.
        Times are medians of {rounds} rounds, in brackets the least and the greatest. A ratio says how many times as long the other takes (above 1: Convoke is faster): ratio of the medians,
        in brackets the least and the greatest of one round. Single precision; seeded noise images and random classes; the same start weights before every block.
        A training step is forward, loss, backward and Adam (for Convoke also the batch's accuracy). A prediction ends in probabilities (A, B) or logits, and Convoke's and ONNX Runtime's lie in managed memory.
        TorchSharp plain: contiguous NCHW, as its examples are written; tuned: channels-last strides, in-place ReLU, inference mode. ONNX Runtime: all graph optimisations, output buffer bound once, threads that do not spin; it does not train.
        A: conv 32, pool, dense 10. B: conv 32, pool, conv 64, pool, dense 128, dense 10. C: B on 3x32x32 with dropout 0.5 behind each pooling and the first dense layer. ResNet-9: 3x32x32, half as wide as usual,
        batch normalization behind each convolution, two residual sums. U-Net: 1x32x32, two levels, 16 to 64 channels, batch normalization, a class a pixel. All convolutions 3x3.

        {string.Join("\n", sections.Select(static section => section.TrimEnd() + "\n"))}
        ### Checked before timing

        Every contender got Convoke's weights; deviations are from Convoke's result, gradients relative to the tensor's largest. A layer whose contenders deviate by more than is allowed is not timed; its line begins with NOT COMPARED.

        {string.Join("\n", agreements.Select(static line => "- " + line))}

        ### Not measured

        Other processors than the one above, ARM, more than two threads; images that are not noise (kernels that skip zeros gain or lose with the share of zeros); PyTorch from Python; half precision.

        """);
}
