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
        { "conv2d_wgrad", "shared[ELEMENTS * THREADS + thread] = db;\n    __syncthreads();", "shared[ELEMENTS * THREADS + thread] = db;" },
        { "dense_forward", "__syncthreads();", ";" },
        { "head", "__syncthreads();", ";" },
        { "head", "if (!dz) return;\n    __syncthreads();", "if (!dz) return;" },
        { "void conv_update", "reinterpret_cast<float4*>(shared)[threadIdx.x] = four;\n    __syncthreads();", "reinterpret_cast<float4*>(shared)[threadIdx.x] = four;" },
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
        { "void dense_update", "f * PANEL + o % PANEL", "(f ^ 1) * PANEL + o % PANEL" },
        { "int sample_at", "step->position + n", "step->position + n + 1" },
        { "u32 permuted", "round < 6 ? 0 : 0x9E3779B9u", "0u" },

        // a guard less
        { "void dense_tile", "n + i < batch ?", "n + i < batch + 3 ?" },
        { "dense_forward", "if (n < batch)", "" },
        { "void dense_dgrad_tile", "if (n + i >= batch) continue;", "" },
        { "head", "gradients[i / UNITS][o0 + i % UNITS] = 0;", "" },
        { "conv2d_1_fprop", "p < OUT_H && q < OUT_W", "p < OUT_H" },

        // a term less, or another one
        { "conv2d_1_fprop", "best.x += b.x;", "" },
        { "dense_forward", "sum += bias[o];", "" },
        { "head", "sum += bias[o0 + i % UNITS];", "" },
        { "conv2d_1_wgrad", "db += gradient;", "" },
        { "void dense_update", "multiply_add(db, 1.0f, gradient);", "" },
        { "void conv_update", "part < SHARES", "part < SHARES / 8" },
        { "update", "block -= 200;", "block -= 199;" },
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

    /// <summary>Mutants are put together of kernels that were compiled apart, which by itself changes nothing.</summary>
    [NvrtcTheory, InlineData("conv2d_fprop"), InlineData("head"), InlineData("update")]
    public void A_kernel_that_is_put_in_without_a_fault_is_right(string place)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.B);
        KernelComparison.Run(model, Mutant.Compile(model, place, "{\n", "{ \n"), Seed, Samples);
    }

    [NvrtcTheory, MemberData(nameof(Mutations))]
    public void A_planted_fault_is_found(string place, string text, string instead)
    {
        CompiledModel model = Compiler.Compile(Convoke.Kernels.Tests.Models.B);
        string ptx = Mutant.Compile(model, place, text, instead);
        Exception? found = Record.Exception(() => KernelComparison.Run(model, ptx, Seed, Samples));
        Assert.True(found is DeviceFaultException or Xunit.Sdk.XunitException, found is null ? "nothing was found" : $"not a finding: {found}");
    }
}
