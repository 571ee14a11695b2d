using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>How kernels draw dropout's mask: the same words as the processor, by place, so that nothing is stored.</summary>
public static class DropoutText
{
    public static void EmitHelpers(CudaWriter writer) => writer.Helper("drop", """
        // Philox4x32-10 (Salmon et al. 2011, section 3.3): four words for a counter and a key
        __device__ __forceinline__ uint4 philox(uint4 counter, u64 seed)
        {
            u32 key0 = (u32)seed, key1 = (u32)(seed >> 32);
            #pragma unroll
            for (int round = 0; round < 10; ++round)
            {
                const u64 product0 = (u64)0xD2511F53u * counter.x, product1 = (u64)0xCD9E8D57u * counter.z;
                counter = make_uint4((u32)(product1 >> 32) ^ counter.y ^ key0, (u32)product1, (u32)(product0 >> 32) ^ counter.w ^ key1, (u32)product0);
                key0 += 0x9E3779B9u;
                key1 += 0xBB67AE85u;
            }
            return counter;
        }

        // what a dropout call draws from
        struct Mask
        {
            u32 site, threshold;       // number of the call; words below the threshold drop their element
            float scale;               // 1 / (1 - rate), the factor of what is kept
            u32 draw;                  // training passes done, + 2^31
            u64 seed;
        };

        // elements e to e + 3 of sample n: element e is kept where word e % 4 of philox(e / 4, n, site, draw) is at least the threshold
        __device__ __forceinline__ float4 drop(const Mask& mask, int n, int e, const float4& x)
        {
            const uint4 word = philox(make_uint4(e / 4, n, mask.site, mask.draw), mask.seed);
            return make_float4(word.x >= mask.threshold ? x.x * mask.scale : 0.0f, word.y >= mask.threshold ? x.y * mask.scale : 0.0f,
                               word.z >= mask.threshold ? x.z * mask.scale : 0.0f, word.w >= mask.threshold ? x.w * mask.scale : 0.0f);
        }

        // elements e and e + 1; e is even
        __device__ __forceinline__ float2 drop(const Mask& mask, int n, int e, const float2& x)
        {
            const float4 four = drop(mask, n, e, make_float4(x.x, x.y, x.x, x.y));
            return e % 4 == 0 ? make_float2(four.x, four.y) : make_float2(four.z, four.w);
        }

        // element e
        __device__ __forceinline__ float drop(const Mask& mask, int n, int e, float x)
        {
            const float2 two = drop(mask, n, e & ~1, make_float2(x, x));
            return e % 2 == 0 ? two.x : two.y;
        }
        """);

    /// <summary>Text that declares the mask of a kernel; empty where there is none.</summary>
    public static string Declare(DropoutGroup? drop) => drop is null ? "" : $"const Mask mask = {{ {drop.Site}, {drop.Threshold}u, {CudaWriter.Literal(drop.Scale)}, step->draw | 0x80000000u, step->seed }};";

    /// <summary>A value behind dropout, or as it is where there is none.</summary>
    public static string Of(DropoutGroup? drop, string value, string n, string element) => drop is null ? value : $"drop(mask, {n}, {element}, {value})";

    /// <summary>The parameter that a kernel with a mask has first.</summary>
    public static string[] Parameter(DropoutGroup? drop) => drop is null ? [] : ["const Step* __restrict__ step"];

    /// <summary>What the comment of a layer says.</summary>
    public static string Comment(DropoutGroup? drop) => drop is null ? "" : $"\n//   then dropout {drop.Name}: y / (1 - {Rate(drop)}) where kept, else 0";

    /// <summary>Its rate, for comments.</summary>
    public static string Rate(DropoutGroup drop) => drop.Rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Constant for the factor of a gradient behind dropout; empty where there is none.</summary>
    public static string Scale(double scale) => scale == 1 ? "" : $"constexpr float SCALE = {CudaWriter.Literal(scale)};            // of dropout, whose mask is that of the relu";

    /// <summary>" * SCALE", where there is one.</summary>
    public static string Times(double scale) => scale == 1 ? "" : " * SCALE";

    /// <summary>For comments: ", times 2 for what dropout kept".</summary>
    public static string TimesComment(double scale) => scale == 1 ? "" : $", times {scale.ToString("R", System.Globalization.CultureInfo.InvariantCulture)} for what dropout kept";

    /// <summary>Text that masks four values of a gradient by four of y, called open.</summary>
    public static string Masked(string value, double scale) =>
        $"{value} = make_float4({string.Join(", ", "xyzw".Select(c => $"open.{c} > 0.0f ? {value}.{c}{Times(scale)} : 0.0f"))});";
}
