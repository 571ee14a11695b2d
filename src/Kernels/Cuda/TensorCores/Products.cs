namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Text of the products of a reduction's step: of one term, or, where every factor is two TF32 numbers, of three.</summary>
/// <remarks>
/// The three terms are 3xTF32, as CUTLASS calls it (examples/27_ampere_3xtf32_fast_accurate_tensorop_gemm): x = high + low, high the TF32 number nearest to x, low
/// what that leaves, and a product is low high + high low + high high; what is left out, low low, is beyond float32. Ootomo and Yokota, "Recovering single precision
/// accuracy from Tensor Cores while surpassing the FP32 theoretical peak performance" (2022, arXiv 2203.03341), found that tensor cores cut their sums off where float32 rounds them,
/// which over a long reduction costs what the terms gained: so they sum one step, and its sums are added as float32. Memory holds float32, whole; a lane splits what it has loaded.
/// </remarks>
/// <param name="IsSplit">Whether there are three.</param>
public sealed record Products(bool IsSplit)
{
    /// <summary>Products for one of float32.</summary>
    public int Terms => IsSplit ? 3 : 1;

    /// <summary>Dimension that a factor's array has before its others.</summary>
    public string Parts => IsSplit ? "[2]" : "";

    /// <summary>Text for the place where a factor's words are loaded.</summary>
    public string Whole(string factor) => IsSplit ? $"{factor}[0]" : factor;

    /// <summary>Text, to stand behind a statement, that splits what was loaded.</summary>
    /// <param name="margin">What a line begins with.</param>
    /// <param name="factors">The arrays.</param>
    public string Split(string margin, params string[] factors) => IsSplit ? string.Concat(factors.Select(factor => $"\n{margin}split({factor});")) : "";

    /// <summary>Text that adds a step's products to the sums of some 8-column tiles.</summary>
    /// <param name="margin">What a line begins with, behind the first.</param>
    /// <param name="sums">The sums, an array of [tiles][4].</param>
    /// <param name="tiles">How many there are.</param>
    /// <param name="term">The text of one term, of the sums that it adds to, and of what stands behind the names of left and right factors.</param>
    public string Add(string margin, string sums, string tiles, Func<string, string, string, string> term)
    {
        string text = !IsSplit ? term(sums, "", "") : $$"""
            float of_step[{{tiles}}][4] = {};
            #pragma unroll
            for (int term = 0; term < 3; ++term)        // low high, high low, high high
            {
                {{term("of_step", "[term == 0]", "[term == 1]").Replace("\n", "\n    ")}}
            }
            add_sums({{sums}}, of_step);
            """;
        return text.Replace("\n", "\n" + margin);
    }

    /// <summary>Emits split and add_sums, where they are called.</summary>
    public void EmitHelpers(CudaWriter writer)
    {
        if (!IsSplit) return;
        writer.Helper("split", """
            // a float32 as two TF32 numbers: the nearest one, ties away from zero, and what that leaves; tensor cores do not look at a word's last 13 bits, so that here at most the very last one is lost
            __device__ __forceinline__ void split(u32& word, u32& low)
            {
                const float x = __uint_as_float(word);
                word = (word + 0x1000u) & 0xffffe000u;          // cvt.rna asks besides whether x is finite
                low = __float_as_uint(x - __uint_as_float(word));
            }

            template <int WORDS>
            __device__ __forceinline__ void split(u32 (&parts)[2][WORDS])
            {
                #pragma unroll
                for (int i = 0; i < WORDS; ++i) split(parts[0][i], parts[1][i]);
            }

            template <int FOURS>
            __device__ __forceinline__ void split(uint4 (&parts)[2][FOURS])
            {
                #pragma unroll
                for (int i = 0; i < FOURS; ++i)
                {
                    split(parts[0][i].x, parts[1][i].x);
                    split(parts[0][i].y, parts[1][i].y);
                    split(parts[0][i].z, parts[1][i].z);
                    split(parts[0][i].w, parts[1][i].w);
                }
            }

            // a step's sums, added as float32, rounded to nearest: tensor cores would cut them off
            template <int TILES>
            __device__ __forceinline__ void add_sums(float (&sums)[TILES][4], const float (&of_step)[TILES][4])
            {
                #pragma unroll
                for (int i = 0; i < 4 * TILES; ++i) sums[i / 4][i % 4] += of_step[i / 4][i % 4];
            }
            """);
    }
}
