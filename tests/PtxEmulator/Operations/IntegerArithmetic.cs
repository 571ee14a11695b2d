using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal readonly struct Add : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a + b;
}

internal readonly struct Subtract : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a - b;
}

internal readonly struct MultiplyLow : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a * b;
}

internal readonly struct MultiplyAddLow : ITernary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => a * b + c;
}

internal readonly struct MinimumSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Min(a.AsInt32(), b.AsInt32()).AsUInt32();
}

internal readonly struct MaximumSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Max(a.AsInt32(), b.AsInt32()).AsUInt32();
}

internal readonly struct MinimumUnsigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Min(a, b);
}

internal readonly struct MaximumUnsigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Max(a, b);
}

internal readonly struct NegateInteger : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => Vector512<uint>.Zero - a;
}

internal readonly struct AbsoluteInteger : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a)
    {
        // abs.s32 of the lowest number is itself: no overflow is signalled.
        Vector512<uint> sign = Vector512.ShiftRightArithmetic(a.AsInt32(), 31).AsUInt32();
        return (a ^ sign) - sign;
    }
}

internal readonly struct MultiplyHighSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b)
    {
        (Vector512<long> aLow, Vector512<long> aHigh) = Vector512.Widen(a.AsInt32());
        (Vector512<long> bLow, Vector512<long> bHigh) = Vector512.Widen(b.AsInt32());
        return Vector512.Narrow((aLow * bLow) >> 32, (aHigh * bHigh) >> 32).AsUInt32();
    }
}

internal readonly struct MultiplyHigh : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b)
    {
        (Vector512<ulong> aLow, Vector512<ulong> aHigh) = Vector512.Widen(a);
        (Vector512<ulong> bLow, Vector512<ulong> bHigh) = Vector512.Widen(b);
        return Vector512.Narrow((aLow * bLow) >> 32, (aHigh * bHigh) >> 32);
    }
}
