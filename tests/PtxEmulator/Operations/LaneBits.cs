using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>Bit operations of one lane, for <see cref="LaneMap"/>.</summary>
internal static class LaneBits
{
    /// <summary>Flags in the argument of <see cref="Find"/> and <see cref="Insert"/>, above the width or the two bytes.</summary>
    public const int Signed = 0x100, ShiftAmount = 0x200, Wide = 0x10000;

    public static ulong Invert(ulong a, ulong _, ulong __, int width) => width == 64 ? ~a : ~a & ((1ul << width) - 1);

    public static ulong IsZero(ulong a, ulong _, ulong __, int ___) => a == 0 ? 1u : 0u;

    public static ulong Count(ulong a, ulong _, ulong __, int ___) => (ulong)BitOperations.PopCount(a);

    public static ulong LeadingZeros(ulong a, ulong _, ulong __, int width) => (ulong)(BitOperations.LeadingZeroCount(a) - (64 - width));

    public static ulong Reverse(ulong a, ulong _, ulong __, int width)
    {
        ulong result = 0;
        for (int i = 0; i < width; i++) result |= (a >> i & 1) << (width - 1 - i);
        return result;
    }

    /// <summary>Position of the highest bit that is not a copy of the sign; all ones when there is none.</summary>
    public static ulong Find(ulong a, ulong _, ulong __, int argument)
    {
        int width = argument & 0xFF;
        long value = width == 64 ? (long)a : (int)a;
        if ((argument & Signed) != 0 && value < 0) a = ~a;
        if (width == 32) a &= uint.MaxValue;
        if (a == 0) return uint.MaxValue;
        int position = BitOperations.Log2(a);
        return (uint)((argument & ShiftAmount) != 0 ? width - 1 - position : position);
    }

    public static ulong FunnelLeft(ulong low, ulong high, ulong count, int clamp)
    {
        int n = clamp != 0 ? (int)Math.Min(count, 32) : (int)(count & 31);
        return (uint)((high << 32 | low) << n >> 32);
    }

    public static ulong FunnelRight(ulong low, ulong high, ulong count, int clamp)
    {
        int n = clamp != 0 ? (int)Math.Min(count, 32) : (int)(count & 31);
        return (uint)((high << 32 | low) >> n);
    }

    public static ulong Extract(ulong a, ulong position, ulong length, int width)
    {
        position &= 0xFF;
        length &= 0xFF;
        return length == 0 || position >= (uint)width ? 0 : a >> (int)position & Ones(length);
    }

    /// <summary>Bits beyond the register are copies of its sign.</summary>
    public static ulong ExtractSigned(ulong a, ulong position, ulong length, int width)
    {
        int count = (int)Math.Min(length & 0xFF, (uint)width);
        if (count == 0) return 0;
        long value = (width == 64 ? (long)a : (int)a) >> (int)Math.Min(position & 0xFF, (uint)width - 1);
        long result = value << (64 - count) >> (64 - count);
        return width == 64 ? (ulong)result : (uint)result;
    }

    public static ulong Insert(ulong a, ulong b, ulong _, int argument) => Insert(a, b, argument & 0xFF, argument >> 8 & 0xFF, (argument & Wide) != 0 ? 64 : 32);

    public static ulong Insert(ulong a, ulong b, int position, int length, int width)
    {
        if (length == 0 || position >= width) return b;
        ulong mask = Ones((uint)length) << position;
        if (width == 32) mask &= uint.MaxValue;
        return (b & ~mask) | (a << position & mask);
    }

    public static ulong Lookup(ulong a, ulong b, ulong c, int table)
    {
        ulong result = 0;
        for (int i = 0; i < 8; i++)
            if ((table >> i & 1) != 0) result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
        return (uint)result;
    }

    /// <summary>prmt's mode as an argument; null when it is none (then the plain form is meant).</summary>
    public static int? PermuteMode(string name) => Array.IndexOf(["", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"], name) is > 0 and int mode ? mode : null;

    public static ulong Permute(ulong a, ulong b, ulong selector, int mode)
    {
        ulong bytes = a | b << 32;
        uint s = (uint)selector & 3, result = 0;
        for (uint i = 0; i < 4; i++)
        {
            uint choice = mode switch
            {
                1 => s + i,
                2 => (s - i) & 7,
                3 => s,
                4 => Math.Max(s, i),
                5 => Math.Min(s, i),
                6 => (s & 1) * 2 + (i & 1),
                _ => (uint)(selector >> (int)(4 * i)) & 15,
            };
            uint value = (uint)(bytes >> (int)((choice & 7) * 8)) & 0xFF;
            if (mode == 0 && (choice & 8) != 0) value = (value & 0x80) != 0 ? 0xFFu : 0;
            result |= value << (int)(8 * i);
        }
        return result;
    }

    private static ulong Ones(ulong count) => count >= 64 ? ulong.MaxValue : (1ul << (int)count) - 1;
}

/// <summary>bfi whose position or length is a register.</summary>
internal sealed unsafe class InsertVariable(int result, int a, int b, int position, int length, bool wide) : Operation
{
    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int at = (int)(((uint*)(registers + position))[lane] & 0xFF), count = (int)(((uint*)(registers + length))[lane] & 0xFF);
            if (wide) ((ulong*)(registers + result))[lane] = LaneBits.Insert(((ulong*)(registers + a))[lane], ((ulong*)(registers + b))[lane], at, count, 64);
            else ((uint*)(registers + result))[lane] = (uint)LaneBits.Insert(((uint*)(registers + a))[lane], ((uint*)(registers + b))[lane], at, count, 32);
        }
    }
}
