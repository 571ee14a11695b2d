using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal interface IUnary
{
    static abstract Vector512<uint> Apply(Vector512<uint> a);
}

internal interface IBinary
{
    static abstract Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b);
}

internal interface ITernary
{
    static abstract Vector512<uint> Apply(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c);
}

/// <summary>Stores of 32 results: two vectors, or a selection where lanes are inactive.</summary>
internal static unsafe class Vectors
{
    private const int Half = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Low(byte* register) => Vector512.Load((uint*)register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> High(byte* register) => Vector512.Load((uint*)register + Half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* register, Vector512<uint> low, Vector512<uint> high)
    {
        low.Store((uint*)register);
        high.Store((uint*)register + Half);
    }

    public static void StoreMasked(Warp warp, byte* register, Vector512<uint> low, Vector512<uint> high) =>
        Store(register, Vector512.ConditionalSelect(warp.MaskLow, low, Low(register)), Vector512.ConditionalSelect(warp.MaskHigh, high, High(register)));
}
