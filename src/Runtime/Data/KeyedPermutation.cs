namespace Convoke;

/// <summary>A bijection on [0, n), chosen by seed and epoch and computed element by element: a shuffle of which nothing is stored.</summary>
/// <remarks>
/// A Feistel network over the next power of two (Luby and Rackoff 1988), on two halves that differ by one bit where the width is odd, whose round function is
/// a Philox-style multiply of the half with a round key; the keys are Philox words. Results outside [0, n) walk the cycle on until they
/// fall inside (Black and Rogaway 2002), fewer than two steps on average.
/// </remarks>
internal readonly struct KeyedPermutation : IEquatable<KeyedPermutation>
{
    private const int KeyPairs = 6;

    /// <summary>Halves below five bits mix too little per round: with 12 rounds the orders of six samples were visibly uneven, with 24 they are not.</summary>
    private const int SmallBits = 10;

    private const uint SecondPass = 0x9E3779B9;

    private readonly uint _count;
    private readonly int _lowBits, _highBits, _passes;
    private readonly Philox.Block _keys0, _keys1, _keys2;

    /// <summary>The order of <paramref name="count"/> samples in an epoch.</summary>
    public KeyedPermutation(int count, ulong seed, ulong epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _count = (uint)count;
        int bits = count <= 1 ? 0 : 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)count - 1);
        _lowBits = bits / 2;
        _highBits = bits - _lowBits;
        _passes = bits < SmallBits ? 2 : 1;
        _keys0 = Philox.Generate(seed, RandomStream.Shuffle, 0, epoch);
        _keys1 = Philox.Generate(seed, RandomStream.Shuffle, 1, epoch);
        _keys2 = Philox.Generate(seed, RandomStream.Shuffle, 2, epoch);
    }

    /// <summary>Element at <paramref name="position"/> of the shuffled order; <paramref name="position"/> in [0, n).</summary>
    public int this[int position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, _count, nameof(position));
            uint value = (uint)position;
            do value = Permute(value);
            while (value >= _count);
            return (int)value;
        }
    }

    /// <inheritdoc/>
    public bool Equals(KeyedPermutation other) => _count == other._count && _keys0 == other._keys0 && _keys1 == other._keys1 && _keys2 == other._keys2;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyedPermutation other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_count, _keys0);

    /// <summary>Writes the order into the record of a GPU's step, whose first kernel computes the same bijection.</summary>
    public unsafe void CopyTo(ref Compiled.CudaStep step)
    {
        (step.LowBits, step.HighBits, step.Rounds) = ((uint)_lowBits, (uint)_highBits, (uint)(KeyPairs * _passes));
        for (int i = 0; i < 2 * KeyPairs; i++) step.Keys[i] = (i < 4 ? _keys0 : i < 8 ? _keys1 : _keys2)[i % 4];
    }

    private uint Permute(uint value)
    {
        uint lowMask = (1u << _lowBits) - 1, highMask = (1u << _highBits) - 1;
        uint low = value & lowMask, high = value >> _lowBits;
        for (int round = 0; round < KeyPairs * _passes; round++)
        {
            int pair = round < KeyPairs ? round : round - KeyPairs;
            uint shift = round < KeyPairs ? 0 : SecondPass;
            Philox.Block keys = pair < 2 ? _keys0 : pair < 4 ? _keys1 : _keys2;
            high = (high ^ Mix(low, keys[(pair & 1) * 2] + shift)) & highMask;
            low = (low ^ Mix(high, keys[((pair & 1) * 2) + 1] + shift)) & lowMask;
        }
        return (high << _lowBits) | low;
    }

    /// <summary>Two multiplies whose high and low words are folded: every input bit reaches every output bit.</summary>
    private static uint Mix(uint half, uint key)
    {
        ulong product = (ulong)(half + key) * 0xD2511F53u;
        uint folded = (uint)(product >> 32) ^ (uint)product ^ key;
        product = (ulong)folded * 0xCD9E8D57u;
        return (uint)(product >> 32) ^ (uint)product;
    }
}
