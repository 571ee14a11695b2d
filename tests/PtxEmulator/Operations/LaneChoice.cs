using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>slct, for <see cref="LaneMap"/>: the first source when the third is not negative.</summary>
internal static class LaneChoice
{
    public static ulong BySign(ulong a, ulong b, ulong c, int _) => (int)c >= 0 ? a : b;

    public static ulong ByFloatSign(ulong a, ulong b, ulong c, int _) => FloatBits.Single(c) >= 0 ? a : b;
}

/// <summary>testp: what kind of number a float is.</summary>
internal sealed unsafe class TestFloat(int result, string kind, int source, bool wide) : Operation
{
    public override void Execute(Warp warp)
    {
        uint holds = 0;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            bool is64 = wide;
            double value = is64 ? ((double*)(warp.Registers + source))[lane] : ((float*)(warp.Registers + source))[lane];
            bool subnormal = is64 ? double.IsSubnormal(value) : float.IsSubnormal((float)value);
            bool yes = kind switch
            {
                "finite" => double.IsFinite(value),
                "infinite" => double.IsInfinity(value),
                "number" => !double.IsNaN(value),
                "notanumber" => double.IsNaN(value),
                "subnormal" => subnormal,
                _ => double.IsFinite(value) && value != 0 && !subnormal,
            };
            if (yes) holds |= left & (uint)-(int)left;
        }
        SetPredicate.Store(warp, result, holds);
    }
}
