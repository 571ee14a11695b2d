namespace Convoke.PtxEmulator.Tests;

/// <summary>Operand values that find faults: limits, signs, zeros, infinities, NaN, subnormals, and random ones.</summary>
internal static class Values
{
    private static readonly ulong[] Integers = [0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ul << 63, ulong.MaxValue, 0x7FFFFFFFFFFFFFFF];
    private static readonly double[] Reals = [0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 3, 1e-3, 1e10, -1e10, 255.5, 65519, 1e-40, -1e-44, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 3.0000002];

    /// <summary>32 values; <paramref name="seed"/> shifts them against those of other operands.</summary>
    public static ulong[] Of(string type, int seed)
    {
        Random random = new(seed);
        ulong[] values = new ulong[32];
        for (int i = 0; i < 32; i++)
        {
            int pick = (i * (2 * seed + 1) + seed * 5) % 32;
            double real = pick < Reals.Length ? Reals[pick] : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 7));
            values[i] = type switch
            {
                "f64" => BitConverter.DoubleToUInt64Bits(real),
                "f32" => BitConverter.SingleToUInt32Bits((float)real),
                "f16" => BitConverter.HalfToUInt16Bits((Half)real),
                "pred" => (ulong)(pick & 1),
                "count" => (ulong)(pick * 3),
                _ => Mask(pick < Integers.Length ? Integers[pick] : (ulong)random.NextInt64(), type),
            };
        }
        return values;
    }

    public static ulong Mask(ulong value, string type) => type switch
    {
        "b16" or "u16" or "s16" or "f16" or "bf16" => value & 0xFFFF,
        "b64" or "u64" or "s64" or "f64" => value,
        "pred" => value & 1,
        _ => value & 0xFFFFFFFF,
    };
}
