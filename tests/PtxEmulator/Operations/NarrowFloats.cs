namespace Convoke.PtxEmulator;

internal enum NarrowOperation { Add, Subtract, Multiply, MultiplyAdd, Minimum, Maximum, Negate, Absolute }

/// <summary>Arithmetic of f16 and bf16 and pairs of them, for <see cref="LaneMap"/>; the argument is a <see cref="NarrowOperation"/> and flags.</summary>
internal static class NarrowFloats
{
    public const int IsBf16 = 0x100, IsPair = 0x200, IsRelu = 0x400;

    public static ulong Apply(ulong a, ulong b, ulong c, int argument)
    {
        ulong low = One((ushort)a, (ushort)b, (ushort)c, argument);
        return (argument & IsPair) == 0 ? low : low | (ulong)One((ushort)(a >> 16), (ushort)(b >> 16), (ushort)(c >> 16), argument) << 16;
    }

    private static ushort One(ushort a, ushort b, ushort c, int argument)
    {
        bool bf16 = (argument & IsBf16) != 0;
        NarrowOperation operation = (NarrowOperation)(argument & 0xFF);
        if (operation == NarrowOperation.Negate) return (ushort)(a ^ 0x8000);
        if (operation == NarrowOperation.Absolute) return (ushort)(a & 0x7FFF);
        float x = Widen(a, bf16), y = Widen(b, bf16);
        if (operation is NarrowOperation.Minimum or NarrowOperation.Maximum)
            return Round(operation == NarrowOperation.Minimum ? float.MinNumber(x, y) : float.MaxNumber(x, y), 0, bf16, false);
        // Double holds every product exactly; of a sum it says which side of the rounded value the exact one lies on.
        double product = operation switch { NarrowOperation.Add or NarrowOperation.Subtract => x, _ => (double)x * y };
        double addend = operation switch { NarrowOperation.Add => y, NarrowOperation.Subtract => -y, NarrowOperation.MultiplyAdd => Widen(c, bf16), _ => double.NegativeZero };
        double sum = product + addend, back = sum - product, error = (product - (sum - back)) + (addend - back);
        return Round(sum, error, bf16, (argument & IsRelu) != 0);
    }

    private static float Widen(ushort bits, bool bf16) => bf16 ? FloatBits.FromBf16(bits) : FloatBits.FromHalf(bits);

    /// <summary>Rounds twice without harm: first to odd in single, whose bits are more than twice those of the result, then to nearest.</summary>
    private static ushort Round(double value, double error, bool bf16, bool relu)
    {
        float single = FloatBits.Round(value, error, 'z');
        bool exact = single == value && (error == 0 || double.IsNaN(error));
        if (!exact && float.IsFinite(single)) single = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(single) | 1);
        if (relu && !(single > 0)) single = float.IsNaN(single) ? single : 0;
        return bf16 ? FloatBits.ToBf16(single) : FloatBits.ToHalf(single);
    }
}
