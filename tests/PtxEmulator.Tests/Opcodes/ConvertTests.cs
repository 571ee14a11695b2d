namespace Convoke.PtxEmulator.Tests.Opcodes;

public class ConvertTests : OpcodeTest
{
    [Fact]
    public void Between_integers()
    {
        Check("cvt.s64.s32 {0}, {1};", "s64", ["s32"], static (a, _, _) => (ulong)(int)a);
        Check("cvt.u64.u32 {0}, {1};", "u64", ["u32"], static (a, _, _) => a);
        Check("cvt.u32.u64 {0}, {1};", "u32", ["u64"], static (a, _, _) => (uint)a);
        Check("cvt.s32.s16 {0}, {1};", "s32", ["s16"], static (a, _, _) => (uint)(short)a);
        Check("cvt.u32.u16 {0}, {1};", "u32", ["u16"], static (a, _, _) => (ushort)a);
        Check("cvt.u16.u32 {0}, {1};", "u16", ["u32"], static (a, _, _) => (ushort)a);
        Check("cvt.s32.s8 {0}, {1};", "s32", ["s32"], static (a, _, _) => (uint)(sbyte)a);
        Check("cvt.u16.u8 {0}, {1};", "u16", ["u16"], static (a, _, _) => (byte)a);
        Check("cvt.u64.u16 {0}, {1};", "u64", ["u16"], static (a, _, _) => (ushort)a);
        Check("cvt.sat.u8.s32 {0}, {1};", "u32", ["s32"], static (a, _, _) => (ulong)Math.Clamp((int)a, 0, 255));
        Check("cvt.sat.s16.s32 {0}, {1};", "s32", ["s32"], static (a, _, _) => (uint)Math.Clamp((int)a, short.MinValue, short.MaxValue));
    }

    [Fact]
    public void From_integers()
    {
        Check("cvt.rn.f32.s32 {0}, {1};", "f32", ["s32"], static (a, _, _) => Bits((float)(int)a));
        Check("cvt.rn.f32.u32 {0}, {1};", "f32", ["u32"], static (a, _, _) => Bits((float)(uint)a));
        Check("cvt.rn.f32.u16 {0}, {1};", "f32", ["u16"], static (a, _, _) => Bits((float)(ushort)a));
        Check("cvt.rn.f32.u8 {0}, {1};", "f32", ["u16"], static (a, _, _) => Bits((float)(byte)a));
        Check("cvt.rn.f32.s64 {0}, {1};", "f32", ["s64"], static (a, _, _) => Bits((float)(long)a));
        Check("cvt.rn.f32.u64 {0}, {1};", "f32", ["u64"], static (a, _, _) => Bits((float)a));
        Check("cvt.rn.f64.s32 {0}, {1};", "f64", ["s32"], static (a, _, _) => BitConverter.DoubleToUInt64Bits((int)a));
        Check("cvt.rn.f64.u64 {0}, {1};", "f64", ["u64"], static (a, _, _) => BitConverter.DoubleToUInt64Bits(a));
        Check("cvt.rz.f32.u32 {0}, {1};", "f32", ["u32"], static (a, _, _) => Bits((float)(uint)a > (double)a ? MathF.BitDecrement((uint)a) : (float)(uint)a));
    }

    [Fact]
    public void To_integers()
    {
        Check("cvt.rzi.s32.f32 {0}, {1};", "s32", ["f32"], static (a, _, _) => Clamp(Math.Truncate((double)Single(a)), int.MinValue, int.MaxValue));
        Check("cvt.rni.s32.f32 {0}, {1};", "s32", ["f32"], static (a, _, _) => Clamp(Math.Round((double)Single(a), MidpointRounding.ToEven), int.MinValue, int.MaxValue));
        Check("cvt.rmi.s32.f32 {0}, {1};", "s32", ["f32"], static (a, _, _) => Clamp(Math.Floor((double)Single(a)), int.MinValue, int.MaxValue));
        Check("cvt.rpi.s32.f32 {0}, {1};", "s32", ["f32"], static (a, _, _) => Clamp(Math.Ceiling((double)Single(a)), int.MinValue, int.MaxValue));
        Check("cvt.rzi.u32.f32 {0}, {1};", "u32", ["f32"], static (a, _, _) => Clamp(Math.Truncate((double)Single(a)), 0, uint.MaxValue));
        Check("cvt.rzi.s32.f64 {0}, {1};", "s32", ["f64"], static (a, _, _) => Clamp(Math.Truncate(Double(a)), int.MinValue, int.MaxValue));
        Check("cvt.rzi.u16.f32 {0}, {1};", "u16", ["f32"], static (a, _, _) => Clamp(Math.Truncate((double)Single(a)), 0, ushort.MaxValue));
    }

