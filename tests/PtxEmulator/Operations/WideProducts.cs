using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>mul.wide and mad.wide of 32 bits; <paramref name="addend"/> -1 is none.</summary>
internal sealed unsafe class WideProduct(int result, int a, int b, int addend, bool signed) : Operation
{
    public override void Execute(Warp warp)
    {
        ulong* d = (ulong*)(warp.Registers + result);
        uint* x = (uint*)(warp.Registers + a), y = (uint*)(warp.Registers + b);
        for (int i = 0; i < Warp.Lanes; i += 8)
        {
            Vector512<ulong> product = signed ? (WidenSigned(x + i) * WidenSigned(y + i)).AsUInt64() : Widen(x + i) * Widen(y + i);
            if (addend >= 0) product += Vector512.Load((ulong*)(warp.Registers + addend) + i);
            if (!warp.IsFull) product = Vector512.ConditionalSelect(warp.WideMask(i), product, Vector512.Load(d + i));
            product.Store(d + i);
        }
    }

    public static Vector512<long> WidenSigned(uint* source)
    {
        (Vector256<long> low, Vector256<long> high) = Vector256.Widen(Vector256.Load((int*)source));
        return Vector512.Create(low, high);
    }

    public static Vector512<ulong> Widen(uint* source)
    {
        (Vector256<ulong> low, Vector256<ulong> high) = Vector256.Widen(Vector256.Load(source));
        return Vector512.Create(low, high);
    }
}

/// <summary>cvt between 32 and 64-bit integers.</summary>
internal sealed unsafe class Widening(int result, int source, bool signed) : Operation
{
    public override void Execute(Warp warp)
    {
        ulong* d = (ulong*)(warp.Registers + result);
        uint* a = (uint*)(warp.Registers + source);
        for (int i = 0; i < Warp.Lanes; i += 8)
        {
            Vector512<ulong> value = signed ? WideProduct.WidenSigned(a + i).AsUInt64() : WideProduct.Widen(a + i);
            if (!warp.IsFull) value = Vector512.ConditionalSelect(warp.WideMask(i), value, Vector512.Load(d + i));
            value.Store(d + i);
        }
    }
}

internal sealed unsafe class Narrowing(int result, int source) : Operation
{
    public override void Execute(Warp warp)
    {
        ulong* a = (ulong*)(warp.Registers + source);
        Vector512<uint> low = Vector512.Narrow(Vector512.Load(a), Vector512.Load(a + 8)), high = Vector512.Narrow(Vector512.Load(a + 16), Vector512.Load(a + 24));
        if (warp.IsFull) Vectors.Store(warp.Registers + result, low, high);
        else Vectors.StoreMasked(warp, warp.Registers + result, low, high);
    }
}
