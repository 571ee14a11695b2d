namespace Convoke;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014), one stream per key: equal keys give equal numbers on every machine and in every version.</summary>
internal struct KeyedRandom
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>The stream of (<paramref name="seed"/>, <paramref name="stream"/>, <paramref name="index"/>); streams may be read in any order and in parallel.</summary>
    public KeyedRandom(ulong seed, ulong stream, ulong index) => _state = Mix(Mix(Mix(seed + Increment) ^ stream) ^ index);

    /// <summary>Uniform in [0, 1), a multiple of 2^-24, so that it is exact in single precision.</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public float Between(float low, float high) => low + Unit() * (high - low);

    /// <summary>Bell-shaped in (-1, 1), mean 0, standard deviation 1/3: the sum of three uniforms, because Math.Log may round differently elsewhere.</summary>
    public float Bell() => (Unit() + Unit() + Unit()) * (2f / 3f) - 1f;

    /// <summary>Uniform in 0 .. <paramref name="count"/> - 1; the bias, below count / 2^32, is of no matter here.</summary>
    public int Below(int count) => (int)((Next() >> 32) * (ulong)count >> 32);

    private ulong Next() => Mix(_state += Increment);

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
