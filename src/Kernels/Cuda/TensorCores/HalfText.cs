namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Text of what f16 has of its own, for compute capability 7.5 and newer: one text, of which each device compiles its part.</summary>
/// <remarks>
/// 7.5 multiplies steps half as deep, has no instruction that rounds two values at once, and none that copies past the registers. The fragments of m16n8k16 are those of two m16n8k8, one
/// for each eight of the reduction, and a copy through registers is there earlier than anybody may look for it. f16 ends at 65504: finite values saturate, what is not finite is NaN, so that it is seen.
/// </remarks>
public static class HalfText
{
    /// <summary>Text of operand.</summary>
    public const string Operand = """
        // a finite value no further from zero than limit; NaN of what is not finite
        __device__ __forceinline__ float within(float x, float limit)
        {
            return fmaf(x, 0.0f, fminf(fmaxf(x, -limit), limit));
        }

        // two values rounded to f16, ties to even; the first is the lower half
        __device__ __forceinline__ u32 halves(float x, float y)
        {
            u32 word;
        #if __CUDA_ARCH__ >= 800
            asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(y), "f"(x));
        #else
            asm("{\n.reg .b16 low, high;\ncvt.rn.f16.f32 low, %1;\ncvt.rn.f16.f32 high, %2;\nmov.b32 %0, {low, high};\n}" : "=r"(word) : "f"(x), "f"(y));
        #endif
            return word;
        }

        // two values as factors: they saturate at the largest f16
        __device__ __forceinline__ u32 operand(float x, float y)
        {
            return halves(within(x, 65504.0f), within(y, 65504.0f));
        }
        """;

    /// <summary>Text of mma.</summary>
    public const string Multiply = """
        // d[16][8] += a[16][16] b[16][8]: lane l holds rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the next, of d
        __device__ __forceinline__ void mma(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1)
        {
        #if __CUDA_ARCH__ >= 800
            asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
        #else       // eight of the reduction, then the other eight
            asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(b0));
            asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a2), "r"(a3), "r"(b1));
        #endif
        }
        """;

    /// <summary>Makes a text of asynchronous copies one that 7.5 has, too.</summary>
    /// <param name="text">Functions, whose asm statements are lines of their own.</param>
    public static string Guarded(string text) => string.Join("\n", text.Split('\n').Select(static line => !line.TrimStart().StartsWith("asm volatile(\"cp.async", StringComparison.Ordinal) ? line
        : line.Contains("shared.global") ? $"#if __CUDA_ARCH__ >= 800\n{line}\n#else       // there is no way past the registers\n    *static_cast<uint4*>(to) = __ldg(static_cast<const uint4*>(from));\n#endif"
        : $"#if __CUDA_ARCH__ >= 800\n{line}\n#endif"));
}
