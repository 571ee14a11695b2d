using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Convoke.PtxEmulator;

/// <summary>Four words a lane: in memory they lie side by side, in registers each is a row of lanes. Moves them four lanes at a time.</summary>
internal static unsafe class Quads
{
    public static bool IsSupported => Sse2.IsSupported;

    public static void Load(byte* data, ulong* offsets, uint* r0, uint* r1, uint* r2, uint* r3)
    {
        for (int lane = 0; lane < Warp.Lanes; lane += 4)
        {
            Transpose(
                Vector128.Load((uint*)(data + offsets[lane])), Vector128.Load((uint*)(data + offsets[lane + 1])),
                Vector128.Load((uint*)(data + offsets[lane + 2])), Vector128.Load((uint*)(data + offsets[lane + 3])),
                out Vector128<uint> a, out Vector128<uint> b, out Vector128<uint> c, out Vector128<uint> d);
            a.Store(r0 + lane);
            b.Store(r1 + lane);
            c.Store(r2 + lane);
            d.Store(r3 + lane);
        }
    }

    public static void Store(byte* data, ulong* offsets, uint* r0, uint* r1, uint* r2, uint* r3)
    {
        for (int lane = 0; lane < Warp.Lanes; lane += 4)
        {
            Transpose(
                Vector128.Load(r0 + lane), Vector128.Load(r1 + lane), Vector128.Load(r2 + lane), Vector128.Load(r3 + lane),
                out Vector128<uint> a, out Vector128<uint> b, out Vector128<uint> c, out Vector128<uint> d);
            a.Store((uint*)(data + offsets[lane]));
            b.Store((uint*)(data + offsets[lane + 1]));
            c.Store((uint*)(data + offsets[lane + 2]));
            d.Store((uint*)(data + offsets[lane + 3]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d, out Vector128<uint> w, out Vector128<uint> x, out Vector128<uint> y, out Vector128<uint> z)
    {
        Vector128<ulong> ab = Sse2.UnpackLow(a, b).AsUInt64(), cd = Sse2.UnpackLow(c, d).AsUInt64(), abHigh = Sse2.UnpackHigh(a, b).AsUInt64(), cdHigh = Sse2.UnpackHigh(c, d).AsUInt64();
        w = Sse2.UnpackLow(ab, cd).AsUInt32();
        x = Sse2.UnpackHigh(ab, cd).AsUInt32();
        y = Sse2.UnpackLow(abHigh, cdHigh).AsUInt32();
        z = Sse2.UnpackHigh(abHigh, cdHigh).AsUInt32();
    }
}
