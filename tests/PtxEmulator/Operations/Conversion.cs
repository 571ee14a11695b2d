using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>cvt between any two scalar types, with every rounding; integers out of range are clamped when they come from floats or .sat is given.</summary>
internal sealed unsafe class Conversion(int result, int resultBits, int source, bool wideSource, string to, string from, string rounding, bool saturate, bool flush, bool relu) : Operation
{
    private readonly bool _fromFloat = IsFloat(from), _toFloat = IsFloat(to);

    public override void Execute(Warp warp)
    {
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong bits = wideSource ? ((ulong*)(warp.Registers + source))[lane] : ((uint*)(warp.Registers + source))[lane];
            ulong value = _fromFloat ? _toFloat ? FloatToFloat(ReadFloat(bits)) : FloatToInteger(ReadFloat(bits)) : _toFloat ? IntegerToFloat(ReadInteger(bits)) : IntegerToInteger(ReadInteger(bits));
            if (resultBits == 64) ((ulong*)(warp.Registers + result))[lane] = value;
            else ((uint*)(warp.Registers + result))[lane] = resultBits == 16 ? (ushort)value : (uint)value;
        }
    }

    private static bool IsFloat(string type) => type is "f16" or "bf16" or "f32" or "f64";

    private double ReadFloat(ulong bits)
    {
        double value = from switch
        {
            "f64" => FloatBits.Double(bits),
            "f32" => FloatBits.Single(bits),
            "f16" => FloatBits.FromHalf((ushort)bits),
            _ => FloatBits.FromBf16((ushort)bits),
        };
        return flush && from == "f32" && float.IsSubnormal((float)value) ? Math.CopySign(0, value) : value;
    }

    private Int128 ReadInteger(ulong bits) => from switch
    {
        "s8" => (sbyte)bits,
        "u8" or "b8" => (byte)bits,
        "s16" => (short)bits,
        "u16" or "b16" => (ushort)bits,
        "s32" => (int)bits,
        "u32" or "b32" => (uint)bits,
        "s64" => (long)bits,
        _ => bits,
    };

    private ulong FloatToFloat(double value)
    {
        double rounded = Integral(value);
        if (saturate) rounded = rounded > 0 ? Math.Min(rounded, 1) : 0;
        if (relu && !(rounded > 0) && !double.IsNaN(rounded)) rounded = 0;
        return WriteFloat(rounded);
    }

    private double Integral(double value) => rounding switch
    {
        "rni" => Math.Round(value, MidpointRounding.ToEven),
        "rzi" => Math.Truncate(value),
        "rmi" => Math.Floor(value),
        "rpi" => Math.Ceiling(value),
        _ => value,
    };

    private ulong WriteFloat(double value)
    {
        char direction = rounding is "rz" or "rm" or "rp" ? rounding[1] : 'n';
        switch (to)
        {
            case "f64":
                return FloatBits.Bits(value);
            case "f32":
                if (double.IsNaN(value)) return 0x7FFFFFFF;
                float single = FloatBits.Round(value, 0, direction);
                return FloatBits.Bits(flush && float.IsSubnormal(single) ? MathF.CopySign(0, single) : single);
            case "f16":
                // The nearest half of a double, not of the single next to it.
                return double.IsNaN(value) ? 0x7FFFu : direction == 'z' ? FloatBits.ToHalfTowardZero((float)value) : BitConverter.HalfToUInt16Bits((Half)value);
            default:
                return direction == 'z' ? FloatBits.ToBf16TowardZero((float)value) : FloatBits.ToBf16((float)value);
        }
    }

    private ulong FloatToInteger(double value)
    {
        // Without a rounding of its own an integer is cut.
        double whole = rounding is "rni" or "rmi" or "rpi" ? Integral(value) : Math.Truncate(value);
        if (double.IsNaN(whole)) return to is "s64" or "u64" ? 1ul << 63 : 0;
        return to switch
        {
            "s8" => (ulong)(long)Math.Clamp(whole, sbyte.MinValue, sbyte.MaxValue),
            "u8" => (ulong)Math.Clamp(whole, 0, byte.MaxValue),
            "s16" => (ulong)(long)Math.Clamp(whole, short.MinValue, short.MaxValue),
            "u16" => (ulong)Math.Clamp(whole, 0, ushort.MaxValue),
            "s32" => (ulong)(long)Math.Clamp(whole, int.MinValue, int.MaxValue),
            "u32" => (ulong)Math.Clamp(whole, 0, uint.MaxValue),
            "s64" => whole >= 9223372036854775808.0 ? long.MaxValue : whole <= -9223372036854775808.0 ? 1ul << 63 : (ulong)(long)whole,
            _ => whole >= 18446744073709551616.0 ? ulong.MaxValue : whole <= 0 ? 0 : (ulong)whole,
        };
    }

    private ulong IntegerToFloat(Int128 value)
    {
        char direction = rounding is "rz" or "rm" or "rp" ? rounding[1] : 'n';
        if (to == "f64") return FloatBits.Bits((double)value);
        if (to == "f32" && direction == 'n') return FloatBits.Bits(value >= 0 ? (float)(ulong)value : (float)(long)value);
        double near = (double)value;
        return to == "f32" ? FloatBits.Bits(FloatBits.Round(near, (double)(value - (Int128)near), direction)) : WriteFloat(near);
    }

    private ulong IntegerToInteger(Int128 value)
    {
        if (!saturate) return (ulong)(UInt128)value;
        (Int128 low, Int128 high) = to switch
        {
            "s8" => (sbyte.MinValue, sbyte.MaxValue),
            "u8" => (0, byte.MaxValue),
            "s16" => (short.MinValue, short.MaxValue),
            "u16" => (0, ushort.MaxValue),
            "s32" => (int.MinValue, int.MaxValue),
            "u32" => (0, uint.MaxValue),
            "s64" => (long.MinValue, long.MaxValue),
            _ => ((Int128)0, (Int128)ulong.MaxValue),
        };
        return (ulong)(UInt128)Int128.Clamp(value, low, high);
    }
}

/// <summary>cvt to a pair of f16 or bf16: the first source becomes the upper half.</summary>
internal sealed unsafe class PackFloats(int result, int upper, int lower, bool half, bool towardZero, bool relu) : Operation
{
    public override void Execute(Warp warp)
    {
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            uint low = Convert(((float*)(warp.Registers + lower))[lane]), high = Convert(((float*)(warp.Registers + upper))[lane]);
            ((uint*)(warp.Registers + result))[lane] = low | high << 16;
        }
    }

    private uint Convert(float value)
    {
        if (relu && value < 0) value = 0;
        return (half, towardZero) switch
        {
            (false, false) => FloatBits.ToBf16(value),
            (false, true) => FloatBits.ToBf16TowardZero(value),
            (true, false) => FloatBits.ToHalf(value),
            _ => FloatBits.ToHalfTowardZero(value),
        };
    }
}
