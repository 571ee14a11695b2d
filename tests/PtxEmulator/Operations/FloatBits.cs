namespace Convoke.PtxEmulator;

/// <summary>Floats by their bits, and the narrow formats.</summary>
internal static class FloatBits
{
    public static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    public static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    public static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static float FromBf16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    public static float FromHalf(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>To nearest, ties to even; NaN becomes PTX's canonical one.</summary>
    public static ushort ToBf16(float value)
    {
        if (float.IsNaN(value)) return 0x7FFF;
        uint bits = Bits(value);
        return (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    public static ushort ToBf16TowardZero(float value) => float.IsNaN(value) ? (ushort)0x7FFF : (ushort)(Bits(value) >> 16);

    public static ushort ToHalf(float value) => float.IsNaN(value) ? (ushort)0x7FFF : BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>The largest half not beyond the value, seen from zero.</summary>
    public static ushort ToHalfTowardZero(float value)
    {
        if (float.IsNaN(value)) return 0x7FFF;
        Half nearest = (Half)value;
        if (MathF.Abs((float)nearest) > MathF.Abs(value)) nearest = value > 0 ? Half.BitDecrement(nearest) : Half.BitIncrement(nearest);
        return BitConverter.HalfToUInt16Bits(nearest);
    }

    /// <summary>cvt.rna.tf32: 10 bits of mantissa, ties away from zero.</summary>
    public static uint ToTf32(uint bits) => (bits & 0x7F800000) == 0x7F800000 ? bits : (bits + 0x1000) & ~0x1FFFu;

    /// <summary>A double rounded to single in a direction; <paramref name="error"/> is what the exact value has more than it.</summary>
    /// <param name="value">The rounded sum or product in double.</param>
    /// <param name="error">Exact value minus <paramref name="value"/>; only its sign matters.</param>
    /// <param name="rounding">'z', 'm' (down), 'p' (up), else to nearest.</param>
    public static float Round(double value, double error, char rounding)
    {
        float nearest = (float)value;
        if (rounding is not ('z' or 'm' or 'p') || !double.IsFinite(value)) return nearest;
        bool down = rounding == 'm' || (rounding == 'z' && (value > 0 || (value == 0 && error > 0)));
        bool Above(float f) => f > value || (f == value && error < 0);
        bool Below(float f) => f < value || (f == value && error > 0);
        if (down) return Above(nearest) ? MathF.BitDecrement(nearest) : !Below(nearest) || Above(MathF.BitIncrement(nearest)) ? nearest : MathF.BitIncrement(nearest);
        return Below(nearest) ? MathF.BitIncrement(nearest) : !Above(nearest) || Below(MathF.BitDecrement(nearest)) ? nearest : MathF.BitDecrement(nearest);
    }

    /// <summary>a * b + c, rounded once, in a direction.</summary>
    public static float MultiplyAdd(float a, float b, float c, char rounding)
    {
        // The product is exact in double; the sum's error is what two-sum leaves.
        double product = (double)a * b, sum = product + c, back = sum - product, error = (product - (sum - back)) + (c - back);
        return Round(sum, error, rounding);
    }
}
