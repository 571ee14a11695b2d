using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>Addresses of 32 lanes.</summary>
internal readonly struct LaneAddresses(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d)
{
    private readonly Vector512<ulong> _a = a, _b = b, _c = c, _d = d;

    /// <summary>Every address is a multiple of a power of two and at most <paramref name="limit"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Fit(ulong limit, int alignment)
    {
        Vector512<ulong> largest = Vector512.Max(Vector512.Max(_a, _b), Vector512.Max(_c, _d)), low = (_a | _b | _c | _d) & Vector512.Create((ulong)(alignment - 1));
        return Vector512.LessThanOrEqualAll(largest, Vector512.Create(limit)) && low == Vector512<ulong>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MemoryShape Shape(int bytes)
    {
        Vector512<ulong> first = Vector512.Create(_a.ToScalar()), step = Vector512.Create((ulong)bytes);
        if (_a == first) return _b == first && _c == first && _d == first ? MemoryShape.Uniform : MemoryShape.Scattered;
        Vector512<ulong> expected = first + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7) * step, stride = step << 3;
        return _a == expected && _b == expected + stride && _c == expected + (stride << 1) && _d == expected + stride + (stride << 1) ? MemoryShape.Consecutive : MemoryShape.Scattered;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Store(ulong* addresses)
    {
        _a.Store(addresses);
        _b.Store(addresses + 8);
        _c.Store(addresses + 16);
        _d.Store(addresses + 24);
    }

    /// <summary>The lanes whose address is the given one, of addresses that were stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe uint Same(ulong* addresses, ulong address)
    {
        Vector512<ulong> wanted = Vector512.Create(address);
        uint result = 0;
        for (int i = 0; i < Warp.Lanes; i += 8)
            result |= (uint)Vector512.ExtractMostSignificantBits(Vector512.Equals(Vector512.Load(addresses + i), wanted)) << i;
        return result;
    }
}
