using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>A comparison of two registers, as 32 bits.</summary>
internal abstract unsafe class Comparison(int a, int b)
{
    protected int A { get; } = a;
    protected int B { get; } = b;

    public abstract uint Evaluate(Warp warp);

    /// <summary>Null when the relation does not exist for the type.</summary>
    public static Comparison? Create(string relation, string type, int a, int b) => (type, relation) switch
    {
        ("s32", "eq") or ("u32", "eq") or ("b32", "eq") => new Comparison32<EqualInteger>(a, b),
        ("s32", "ne") or ("u32", "ne") or ("b32", "ne") => new Comparison32<NotEqualInteger>(a, b),
        ("s32", "lt") => new Comparison32<LessSigned>(a, b),
        ("s32", "le") => new Comparison32<LessOrEqualSigned>(a, b),
        ("s32", "gt") => new Comparison32<LessSigned>(b, a),
        ("s32", "ge") => new Comparison32<LessOrEqualSigned>(b, a),
        ("u32", "lt" or "lo") => new Comparison32<LessUnsigned>(a, b),
        ("u32", "le" or "ls") => new Comparison32<LessOrEqualUnsigned>(a, b),
        ("u32", "gt" or "hi") => new Comparison32<LessUnsigned>(b, a),
        ("u32", "ge" or "hs") => new Comparison32<LessOrEqualUnsigned>(b, a),
        ("f32", "eq") => new Comparison32<EqualFloat>(a, b),
        ("f32", "ne") => new Comparison32<NotEqualFloat>(a, b),
        ("f32", "lt") => new Comparison32<LessFloat>(a, b),
        ("f32", "le") => new Comparison32<LessOrEqualFloat>(a, b),
        ("f32", "gt") => new Comparison32<LessFloat>(b, a),
        ("f32", "ge") => new Comparison32<LessOrEqualFloat>(b, a),
        // An unordered relation is the opposite of the ordered opposite one.
        ("f32", "equ") => new Opposite(new Comparison32<NotEqualFloat>(a, b)),
        ("f32", "neu") => new Opposite(new Comparison32<EqualFloat>(a, b)),
        ("f32", "ltu") => new Opposite(new Comparison32<LessOrEqualFloat>(b, a)),
        ("f32", "leu") => new Opposite(new Comparison32<LessFloat>(b, a)),
        ("f32", "gtu") => new Opposite(new Comparison32<LessOrEqualFloat>(a, b)),
        ("f32", "geu") => new Opposite(new Comparison32<LessFloat>(a, b)),
        ("f32", "nan") => new Opposite(new Comparison32<OrderedFloat>(a, b)),
        ("f32", "num") => new Comparison32<OrderedFloat>(a, b),
        // The upper half of 16-bit registers is zero.
        ("s16", "eq" or "ne") or ("u16" or "b16", _) => Create(relation, "u32", a, b),
        ("s16", "lt") => new Comparison32<LessSigned16>(a, b),
        ("s16", "ge") => new Opposite(new Comparison32<LessSigned16>(a, b)),
        ("s16", "gt") => new Comparison32<LessSigned16>(b, a),
        ("s16", "le") => new Opposite(new Comparison32<LessSigned16>(b, a)),
        ("s64" or "u64" or "b64", "eq") => new Comparison64<EqualWide>(a, b),
        ("s64" or "u64" or "b64", "ne") => new Opposite(new Comparison64<EqualWide>(a, b)),
        ("s64", "lt") => new Comparison64<LessSignedWide>(a, b),
        ("s64", "ge") => new Opposite(new Comparison64<LessSignedWide>(a, b)),
        ("s64", "gt") => new Comparison64<LessSignedWide>(b, a),
        ("s64", "le") => new Opposite(new Comparison64<LessSignedWide>(b, a)),
        ("u64", "lt" or "lo") => new Comparison64<LessUnsignedWide>(a, b),
        ("u64", "ge" or "hs") => new Opposite(new Comparison64<LessUnsignedWide>(a, b)),
        ("u64", "gt" or "hi") => new Comparison64<LessUnsignedWide>(b, a),
        ("u64", "le" or "ls") => new Opposite(new Comparison64<LessUnsignedWide>(b, a)),
        _ => LaneComparison.TryCreate(relation, type, a, b),
    };
}

internal sealed unsafe class Comparison32<T>(int a, int b) : Comparison(a, b)
    where T : struct, IBinary
{
    public override uint Evaluate(Warp warp)
    {
        byte* x = warp.Registers + A, y = warp.Registers + B;
        uint low = (uint)Vector512.ExtractMostSignificantBits(T.Apply(Vectors.Low(x), Vectors.Low(y)));
        return low | (uint)Vector512.ExtractMostSignificantBits(T.Apply(Vectors.High(x), Vectors.High(y))) << 16;
    }
}

internal sealed unsafe class Comparison64<T>(int a, int b) : Comparison(a, b)
    where T : struct, IBinaryWide
{
    public override uint Evaluate(Warp warp)
    {
        ulong* x = (ulong*)(warp.Registers + A), y = (ulong*)(warp.Registers + B);
        uint result = 0;
        for (int i = 0; i < Warp.Lanes; i += 8) result |= (uint)Vector512.ExtractMostSignificantBits(T.Apply(Vector512.Load(x + i), Vector512.Load(y + i))) << i;
        return result;
    }
}

internal readonly struct EqualWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => Vector512.Equals(a, b);
}

internal readonly struct LessSignedWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => Vector512.LessThan(a.AsInt64(), b.AsInt64()).AsUInt64();
}

internal readonly struct LessUnsignedWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => Vector512.LessThan(a, b);
}

internal sealed class Opposite(Comparison inner) : Comparison(0, 0)
{
    public override uint Evaluate(Warp warp) => ~inner.Evaluate(warp);
}

internal readonly struct EqualInteger : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Equals(a, b);
}

internal readonly struct NotEqualInteger : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => ~Vector512.Equals(a, b);
}

internal readonly struct LessSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThan(a.AsInt32(), b.AsInt32()).AsUInt32();
}

internal readonly struct LessSigned16 : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThan((a << 16).AsInt32(), (b << 16).AsInt32()).AsUInt32();
}

internal readonly struct LessOrEqualSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThanOrEqual(a.AsInt32(), b.AsInt32()).AsUInt32();
}

internal readonly struct LessUnsigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThan(a, b);
}

internal readonly struct LessOrEqualUnsigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThanOrEqual(a, b);
}

internal readonly struct EqualFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.Equals(a.AsSingle(), b.AsSingle()).AsUInt32();
}

/// <summary>Ordered: false when either is NaN.</summary>
internal readonly struct NotEqualFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) =>
        ~Vector512.Equals(a.AsSingle(), b.AsSingle()).AsUInt32() & OrderedFloat.Apply(a, b);
}

internal readonly struct LessFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThan(a.AsSingle(), b.AsSingle()).AsUInt32();
}

internal readonly struct LessOrEqualFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => Vector512.LessThanOrEqual(a.AsSingle(), b.AsSingle()).AsUInt32();
}

internal readonly struct OrderedFloat : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) =>
        (Vector512.Equals(a.AsSingle(), a.AsSingle()) & Vector512.Equals(b.AsSingle(), b.AsSingle())).AsUInt32();
}
