using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal readonly struct FloatFromSigned : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => Vector512.ConvertToSingle(a.AsInt32()).AsUInt32();
}

internal readonly struct FloatFromUnsigned : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => Vector512.ConvertToSingle(a).AsUInt32();
}

/// <summary>To 16 bits, and from them without sign.</summary>
internal readonly struct Cut16 : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => a & Vector512.Create(0xFFFFu);
}

/// <summary>cvt.rna.tf32.f32.</summary>
internal readonly struct RoundTf32 : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a)
    {
        Vector512<uint> exponent = Vector512.Create(0x7F800000u);
        return Vector512.ConditionalSelect(Vector512.Equals(a & exponent, exponent), a, (a + Vector512.Create(0x1000u)) & Vector512.Create(~0x1FFFu));
    }
}
