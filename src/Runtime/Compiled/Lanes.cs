using System.ComponentModel;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Convoke.Compiled;

/// <summary>Lane operations that generated kernels need and the cross-platform vectors lack.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class Lanes
{
    /// <summary>Stores the low byte of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(Vector512<int> value, byte* destination)
    {
        if (Avx512F.IsSupported) Avx512F.ConvertToVector128Byte(value).Store(destination);
        else Narrow(Narrow(value.GetLower().GetLower(), value.GetLower().GetUpper()), Narrow(value.GetUpper().GetLower(), value.GetUpper().GetUpper())).Store(destination);
    }

    /// <summary>Stores the low byte of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(Vector256<int> value, byte* destination)
    {
        Vector128<byte> bytes = Narrow(Narrow(value.GetLower(), value.GetUpper()), Vector128<short>.Zero);
        *(ulong*)destination = bytes.AsUInt64().ToScalar();
    }

    /// <summary>Stores the low byte of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(Vector128<int> value, byte* destination)
    {
        Vector128<byte> bytes = Narrow(Narrow(value, Vector128<int>.Zero), Vector128<short>.Zero);
        *(uint*)destination = bytes.AsUInt32().ToScalar();
    }

    /// <summary>Widens 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadBytes512(byte* source)
    {
        if (Avx512F.IsSupported) return Avx512F.ConvertToVector512Int32(Vector128.Load(source));
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(source));
        return Vector512.Create(Widen(low), Widen(high));
    }

    /// <summary>Widens 8 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadBytes256(byte* source) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(ulong*)source).AsByte())
            : Widen(Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)source).AsByte()));

    /// <summary>Widens 4 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadBytes128(byte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(*(uint*)source).AsByte())).AsInt32();

    /// <summary>Stores the lanes that <paramref name="keep"/> selects one behind the other, and returns their number; a whole vector is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compact(Vector512<float> value, Vector512<float> keep, float* destination)
    {
        ulong bits = keep.ExtractMostSignificantBits();
        if (Avx512F.IsSupported) Avx512F.Compress(Vector512<float>.Zero, keep, value).Store(destination);
        else
            for (ulong rest = bits; rest != 0; rest &= rest - 1) *destination++ = value.GetElement(BitOperations.TrailingZeroCount(rest));
        return BitOperations.PopCount(bits);
    }

    /// <summary>Stores the lanes that <paramref name="keep"/> selects one behind the other, and returns their number; a whole vector may be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compact(Vector256<float> value, Vector256<float> keep, float* destination)
    {
        uint bits = keep.ExtractMostSignificantBits();
        for (uint rest = bits; rest != 0; rest &= rest - 1) *destination++ = value.GetElement(BitOperations.TrailingZeroCount(rest));
        return BitOperations.PopCount(bits);
    }

    /// <summary>Stores the lanes that <paramref name="keep"/> selects one behind the other, and returns their number; a whole vector may be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compact(Vector128<float> value, Vector128<float> keep, float* destination)
    {
        uint bits = keep.ExtractMostSignificantBits();
        for (uint rest = bits; rest != 0; rest &= rest - 1) *destination++ = value.GetElement(BitOperations.TrailingZeroCount(rest));
        return BitOperations.PopCount(bits);
    }

    /// <summary>1 unless the value is zero, without a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IsNonZero(float value)
    {
        uint magnitude = BitConverter.SingleToUInt32Bits(value) << 1;
        return (int)((magnitude | (0u - magnitude)) >> 31);
    }

    /// <summary>Whether none of <paramref name="count"/> values is NaN or infinite.</summary>
    public static bool AllFinite(float* values, int count)
    {
        for (int i = 0; i < count; i++)
            if (!float.IsFinite(values[i])) return false;
        return true;
    }

    private static Vector128<short> Narrow(Vector128<int> low, Vector128<int> high) => Vector128.Narrow(low, high);

    private static Vector128<byte> Narrow(Vector128<short> low, Vector128<short> high) => Vector128.Narrow(low.AsUInt16(), high.AsUInt16());

    private static Vector256<int> Widen(Vector128<ushort> value)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(value);
        return Vector256.Create(low, high).AsInt32();
    }
}
