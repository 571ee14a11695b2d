using System.Runtime.CompilerServices;

namespace Convoke;

/// <summary>Philox4x32-10: a counter-based random generator; the same seed, stream and counter give the same bits on every machine.</summary>
/// <remarks>
/// J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3. The key is the seed; the four
/// counter words are (counter low, counter high, site, stream), so that no two uses share a block and any element can be drawn alone.
/// </remarks>
internal static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>One block of four words.</summary>
    internal readonly record struct Block(uint Word0, uint Word1, uint Word2, uint Word3)
    {
        /// <summary>Word <paramref name="index"/> of 0..3.</summary>
        public uint this[int index] => index switch { 0 => Word0, 1 => Word1, 2 => Word2, _ => Word3 };
    }

    /// <summary>The bijection itself: counter words and key words to a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block Generate(uint counter0, uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * counter0;
            ulong product1 = (ulong)Multiplier1 * counter2;
            (counter0, counter1, counter2, counter3) = ((uint)(product1 >> 32) ^ counter1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ counter3 ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }
        return new Block(counter0, counter1, counter2, counter3);
    }

    /// <summary>Block <paramref name="counter"/> of a site's stream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block Generate(ulong seed, RandomStream stream, uint site, ulong counter) =>
        Generate((uint)counter, (uint)(counter >> 32), site, (uint)stream, (uint)seed, (uint)(seed >> 32));

    /// <summary>A word as a float in [0, 1): its top 24 bits, a multiple of 2^-24.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToUniform(uint word) => (word >> 8) * (1f / (1 << 24));

    /// <summary>Fills f32[n] with start values in [-<paramref name="bound"/>, <paramref name="bound"/>); element i takes word i % 4 of block i / 4.</summary>
    /// <remarks>Optimized at once: a process's first model draws its weights here before anything is trained.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FillUniform(Span<float> destination, float bound, ulong seed, uint site)
    {
        for (int i = 0; i < destination.Length; i += 4)
        {
            Block block = Generate(seed, RandomStream.StartValues, site, (ulong)(i / 4));
            // 2u - 1 is exact in float, so that one rounding remains, and that one cannot reach +bound.
            for (int j = 0; j < 4 && i + j < destination.Length; j++) destination[i + j] = ((2f * ToUniform(block[j])) - 1f) * bound;
        }
    }
}

/// <summary>What random words are for; streams never share a counter.</summary>
internal enum RandomStream : uint
{
    /// <summary>Start values of parameters; the site is the parameter's index.</summary>
    StartValues = 0,

    /// <summary>Order of samples; the site numbers the keys, the counter is the epoch.</summary>
    Shuffle = 1,
}
