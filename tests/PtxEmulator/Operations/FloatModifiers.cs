using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>.ftz: subnormal operands and results become zero of their sign; .sat: results are clamped to [0, 1], NaN to 0.</summary>
internal static class FloatModifiers
{
    public static Vector512<uint> Flush(Vector512<uint> a)
    {
        Vector512<uint> subnormal = Vector512.Equals(a & Vector512.Create(0x7F800000u), Vector512<uint>.Zero);
        return Vector512.ConditionalSelect(subnormal, a & Vector512.Create(0x80000000u), a);
    }

    public static Vector512<uint> Saturate(Vector512<uint> a)
    {
        Vector512<float> value = a.AsSingle();
        // The comparison is false for NaN, which makes it zero.
        Vector512<float> positive = Vector512.ConditionalSelect(Vector512.GreaterThan(value, Vector512<float>.Zero), value, Vector512<float>.Zero);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(positive, Vector512<float>.One), Vector512<float>.One, positive).AsUInt32();
    }
}

internal readonly struct FlushUnary<T> : IUnary
    where T : struct, IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => FloatModifiers.Flush(T.Apply(FloatModifiers.Flush(a)));
}

internal readonly struct FlushBinary<T> : IBinary
    where T : struct, IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => FloatModifiers.Flush(T.Apply(FloatModifiers.Flush(a), FloatModifiers.Flush(b)));
}

internal readonly struct FlushTernary<T> : ITernary
    where T : struct, ITernary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) =>
        FloatModifiers.Flush(T.Apply(FloatModifiers.Flush(a), FloatModifiers.Flush(b), FloatModifiers.Flush(c)));
}

internal readonly struct SaturateBinary<T> : IBinary
    where T : struct, IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => FloatModifiers.Saturate(T.Apply(a, b));
}

internal readonly struct SaturateTernary<T> : ITernary
    where T : struct, ITernary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => FloatModifiers.Saturate(T.Apply(a, b, c));
}
