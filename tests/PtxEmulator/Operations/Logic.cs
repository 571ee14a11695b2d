using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Convoke.PtxEmulator;

internal readonly struct Copy : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => a;
}

internal readonly struct Invert : IUnary
{
    public static Vector512<uint> Apply(Vector512<uint> a) => ~a;
}

internal readonly struct And : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a & b;
}

internal readonly struct Or : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a | b;
}

internal readonly struct Xor : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) => a ^ b;
}

// PTX clamps shift counts to the width, which is what the vector shifts of x86 do too.
internal readonly struct ShiftLeft : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) =>
        Avx512F.IsSupported ? Avx512F.ShiftLeftLogicalVariable(a, b) : Lanewise.Map(a, b, static (x, n) => n > 31 ? 0 : x << (int)n);
}

internal readonly struct ShiftRight : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) =>
        Avx512F.IsSupported ? Avx512F.ShiftRightLogicalVariable(a, b) : Lanewise.Map(a, b, static (x, n) => n > 31 ? 0 : x >> (int)n);
}

internal readonly struct ShiftRightSigned : IBinary
{
    public static Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b) =>
        Avx512F.IsSupported ? Avx512F.ShiftRightArithmeticVariable(a.AsInt32(), b).AsUInt32() : Lanewise.Map(a, b, static (x, n) => (uint)((int)x >> (int)Math.Min(n, 31)));
}

/// <summary>A vector function by elements, where the machine has none.</summary>
internal static class Lanewise
{
    public static Vector512<uint> Map(Vector512<uint> a, Vector512<uint> b, Func<uint, uint, uint> function)
    {
        Vector512<uint> result = default;
        for (int i = 0; i < Vector512<uint>.Count; i++) result = result.WithElement(i, function(a[i], b[i]));
        return result;
    }
}
