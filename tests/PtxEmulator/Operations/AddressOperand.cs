using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>[register + offset]; without a register (-1) the offset is all.</summary>
internal readonly record struct AddressOperand(int Register, bool Wide, long Offset)
{
    /// <summary>The addresses of all 32 lanes, less <paramref name="origin"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe LaneAddresses Compute(Warp warp, ulong origin)
    {
        Vector512<ulong> offset = Vector512.Create((ulong)Offset - origin);
        byte* register = warp.Registers + Register;
        if (Register < 0) return new(offset, offset, offset, offset);
        if (!Wide) return new(WideProduct.Widen((uint*)register) + offset, WideProduct.Widen((uint*)register + 8) + offset, WideProduct.Widen((uint*)register + 16) + offset, WideProduct.Widen((uint*)register + 24) + offset);
        ulong* a = (ulong*)register;
        return new(Vector512.Load(a) + offset, Vector512.Load(a + 8) + offset, Vector512.Load(a + 16) + offset, Vector512.Load(a + 24) + offset);
    }

    public unsafe ulong Of(Warp warp, int lane) =>
        (ulong)Offset + (Register < 0 ? 0 : Wide ? ((ulong*)(warp.Registers + Register))[lane] : ((uint*)(warp.Registers + Register))[lane]);
}