    [Fact]
    public void Between_floats()
    {
        Check("cvt.f64.f32 {0}, {1};", "f64", ["f32"], static (a, _, _) => BitConverter.DoubleToUInt64Bits(Single(a)));
        Check("cvt.rn.f32.f64 {0}, {1};", "f32", ["f64"], static (a, _, _) => Bits((float)Double(a)));
        Check("cvt.f32.f16 {0}, {1};", "f32", ["f16"], static (a, _, _) => Bits((float)BitConverter.UInt16BitsToHalf((ushort)a)));
        Check("cvt.rn.f16.f32 {0}, {1};", "f16", ["f32"], static (a, _, _) => BitConverter.HalfToUInt16Bits((Half)Single(a)));
        Check("cvt.rni.f32.f32 {0}, {1};", "f32", ["f32"], static (a, _, _) => Bits(MathF.Round(Single(a), MidpointRounding.ToEven)));
        Check("cvt.rzi.f32.f32 {0}, {1};", "f32", ["f32"], static (a, _, _) => Bits(MathF.Truncate(Single(a))));
        Check("cvt.rmi.f32.f32 {0}, {1};", "f32", ["f32"], static (a, _, _) => Bits(MathF.Floor(Single(a))));
        Check("cvt.rpi.f64.f64 {0}, {1};", "f64", ["f64"], static (a, _, _) => BitConverter.DoubleToUInt64Bits(Math.Ceiling(Double(a))));
        Check("cvt.sat.f32.f32 {0}, {1};", "f32", ["f32"], static (a, _, _) => Bits(Single(a) > 0 ? Math.Min(Single(a), 1) : 0));
        Check("cvt.rna.tf32.f32 {0}, {1};", "b32", ["f32"], static (a, _, _) => float.IsFinite(Single(a)) ? (uint)(a + 0x1000) & ~0x1FFFu : a);
    }

    [Fact]
    public void To_bf16()
    {
        Check("cvt.rn.bf16.f32 {0}, {1};", "b16", ["f32"], static (a, _, _) => Bf16(Single(a)));
        Check("cvt.rz.bf16.f32 {0}, {1};", "b16", ["f32"], static (a, _, _) => float.IsNaN(Single(a)) ? 0x7FFFu : (ushort)(a >> 16));
        Check("cvt.rn.bf16x2.f32 {0}, {1}, {2};", "b32", ["f32", "f32"], static (a, b, _) => Bf16(Single(a)) << 16 | Bf16(Single(b)));
        Check("cvt.rn.relu.bf16x2.f32 {0}, {1}, {2};", "b32", ["f32", "f32"], static (a, b, _) => Bf16(Relu(Single(a))) << 16 | Bf16(Relu(Single(b))));
        Check("cvt.f32.bf16 {0}, {1};", "f32", ["b16"], static (a, _, _) => (uint)a << 16);
    }

    [Fact]
    public void To_pairs_of_f16() =>
        Check("cvt.rn.f16x2.f32 {0}, {1}, {2};", "b32", ["f32", "f32"], static (a, b, _) => (uint)ToHalf(a) << 16 | ToHalf(b));

    /// <summary>To nearest even; of what is larger than all of them infinity.</summary>
    private static ushort ToHalf(ulong value) => float.IsNaN(Single(value)) ? (ushort)0x7FFF : BitConverter.HalfToUInt16Bits((Half)Single(value));

    [Fact]
    public void Moves()
    {
        Check("mov.b32 {0}, {1};", "b32", ["b32"], static (a, _, _) => a);
        Check("mov.u16 {0}, -2;", "u16", [], static (_, _, _) => 0xFFFE);
        Check("mov.f64 {0}, 0d400921FB54442D18;", "f64", [], static (_, _, _) => BitConverter.DoubleToUInt64Bits(Math.PI));
        Check("mov.b64 {0}, {{1}, {2}};", "b64", ["b32", "b32"], static (a, b, _) => a | b << 32);
        Check("mov.b32 {0}, {{1}, {2}};", "b32", ["b16", "b16"], static (a, b, _) => a | b << 16);
        Check("mov.b64 {_, {0}}, {1};", "b32", ["b64"], static (a, _, _) => a >> 32);
        Check("mov.b32 {{0}, _}, {1};", "b16", ["b32"], static (a, _, _) => a & 0xFFFF);
        Check("mov.b64 {0}, {1};", "b64", ["b64"], static (a, _, _) => a);
    }

    private static float Relu(float value) => value < 0 ? 0 : value;

    /// <summary>To nearest even, by comparing with the two neighbours.</summary>
    private static uint Bf16(float value)
    {
        if (float.IsNaN(value)) return 0x7FFF;
        uint bits = Bits(value), below = bits & 0xFFFF0000;
        if (!float.IsFinite(value)) return bits >> 16;
        uint rest = bits & 0xFFFF;
        bool up = rest > 0x8000 || (rest == 0x8000 && (below & 0x10000) != 0);
        return (below >> 16) + (up ? 1u : 0);
    }

    private static ulong Clamp(double value, double low, double high) => double.IsNaN(value) ? 0 : (ulong)(long)Math.Clamp(value, low, high);
}
