using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Convoke.Compiled;

/// <summary>Dropout (Srivastava et al. 2014): random masks that are drawn again wherever they are needed, and never stored.</summary>
/// <remarks>Philox4x32-10 with counter (element / 4, sample, site, draw + 2^31) and the seed as key; GPU kernels draw the same bits.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class Dropouts
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85, Stream = 0x80000000;
    private const int Rounds = 10;

    /// <summary>y = x * scale where the element's word is at least the threshold, else 0; of one sample, or of its gradient.</summary>
    /// <param name="step">Seed and draw.</param>
    /// <param name="site">Number of the dropout call in the model.</param>
    /// <param name="sample">Index of the sample in its batch.</param>
    /// <param name="x">f32[count].</param>
    /// <param name="y">f32[count]; may be <paramref name="x"/>.</param>
    /// <param name="count">Stored elements, a multiple of 16.</param>
    /// <param name="threshold">Rate * 2^32.</param>
    /// <param name="scale">1 / (1 - rate).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(StepContext step, uint site, int sample, float* x, float* y, int count, uint threshold, float scale)
    {
        uint draw = step.Draw | Stream;
        if (Avx512F.IsSupported) Wide(step.Seed, (uint)sample, site, draw, x, y, count, threshold, scale);
        else if (Avx2.IsSupported) Half(step.Seed, (uint)sample, site, draw, x, y, count, threshold, scale);
        else Single(step.Seed, (uint)sample, site, draw, x, y, count, threshold, scale);
    }

    /// <summary>Sixteen blocks at a time: two chains of eight, as one waits for its products.</summary>
    /// <remarks>A lane of 64 bits is a block, its low half a word; what stands in the high half is no matter, as products read the low one only.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Wide(ulong seed, uint sample, uint site, uint draw, float* x, float* y, int count, uint threshold, float scale)
    {
        const int Elements = 64;
        Vector512<uint> multiplier0 = Vector512.Create((ulong)Multiplier0).AsUInt32(), multiplier1 = Vector512.Create((ulong)Multiplier1).AsUInt32();
        // In this order of blocks two interleavings of 64-bit lanes yield the words in order.
        Vector512<ulong> order = Vector512.Create(0UL, 4, 1, 5, 2, 6, 3, 7);
        for (int i = 0; i < count; i += Elements)
        {
            Vector512<ulong> c0 = Vector512.Create((ulong)(uint)(i / 4)) + order, d0 = c0 + Vector512.Create(8UL);
            Vector512<ulong> c1 = Vector512.Create((ulong)sample), d1 = c1, c2 = Vector512.Create((ulong)site), d2 = c2, c3 = Vector512.Create((ulong)draw), d3 = c3;
            uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
            for (int round = 0; round < Rounds; round++)
            {
                Vector512<ulong> k0 = Vector512.Create((ulong)key0), k1 = Vector512.Create((ulong)key1);
                Vector512<ulong> cp0 = Avx512F.Multiply(c0.AsUInt32(), multiplier0), cp1 = Avx512F.Multiply(c2.AsUInt32(), multiplier1);
                Vector512<ulong> dp0 = Avx512F.Multiply(d0.AsUInt32(), multiplier0), dp1 = Avx512F.Multiply(d2.AsUInt32(), multiplier1);
                (c0, c1, c2, c3) = ((cp1 >>> 32) ^ c1 ^ k0, cp1, (cp0 >>> 32) ^ c3 ^ k1, cp0);
                (d0, d1, d2, d3) = ((dp1 >>> 32) ^ d1 ^ k0, dp1, (dp0 >>> 32) ^ d3 ^ k1, dp0);
                key0 += Weyl0;
                key1 += Weyl1;
            }

            Vector512<ulong> even = Words(c0, c1), odd = Words(c2, c3);
            Keep(Avx512F.UnpackLow(even, odd), x + i, y + i, threshold, scale);
            if (i + 16 < count) Keep(Avx512F.UnpackHigh(even, odd), x + i + 16, y + i + 16, threshold, scale);
            (even, odd) = (Words(d0, d1), Words(d2, d3));
            if (i + 32 < count) Keep(Avx512F.UnpackLow(even, odd), x + i + 32, y + i + 32, threshold, scale);
            if (i + 48 < count) Keep(Avx512F.UnpackHigh(even, odd), x + i + 48, y + i + 48, threshold, scale);
        }
    }

    /// <summary>Eight blocks at a time, likewise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Half(ulong seed, uint sample, uint site, uint draw, float* x, float* y, int count, uint threshold, float scale)
    {
        const int Elements = 32;
        Vector256<uint> multiplier0 = Vector256.Create((ulong)Multiplier0).AsUInt32(), multiplier1 = Vector256.Create((ulong)Multiplier1).AsUInt32();
        Vector256<ulong> order = Vector256.Create(0UL, 2, 1, 3);
        for (int i = 0; i < count; i += Elements)
        {
            Vector256<ulong> c0 = Vector256.Create((ulong)(uint)(i / 4)) + order, d0 = c0 + Vector256.Create(4UL);
            Vector256<ulong> c1 = Vector256.Create((ulong)sample), d1 = c1, c2 = Vector256.Create((ulong)site), d2 = c2, c3 = Vector256.Create((ulong)draw), d3 = c3;
            uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
            for (int round = 0; round < Rounds; round++)
            {
                Vector256<ulong> k0 = Vector256.Create((ulong)key0), k1 = Vector256.Create((ulong)key1);
                Vector256<ulong> cp0 = Avx2.Multiply(c0.AsUInt32(), multiplier0), cp1 = Avx2.Multiply(c2.AsUInt32(), multiplier1);
                Vector256<ulong> dp0 = Avx2.Multiply(d0.AsUInt32(), multiplier0), dp1 = Avx2.Multiply(d2.AsUInt32(), multiplier1);
                (c0, c1, c2, c3) = ((cp1 >>> 32) ^ c1 ^ k0, cp1, (cp0 >>> 32) ^ c3 ^ k1, cp0);
                (d0, d1, d2, d3) = ((dp1 >>> 32) ^ d1 ^ k0, dp1, (dp0 >>> 32) ^ d3 ^ k1, dp0);
                key0 += Weyl0;
                key1 += Weyl1;
            }

            Vector256<ulong> even = Words(c0, c1), odd = Words(c2, c3);
            Keep(Avx2.UnpackLow(even, odd), x + i, y + i, threshold, scale);
            Keep(Avx2.UnpackHigh(even, odd), x + i + 8, y + i + 8, threshold, scale);
            if (i + 16 == count) break;
            (even, odd) = (Words(d0, d1), Words(d2, d3));
            Keep(Avx2.UnpackLow(even, odd), x + i + 16, y + i + 16, threshold, scale);
            Keep(Avx2.UnpackHigh(even, odd), x + i + 24, y + i + 24, threshold, scale);
        }
    }

    /// <summary>A block at a time.</summary>
    internal static void Single(ulong seed, uint sample, uint site, uint draw, float* x, float* y, int count, uint threshold, float scale)
    {
        for (int i = 0; i < count; i += 4)
        {
            Philox.Block words = Philox.Generate((uint)(i / 4), sample, site, draw, (uint)seed, (uint)(seed >> 32));
            for (int e = 0; e < 4; e++) y[i + e] = words[e] >= threshold ? x[i + e] * scale : 0f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Words(Vector512<ulong> first, Vector512<ulong> second) => (first & Vector512.Create(0xFFFFFFFFUL)) | (second << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Words(Vector256<ulong> first, Vector256<ulong> second) => (first & Vector256.Create(0xFFFFFFFFUL)) | (second << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector512<ulong> words, float* x, float* y, uint threshold, float scale) =>
        Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(words.AsUInt32(), Vector512.Create(threshold)).AsSingle(), Vector512.Load(x) * Vector512.Create(scale), Vector512<float>.Zero).Store(y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector256<ulong> words, float* x, float* y, uint threshold, float scale) =>
        Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(words.AsUInt32(), Vector256.Create(threshold)).AsSingle(), Vector256.Load(x) * Vector256.Create(scale), Vector256<float>.Zero).Store(y);
}
