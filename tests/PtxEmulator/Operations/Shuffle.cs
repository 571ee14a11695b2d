using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Convoke.PtxEmulator;

/// <summary>shfl.sync. A lane that reads from one that does not take part is a fault: its value would be undefined.</summary>
internal sealed unsafe class Shuffle(Instruction at, string mode, int result, int inRange, int source, int lane, int clamp) : Operation
{
    [SkipLocalsInit]
    public override void Execute(Warp warp)
    {
        uint* values = stackalloc uint[Warp.Lanes];
        uint* d = (uint*)(warp.Registers + result), from = (uint*)(warp.Registers + lane), limits = (uint*)(warp.Registers + clamp);
        Vectors.Store((byte*)values, Vectors.Low(warp.Registers + source), Vectors.High(warp.Registers + source));
        if (mode == "bfly" && warp.IsFull && warp.Mask == uint.MaxValue && inRange < 0 && Avx512F.IsSupported && IsWhole(from, limits))
        {
            Butterfly(d, values, from[0]);
            return;
        }
        uint ok = 0;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int self = BitOperations.TrailingZeroCount(left), by = (int)(from[self] & 31);
            int segment = (int)(limits[self] >> 8 & 31), bound = (int)(limits[self] & 31), last = (self & segment) | (bound & ~segment), first = self & segment;
            int other = mode switch { "up" => self - by, "down" => self + by, "bfly" => self ^ by, _ => first | (by & ~segment) };
            bool valid = mode == "up" ? other >= last : other <= last;
            if (!valid) other = self;
            if ((warp.Mask >> other & 1) == 0) throw warp.Fault(DeviceFaultKind.WarpMisuse, self, at, $"lane {self} reads from lane {other}, which does not take part");
            d[self] = values[other];
            if (valid) ok |= 1u << self;
        }
        if (inRange >= 0) SetPredicate.Store(warp, inRange, ok);
    }

    /// <summary>All lanes with one distance and no segments.</summary>
    private static bool IsWhole(uint* from, uint* limits) =>
        from[0] < Warp.Lanes
        && Vector512.EqualsAll(Vector512.Load(from), Vector512.Create(from[0])) && Vector512.EqualsAll(Vector512.Load(from + 16), Vector512.Create(from[0]))
        && Vector512.EqualsAll(Vector512.Load(limits), Vector512.Create(31u)) && Vector512.EqualsAll(Vector512.Load(limits + 16), Vector512.Create(31u));

    private static void Butterfly(uint* d, uint* values, uint by)
    {
        Vector512<uint> low = Vector512.Load(values), high = Vector512.Load(values + 16);
        if ((by & 16) != 0) (low, high) = (high, low);
        Vector512<uint> index = Vector512.Create(0u, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) ^ Vector512.Create(by & 15);
        Avx512F.PermuteVar16x32(low, index).Store(d);
        Avx512F.PermuteVar16x32(high, index).Store(d + 16);
    }
}
