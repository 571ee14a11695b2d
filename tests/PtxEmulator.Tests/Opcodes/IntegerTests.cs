using System.Numerics;

namespace Convoke.PtxEmulator.Tests.Opcodes;

public class IntegerTests : OpcodeTest
{
    [Fact]
    public void Arithmetic_of_32_bits()
    {
        Check32("add.s32 {0}, {1}, {2};", "s32", static (a, b, _) => a + b);
        Check32("add.u32 {0}, {1}, -7;", "u32", static (a, _, _) => a - 7, 1);
        Check32("sub.u32 {0}, {1}, {2};", "u32", static (a, b, _) => a - b);
        Check32("mul.lo.s32 {0}, {1}, {2};", "s32", static (a, b, _) => a * b);
        Check32("mul.hi.s32 {0}, {1}, {2};", "s32", static (a, b, _) => (uint)((long)(int)a * (int)b >> 32));
        Check32("mul.hi.u32 {0}, {1}, {2};", "u32", static (a, b, _) => (uint)((ulong)a * b >> 32));
        Check32("mad.lo.s32 {0}, {1}, {2}, {3};", "s32", static (a, b, c) => a * b + c, 3);
        Check32("mad.hi.u32 {0}, {1}, {2}, {3};", "u32", static (a, b, c) => (uint)((ulong)a * b >> 32) + c, 3);
        Check32("mad.hi.s32 {0}, {1}, {2}, {3};", "s32", static (a, b, c) => (uint)((long)(int)a * (int)b >> 32) + c, 3);
        Check32("div.u32 {0}, {1}, {2};", "u32", static (a, b, _) => b == 0 ? uint.MaxValue : a / b);
        Check32("div.s32 {0}, {1}, {2};", "s32", static (a, b, _) => b == 0 ? uint.MaxValue : (uint)((long)(int)a / (int)b));
        Check32("rem.u32 {0}, {1}, {2};", "u32", static (a, b, _) => b == 0 ? a : a % b);
        Check32("rem.s32 {0}, {1}, {2};", "s32", static (a, b, _) => b == 0 ? a : (uint)((long)(int)a % (int)b));
        Check32("min.s32 {0}, {1}, {2};", "s32", static (a, b, _) => (uint)Math.Min((int)a, (int)b));
        Check32("max.s32 {0}, {1}, {2};", "s32", static (a, b, _) => (uint)Math.Max((int)a, (int)b));
        Check32("min.u32 {0}, {1}, {2};", "u32", static (a, b, _) => Math.Min(a, b));
        Check32("max.u32 {0}, {1}, {2};", "u32", static (a, b, _) => Math.Max(a, b));
        Check32("neg.s32 {0}, {1};", "s32", static (a, _, _) => 0 - a, 1);
        Check32("abs.s32 {0}, {1};", "s32", static (a, _, _) => (int)a < 0 ? 0 - a : a, 1);
        Check32("sad.u32 {0}, {1}, {2}, {3};", "u32", static (a, b, c) => Math.Max(a, b) - Math.Min(a, b) + c, 3);
        Check32("sad.s32 {0}, {1}, {2}, {3};", "s32", static (a, b, c) => (uint)Math.Abs((long)(int)a - (int)b) + c, 3);
        Check32("add.sat.s32 {0}, {1}, {2};", "s32", static (a, b, _) => (uint)Math.Clamp((long)(int)a + (int)b, int.MinValue, int.MaxValue));
        Check32("sub.sat.s32 {0}, {1}, {2};", "s32", static (a, b, _) => (uint)Math.Clamp((long)(int)a - (int)b, int.MinValue, int.MaxValue));
    }

    [Fact]
    public void Arithmetic_of_64_bits()
    {
        Check64("add.s64 {0}, {1}, {2};", static (a, b, _) => a + b);
        Check64("sub.s64 {0}, {1}, {2};", static (a, b, _) => a - b);
        Check64("mul.lo.s64 {0}, {1}, {2};", static (a, b, _) => a * b);
        Check64("mul.hi.u64 {0}, {1}, {2};", static (a, b, _) => (ulong)((UInt128)a * b >> 64));
        Check64("mul.hi.s64 {0}, {1}, {2};", static (a, b, _) => (ulong)((Int128)(long)a * (long)b >> 64));
        Check64("mad.lo.s64 {0}, {1}, {2}, {3};", static (a, b, c) => a * b + c, 3);
        Check64("div.u64 {0}, {1}, {2};", static (a, b, _) => b == 0 ? ulong.MaxValue : a / b);
        Check64("div.s64 {0}, {1}, {2};", static (a, b, _) => b == 0 ? ulong.MaxValue : (ulong)((Int128)(long)a / (long)b));
        Check64("rem.u64 {0}, {1}, {2};", static (a, b, _) => b == 0 ? a : a % b);
        Check64("rem.s64 {0}, {1}, {2};", static (a, b, _) => b == 0 ? a : (ulong)((Int128)(long)a % (long)b));
        Check64("min.s64 {0}, {1}, {2};", static (a, b, _) => (ulong)Math.Min((long)a, (long)b));
        Check64("max.u64 {0}, {1}, {2};", static (a, b, _) => Math.Max(a, b));
        Check64("neg.s64 {0}, {1};", static (a, _, _) => 0 - a, 1);
        Check64("abs.s64 {0}, {1};", static (a, _, _) => (long)a < 0 ? 0 - a : a, 1);
        Check64("and.b64 {0}, {1}, {2};", static (a, b, _) => a & b);
        Check64("or.b64 {0}, {1}, {2};", static (a, b, _) => a | b);
        Check64("xor.b64 {0}, {1}, {2};", static (a, b, _) => a ^ b);
        Check64("not.b64 {0}, {1};", static (a, _, _) => ~a, 1);
    }

