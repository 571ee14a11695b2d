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
    private const int Rounds = 10, Blocks = 4;

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
        uint* words = stackalloc uint[4 * Blocks];
        for (int i = 0; i < count; i += 4 * Blocks)
        {
            Draw(step.Seed, (uint)(i / 4), (uint)sample, site, step.Draw | Stream, words);
            for (int e = 0; e < 4 * Blocks; e++) y[i + e] = words[e] >= threshold ? x[i + e] * scale : 0f;
        }
    }

    /// <summary>Four neighbouring blocks, whose counters differ in their first word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Draw(ulong seed, uint first, uint sample, uint site, uint draw, uint* words)
    {
        if (!Avx2.IsSupported)
        {
            for (uint block = 0; block < Blocks; block++)
            {
                Philox.Block drawn = Philox.Generate(first + block, sample, site, draw, (uint)seed, (uint)(seed >> 32));
                for (int w = 0; w < 4; w++) words[(4 * block) + w] = drawn[w];
            }

            return;
        }

        // A lane of 64 bits is a block, its low half a word.
        Vector256<ulong> c0 = Vector256.Create((ulong)first) + Vector256.Create(0UL, 1, 2, 3), c1 = Vector256.Create((ulong)sample), c2 = Vector256.Create((ulong)site), c3 = Vector256.Create((ulong)draw);
        Vector256<ulong> low = Vector256.Create(0xFFFFFFFFUL);
        uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> product0 = Avx2.Multiply(c0.AsUInt32(), Vector256.Create((ulong)Multiplier0).AsUInt32()), product1 = Avx2.Multiply(c2.AsUInt32(), Vector256.Create((ulong)Multiplier1).AsUInt32());
            c0 = (product1 >>> 32) ^ c1 ^ Vector256.Create((ulong)key0);
            c2 = (product0 >>> 32) ^ c3 ^ Vector256.Create((ulong)key1);
            c1 = product1 & low;
            c3 = product0 & low;
            key0 += Weyl0;
            key1 += Weyl1;
        }

        Vector256<ulong> even = c0 | (c1 << 32), odd = c2 | (c3 << 32);
        for (int block = 0; block < Blocks; block++)
        {
            ((ulong*)words)[2 * block] = even.GetElement(block);
            ((ulong*)words)[(2 * block) + 1] = odd.GetElement(block);
        }
    }
}
