using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>A shift of 64 bits by a constant below 64, as it is when an index becomes an address.</summary>
internal sealed unsafe class ShiftWide(int result, int source, int count, char kind) : Operation
{
    public override void Execute(Warp warp)
    {
        ulong* d = (ulong*)(warp.Registers + result), a = (ulong*)(warp.Registers + source);
        for (int i = 0; i < Warp.Lanes; i += 8)
        {
            Vector512<ulong> x = Vector512.Load(a + i), value = kind switch { 'l' => x << count, 's' => (x.AsInt64() >> count).AsUInt64(), _ => x >> count };
            if (!warp.IsFull) value = Vector512.ConditionalSelect(warp.WideMask(i), value, Vector512.Load(d + i));
            value.Store(d + i);
        }
    }
}