    [Fact]
    public void Arithmetic_of_16_bits()
    {
        Check16("add.s16 {0}, {1}, {2};", static (a, b) => a + b);
        Check16("sub.u16 {0}, {1}, {2};", static (a, b) => a - b);
        Check16("mul.lo.u16 {0}, {1}, {2};", static (a, b) => a * b);
        Check16("min.s16 {0}, {1}, {2};", static (a, b) => Math.Min((short)a, (short)b));
        Check16("max.u16 {0}, {1}, {2};", static (a, b) => Math.Max(a, b));
        Check16("div.u16 {0}, {1}, 3;", static (a, _) => a / 3);
        Check16("rem.s16 {0}, {1}, -5;", static (a, _) => (short)a % -5);
        Check16("shr.s16 {0}, {1}, 3;", static (a, _) => (short)a >> 3);
        Check16("shr.u16 {0}, {1}, 20;", static (_, _) => 0);
        Check16("shl.b16 {0}, {1}, 4;", static (a, _) => a << 4);
        Check16("not.b16 {0}, {1};", static (a, _) => ~a);
        Check("mul.wide.u16 {0}, {1}, {2};", "u32", ["u16", "u16"], static (a, b, _) => a * b);
        Check("mul.wide.s16 {0}, {1}, {2};", "s32", ["s16", "s16"], static (a, b, _) => (ulong)((short)a * (short)b));
    }

    [Fact]
    public void Wide_products()
    {
        Check("mul.wide.s32 {0}, {1}, {2};", "s64", ["s32", "s32"], static (a, b, _) => (ulong)((long)(int)a * (int)b));
        Check("mul.wide.u32 {0}, {1}, {2};", "u64", ["u32", "u32"], static (a, b, _) => a * b);
        Check("mul.wide.u32 {0}, {1}, -858993459;", "u64", ["u32"], static (a, _, _) => a * 0xCCCCCCCDul);
        Check("mad.wide.s32 {0}, {1}, {2}, {3};", "s64", ["s32", "s32", "s64"], static (a, b, c) => (ulong)((long)(int)a * (int)b) + c);
        Check("mad.wide.u32 {0}, {1}, {2}, {3};", "u64", ["u32", "u32", "u64"], static (a, b, c) => a * b + c);
    }

    [Fact]
    public void Logic_and_shifts()
    {
        Check32("and.b32 {0}, {1}, {2};", "b32", static (a, b, _) => a & b);
        Check32("or.b32 {0}, {1}, {2};", "b32", static (a, b, _) => a | b);
        Check32("xor.b32 {0}, {1}, {2};", "b32", static (a, b, _) => a ^ b);
        Check32("not.b32 {0}, {1};", "b32", static (a, _, _) => ~a, 1);
        Check32("cnot.b32 {0}, {1};", "b32", static (a, _, _) => a == 0 ? 1u : 0, 1);
        Check32("lop3.b32 {0}, {1}, {2}, {3}, 0x96;", "b32", static (a, b, c) => a ^ b ^ c, 3);
        Check32("lop3.b32 {0}, {1}, {2}, {3}, 0xCA;", "b32", static (a, b, c) => (a & b) | (~a & c), 3);
        Check("shl.b32 {0}, {1}, {2};", "b32", ["b32", "count"], static (a, n, _) => n > 31 ? 0 : a << (int)n);
        Check("shr.u32 {0}, {1}, {2};", "u32", ["u32", "count"], static (a, n, _) => n > 31 ? 0 : a >> (int)n);
        Check("shr.s32 {0}, {1}, {2};", "s32", ["s32", "count"], static (a, n, _) => (uint)((int)a >> (int)Math.Min(n, 31)));
        Check("shl.b64 {0}, {1}, {2};", "b64", ["b64", "count"], static (a, n, _) => n > 63 ? 0 : a << (int)n);
        Check("shr.u64 {0}, {1}, {2};", "u64", ["u64", "count"], static (a, n, _) => n > 63 ? 0 : a >> (int)n);
        Check("shr.s64 {0}, {1}, {2};", "s64", ["s64", "count"], static (a, n, _) => (ulong)((long)a >> (int)Math.Min(n, 63)));
        Check("shl.b64 {0}, {1}, 5;", "b64", ["b64"], static (a, _, _) => a << 5);
        Check("shr.s64 {0}, {1}, 41;", "s64", ["s64"], static (a, _, _) => (ulong)((long)a >> 41));
        Check("shr.u64 {0}, {1}, 41;", "u64", ["u64"], static (a, _, _) => a >> 41);
        Check("shf.l.wrap.b32 {0}, {1}, {2}, {3};", "b32", ["b32", "b32", "count"], static (a, b, n) => (b << 32 | a) << (int)(n & 31) >> 32);
        Check("shf.r.wrap.b32 {0}, {1}, {2}, {3};", "b32", ["b32", "b32", "count"], static (a, b, n) => (b << 32 | a) >> (int)(n & 31));
        Check("shf.r.clamp.b32 {0}, {1}, {2}, {3};", "b32", ["b32", "b32", "count"], static (a, b, n) => (b << 32 | a) >> (int)Math.Min(n, 32));
    }

