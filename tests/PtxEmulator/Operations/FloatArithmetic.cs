using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal readonly struct AddFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() + b.AsSingle()).AsUInt32();
}

internal readonly struct SubtractFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() - b.AsSingle()).AsUInt32();
}

internal readonly struct MultiplyFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() * b.AsSingle()).AsUInt32();
}

/// <summary>div.rn, and the faster divisions, whose error PTX bounds and this has none of.</summary>
internal readonly struct DivideFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() / b.AsSingle()).AsUInt32();
}

/// <summary>min.f32: of a number and a NaN, the number.</summary>
internal readonly struct MinimumFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.MinNumber(a.AsSingle(), b.AsSingle()).AsUInt32();
}

internal readonly struct MaximumFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.MaxNumber(a.AsSingle(), b.AsSingle()).AsUInt32();
}

/// <summary>min.NaN.f32: a NaN wins.</summary>
internal readonly struct MinimumFloatNaN : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Min(a.AsSingle(), b.AsSingle()).AsUInt32();
}

internal readonly struct MaximumFloatNaN : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Max(a.AsSingle(), b.AsSingle()).AsUInt32();
}

internal readonly struct FusedMultiplyAdd : ITernary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) =>
        Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).AsUInt32();
}

internal readonly struct NegateFloat : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => a ^ Vector512.Create(0x80000000u);
}

internal readonly struct AbsoluteFloat : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => a & Vector512.Create(0x7FFFFFFFu);
}

/// <summary>sqrt.rn, and sqrt.approx, whose error PTX bounds and this has none of.</summary>
internal readonly struct SquareRoot : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => Vector512.Sqrt(a.AsSingle()).AsUInt32();
}
