namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How gradients become factors: as every value does, or, at f16, times a power of two, by whose reciprocal the sums are multiplied.</summary>
/// <remarks>
/// f16 has five bits of exponent: below 2^-14 it loses a bit of mantissa with each binary place, and below 2^-25 everything. Weights and activations seldom are so small; gradients of a mean over the
/// batch are (Micikevicius et al., "Mixed Precision Training", 2018, arXiv 1710.03740, whose nets wanted factors from 8 to 32K). 2^10 is in the middle of those: a gradient has all its bits from 2^-24 on, and some down
/// to 2^-34, and saturates at 64, where the one of a mean cross-entropy by its logits is 1 at most. Both multiplications are exact, so that in memory, in biases and in the optimizer nothing is scaled.
/// </remarks>
/// <param name="IsScaled">Whether they are scaled.</param>
public sealed record GradientFactors(bool IsScaled)
{
    /// <summary>What a scaled gradient is multiplied by.</summary>
    public const int Scale = 1024;

    /// <summary>Name of the function that stores four of them as factors.</summary>
    public string Store => IsScaled ? "store_gradients" : "store_operands";

    /// <summary>Name of the function that loads a row of them.</summary>
    public string LoadRow => IsScaled ? "load_gradients" : "load_row";

    /// <summary>Text, to stand before a loop over the places of a window, that makes factors of its four gradients once.</summary>
    /// <param name="gradient">The gradients.</param>
    /// <param name="margin">What the next line begins with.</param>
    public string Prepare(string gradient, string margin) => IsScaled ? $"const uint2 factors = gradient_operands({gradient});\n{margin}" : "";

    /// <summary>Text that stores, at <c>place</c> of the window, the gradients of which that is the <c>winner</c>, and zeros of the others.</summary>
    /// <param name="to">Where.</param>
    /// <param name="gradient">The gradients.</param>
    public string StoreUnpooled(string to, string gradient) => IsScaled
        ? $"store_winners({to}, factors, winner, place);"
        : $"store_operands({to}, make_float4({string.Join(", ", "xyzw".Select(part => $"winner.{part} == place ? {gradient}.{part} : 0.0f"))}));";

    /// <summary>For comments, behind the format.</summary>
    public string Comment => IsScaled ? $" times {Scale}, which the sums lose again" : "";

    /// <summary>Text of a sum of their products, as it is without the scale.</summary>
    public string Sum(string sum) => IsScaled ? $"{sum} * (1.0f / GRADIENT_SCALE)" : sum;

    /// <summary>Emits gradient_operand and <see cref="Store"/>, where they differ from other values'.</summary>
    public void EmitHelpers(CudaWriter writer)
    {
        if (!IsScaled) return;
        writer.Helper("store_gradients", $$"""
            // gradients are factors times this, as f16 has few exponents; their sums are divided by it. Both are exact.
            constexpr float GRADIENT_SCALE = {{Scale}}.0f;

            // two gradients as factors: they saturate at the largest f16
            __device__ __forceinline__ u32 gradient_operand(float x, float y)
            {
                constexpr float LARGEST = 65504.0f / GRADIENT_SCALE;
                return halves(within(x, LARGEST) * GRADIENT_SCALE, within(y, LARGEST) * GRADIENT_SCALE);
            }

            // four gradients as factors
            __device__ __forceinline__ uint2 gradient_operands(const float4& x)
            {
                return make_uint2(gradient_operand(x.x, x.y), gradient_operand(x.z, x.w));
            }

            __device__ __forceinline__ void store_gradients(u32* to, const float4& x)
            {
                *reinterpret_cast<uint2*>(to) = gradient_operands(x);
            }

            // of four factors those whose window has its maximum at place, and zeros
            __device__ __forceinline__ void store_winners(u32* to, const uint2& x, const uchar4& winner, int place)
            {
                const u32 low = (winner.x == place ? 0x0000ffffu : 0) | (winner.y == place ? 0xffff0000u : 0), high = (winner.z == place ? 0x0000ffffu : 0) | (winner.w == place ? 0xffff0000u : 0);
                *reinterpret_cast<uint2*>(to) = make_uint2(x.x & low, x.y & high);
            }
            """);
    }
}
