using System.Text.RegularExpressions;
using Convoke.Kernels;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Faults planted into the emitted text of program B: each must be found, by a check of the emulator or by a wrong number.</summary>
public class MutationTests
{
    /// <summary>Five samples: a full group of four for the head and one more, so that guards of the last group count; a seed whose order is shuffled.</summary>
    private const int Samples = 5, Seed = 1;

    /// <summary>Kernel (or helper), text, what stands there instead. Only the first occurrence is changed.</summary>
    public static TheoryData<string, string, string> Mutations => new()
    {
        // a barrier less
        { "conv2d_1_fprop", "__syncthreads();", ";" },
        { "conv2d_1_dgrad", "__syncthreads();", ";" },
        { "conv2d_1_wgrad", "__syncthreads();", ";" },
        { "conv2d_wgrad", "__syncthreads();                // the stage is free again", ";" },
        { "conv2d_wgrad", "shared[thread] = dw[i];\n        __syncthreads();", "shared[thread] = dw[i];" },
        { "dense_forward", "__syncthreads();", ";" },
        { "head", "__syncthreads();", ";" },
        { "head", "if (!dz) return;\n    __syncthreads();", "if (!dz) return;" },
        { "conv_update", "sums[quarter][lane] = sum;\n    __syncthreads();", "sums[quarter][lane] = sum;" },
        { "void finish", "__syncthreads();", ";" },

        // an index shifted
        { "conv2d_fprop", "column * POOL_W + s)", "column * POOL_W + s + 1)" },
        { "conv2d_1_fprop", "(r * S + s) * C + c0", "(s * R + r) * C + c0" },
        { "conv2d_1_dgrad", "- (R - 1)", "- (R - 2)" },
        { "conv2d_1_dgrad", "p % WINDOW_H * WINDOW_W", "q % WINDOW_H * WINDOW_W" },
        { "conv2d_1_wgrad", "at % POOL_W", "at / POOL_W" },
        { "conv2d_1_wgrad", "tap % S", "tap / S" },
        { "flip_conv2d_1_kernel", "R - 1 - r", "r" },
        { "void dense_tile", "w + (f + 1) * PANEL", "w + f * PANEL" },
        { "void dense_dgrad_tile", "(f + j) * PANEL", "f * PANEL" },
        { "dense_update", "f * PANEL + o % PANEL", "(f ^ 1) * PANEL + o % PANEL" },
        { "int sample_at", "step->position + n", "step->position + n + 1" },
        { "int sample_at", "round < 6 ? 0 : 0x9E3779B9u", "0u" },

        // a guard less
        { "void dense_tile", "n + i < batch ?", "n + i < batch + 3 ?" },
        { "dense_forward", "if (n < batch)", "" },
        { "void dense_dgrad_tile", "if (n + i >= batch) continue;", "" },
        { "head", "if (n0 + i / UNITS < batch)", "" },
        { "conv2d_1_fprop", "p < OUT_H && q < OUT_W", "p < OUT_H" },

        // a term less, or another one
        { "conv2d_1_fprop", "best.x += b.x;", "" },
        { "dense_forward", "sum += bias[o];", "" },
        { "head", "sum += bias[o0 + i % UNITS];", "" },
        { "conv2d_1_wgrad", "db += gradient;", "" },
        { "dense_update", "multiply_add(db, 1.0f, gradient);", "" },
        { "conv_update", "+ (sums[2][lane] + sums[3][lane])", "+ sums[2][lane]" },
        { "float relu", "x < 0.0f ? 0.0f : x", "x" },
        { "void keep_largest", "x.x > best.x", "x.x >= best.x" },
        { "conv2d_1_dgrad", "open.y > 0.0f ? four.y : 0.0f", "four.y" },
        { "conv2d_1_wgrad", "open.y > 0.0f ? gradient.y : 0.0f", "gradient.y" },
        { "head", "const float inverse = 1.0f / batch", "const float inverse = 1.0f / (batch + 1)" },
        { "head", "best == wanted", "best != wanted" },
        { "void next_step", "step->beta2_power *= 0.999;", "" },
        { "float learn", "m = fmaf(GAIN1, g - m, m)", "m = fmaf(GAIN2, g - m, m)" },
        { "void finish", "step->position += batch;", "" },
    };

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.B);
        string mutant = Mutate(model.Cuda.Text, place, text, instead);
        string ptx = EmulatedProgram.Compile(model, mutant);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, Seed, Samples));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }

    internal static string Mutate(string source, string place, string text, string instead)
    {
        // A kernel's name stands at the start of a line, a helper's in its signature.
        Match start = Regex.Match(source, place.Contains(' ', StringComparison.Ordinal) ? Regex.Escape(place) + @"\(" : "^" + Regex.Escape(place) + @"\(|int " + Regex.Escape(place) + @"\(", RegexOptions.Multiline);
        Assert.True(start.Success, $"there is no {place}");
        int at = source.IndexOf(text, start.Index, StringComparison.Ordinal), end = source.IndexOf("\n}\n", start.Index, StringComparison.Ordinal);
        Assert.True(at >= 0 && at < end, $"{place} does not contain {text}");
        return source[..at] + instead + source[(at + text.Length)..];
    }
}