    [Fact]
    public void Fields_and_counts()
    {
        Check("bfe.u32 {0}, {1}, {2}, {3};", "u32", ["u32", "count", "count"], static (a, p, n) => Field(a, p, n, 32, false));
        Check("bfe.s32 {0}, {1}, {2}, {3};", "s32", ["s32", "count", "count"], static (a, p, n) => Field((ulong)(int)a, p, n, 32, true));
        Check("bfe.u64 {0}, {1}, {2}, {3};", "u64", ["u64", "count", "count"], static (a, p, n) => Field(a, p, n, 64, false));
        Check("bfe.s64 {0}, {1}, {2}, {3};", "s64", ["s64", "count", "count"], static (a, p, n) => Field(a, p, n, 64, true));
        Check32("bfi.b32 {0}, {1}, {2}, 8, 12;", "b32", static (a, b, _) => (b & ~0xFFF00u) | (a << 8 & 0xFFF00));
        Check("bfi.b32 {0}, {1}, {2}, {3}, 40;", "b32", ["b32", "b32", "count"], static (a, b, p) => p > 31 ? b : (b & (uint)((1ul << (int)p) - 1)) | a << (int)p);
        Check("popc.b32 {0}, {1};", "u32", ["b32"], static (a, _, _) => (ulong)BitOperations.PopCount(a));
        Check("popc.b64 {0}, {1};", "u32", ["b64"], static (a, _, _) => (ulong)BitOperations.PopCount(a));
        Check("clz.b32 {0}, {1};", "u32", ["b32"], static (a, _, _) => (ulong)BitOperations.LeadingZeroCount((uint)a));
        Check("clz.b64 {0}, {1};", "u32", ["b64"], static (a, _, _) => (ulong)BitOperations.LeadingZeroCount(a));
        Check("bfind.u32 {0}, {1};", "u32", ["u32"], static (a, _, _) => a == 0 ? uint.MaxValue : (ulong)BitOperations.Log2(a));
        Check("bfind.s32 {0}, {1};", "u32", ["s32"], static (a, _, _) => (int)a < 0 ? ~(uint)a == 0 ? uint.MaxValue : (ulong)BitOperations.Log2(~(uint)a) : a == 0 ? uint.MaxValue : (ulong)BitOperations.Log2(a));
        Check("bfind.shiftamt.u32 {0}, {1};", "u32", ["u32"], static (a, _, _) => a == 0 ? uint.MaxValue : 31 - (ulong)BitOperations.Log2(a));
        Check("brev.b32 {0}, {1};", "b32", ["b32"], static (a, _, _) => Convert.ToUInt32(new string([.. Convert.ToString((uint)a, 2).PadLeft(32, '0').Reverse()]), 2));
        Check32("prmt.b32 {0}, {1}, {2}, 0x5410;", "b32", static (a, b, _) => (a & 0xFFFF) | b << 16);
        Check32("prmt.b32 {0}, {1}, {2}, 0x3B3B;", "b32", static (a, _, _) => ((int)a < 0 ? 0xFF00FFu : 0) | (a >> 24) * 0x01000100);
    }

    private static void Check64(string instruction, Func<ulong, ulong, ulong, ulong> meaning, int sources = 2) =>
        Check(instruction, "b64", [.. Enumerable.Repeat("b64", sources)], meaning);

    private static void Check16(string instruction, Func<int, int, int> meaning) =>
        Check(instruction, "b16", instruction.Contains("{2}", StringComparison.Ordinal) ? ["b16", "b16"] : ["b16"], (a, b, _) => (ulong)meaning((int)a, (int)b));

    /// <summary>A field bit by bit; bits beyond the register are those of the sign, or zero.</summary>
    private static ulong Field(ulong a, ulong position, ulong length, int width, bool signed)
    {
        ulong result = 0;
        bool last = false;
        for (int i = 0; i < width; i++)
        {
            ulong at = position + (ulong)i;
            bool bit = (ulong)i < length ? at < (ulong)width ? (a >> (int)at & 1) != 0 : signed && (a >> (width - 1) & 1) != 0 : signed && last && length > 0;
            if ((ulong)i < length) last = bit;
            if (bit) result |= 1ul << i;
        }
        return result;
    }
}
