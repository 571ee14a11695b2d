namespace Convoke.PtxEmulator;

/// <summary>Shifts of 64 and 16 bits, with PTX's clamped counts.</summary>
internal static class LaneShifts
{
    public static ulong Left64(ulong a, ulong n, ulong _, int __) => n > 63 ? 0 : a << (int)n;

    public static ulong Right64(ulong a, ulong n, ulong _, int __) => n > 63 ? 0 : a >> (int)n;

    public static ulong RightSigned64(ulong a, ulong n, ulong _, int __) => (ulong)((long)a >> (int)Math.Min(n, 63));

    public static ulong Left16(ulong a, ulong n, ulong _, int __) => n > 15 ? 0 : (a << (int)n) & 0xFFFF;

    public static ulong Right16(ulong a, ulong n, ulong _, int __) => n > 15 ? 0 : (a & 0xFFFF) >> (int)n;

    public static ulong RightSigned16(ulong a, ulong n, ulong _, int __) => (ushort)((short)a >> (int)Math.Min(n, 15));
}
