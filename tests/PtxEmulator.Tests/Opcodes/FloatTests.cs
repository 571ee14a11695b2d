namespace Convoke.PtxEmulator.Tests.Opcodes;

public class FloatTests : OpcodeTest
{
    [Fact]
    public void Arithmetic_of_32_bits()
    {
        CheckFloat("add.rn.f32 {0}, {1}, {2};", static (a, b, _) => a + b);
        CheckFloat("sub.f32 {0}, {1}, {2};", static (a, b, _) => a - b);
        CheckFloat("mul.rn.f32 {0}, {1}, {2};", static (a, b, _) => a * b);
        CheckFloat("mul.rn.f32 {0}, {1}, 0f3FC00000;", static (a, _, _) => a * 1.5f, 1);
        CheckFloat("div.rn.f32 {0}, {1}, {2};", static (a, b, _) => a / b);
        CheckFloat("div.full.f32 {0}, {1}, {2};", static (a, b, _) => a / b);
        CheckFloat("div.approx.f32 {0}, {1}, {2};", static (a, b, _) => a / b);
        CheckFloat("fma.rn.f32 {0}, {1}, {2}, {3};", MathF.FusedMultiplyAdd, 3);
        CheckFloat("mad.rn.f32 {0}, {1}, {2}, {3};", MathF.FusedMultiplyAdd, 3);
        CheckFloat("min.f32 {0}, {1}, {2};", static (a, b, _) => float.MinNumber(a, b));
        CheckFloat("max.f32 {0}, {1}, {2};", static (a, b, _) => float.MaxNumber(a, b));
        CheckFloat("min.NaN.f32 {0}, {1}, {2};", static (a, b, _) => float.Min(a, b));
        CheckFloat("max.NaN.f32 {0}, {1}, {2};", static (a, b, _) => float.Max(a, b));
        CheckFloat("neg.f32 {0}, {1};", static (a, _, _) => -a, 1);
        CheckFloat("abs.f32 {0}, {1};", static (a, _, _) => MathF.Abs(a), 1);
        CheckFloat("copysign.f32 {0}, {1}, {2};", static (a, b, _) => MathF.CopySign(b, a));
    }

    [Fact]
    public void Flush_and_saturate()
    {
        CheckFloat("add.ftz.f32 {0}, {1}, {2};", static (a, b, _) => Flush(Flush(a) + Flush(b)));
        CheckFloat("mul.ftz.f32 {0}, {1}, {2};", static (a, b, _) => Flush(Flush(a) * Flush(b)));
        CheckFloat("fma.rn.ftz.f32 {0}, {1}, {2}, {3};", static (a, b, c) => Flush(MathF.FusedMultiplyAdd(Flush(a), Flush(b), Flush(c))), 3);
        CheckFloat("add.sat.f32 {0}, {1}, {2};", static (a, b, _) => Saturate(a + b));
        CheckFloat("fma.rn.sat.f32 {0}, {1}, {2}, {3};", static (a, b, c) => Saturate(MathF.FusedMultiplyAdd(a, b, c)), 3);
        CheckFloat("add.ftz.sat.f32 {0}, {1}, {2};", static (a, b, _) => Saturate(Flush(Flush(a) + Flush(b))));
        CheckFloat("ex2.approx.ftz.f32 {0}, {1};", static (a, _, _) => Flush((float)Math.Pow(2, Flush(a))), 1);
    }

    /// <summary>Directed rounding against exact sums: of the two floats around the exact value, the one on the right side.</summary>
    [Theory]
    [InlineData("rz")]
    [InlineData("rm")]
    [InlineData("rp")]
    public void Directed_rounding(string mode)
    {
        // Multiples of 2^-40, so that integers hold their sums exactly.
        Random random = new(11);
        ulong[][] values = new ulong[3][];
        for (int i = 0; i < 3; i++) values[i] = [.. Enumerable.Range(0, 32).Select(_ => (ulong)Bits((random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-8, 8))))];
        ulong[] sum = LaneProgram.Run($"add.{mode}.f32 {{0}}, {{1}}, {{2}};", "f32", ["f32", "f32", "f32"], values);
        ulong[] product = LaneProgram.Run($"mul.{mode}.f32 {{0}}, {{1}}, {{2}};", "f32", ["f32", "f32", "f32"], values);
        ulong[] fused = LaneProgram.Run($"fma.{mode}.f32 {{0}}, {{1}}, {{2}}, {{3}};", "f32", ["f32", "f32", "f32"], values);
        for (int lane = 0; lane < 32; lane++)
        {
            Assert.Equal(Directed(Units(Single(values[0][lane])) + Units(Single(values[1][lane])), mode), Single(sum[lane]));
            double exactProduct = (double)Single(values[0][lane]) * Single(values[1][lane]);
            Assert.True(OnItsSide(Single(product[lane]), exactProduct, 0, mode), $"{mode}: {exactProduct:R} became {Single(product[lane]):R}");
            double z = Single(values[2][lane]), s = exactProduct + z, back = s - exactProduct, error = (exactProduct - (s - back)) + (z - back);
            Assert.True(OnItsSide(Single(fused[lane]), s, error, mode), $"{mode}: {s:R} + {error:R} became {Single(fused[lane]):R}");
        }
    }

    [Fact]
    public void Functions()
    {
        CheckFloat("sqrt.rn.f32 {0}, {1};", static (a, _, _) => MathF.Sqrt(a), 1);
        CheckFloat("sqrt.approx.f32 {0}, {1};", static (a, _, _) => MathF.Sqrt(a), 1);
        CheckFloat("rsqrt.approx.f32 {0}, {1};", static (a, _, _) => (float)(1 / Math.Sqrt(a)), 1);
        CheckFloat("rcp.rn.f32 {0}, {1};", static (a, _, _) => 1 / a, 1);
        CheckFloat("rcp.approx.f32 {0}, {1};", static (a, _, _) => 1 / a, 1);
        CheckFloat("ex2.approx.f32 {0}, {1};", static (a, _, _) => (float)Math.Pow(2, a), 1);
        CheckFloat("lg2.approx.f32 {0}, {1};", static (a, _, _) => (float)Math.Log2(a), 1);
        CheckFloat("sin.approx.f32 {0}, {1};", static (a, _, _) => (float)Math.Sin(a), 1);
        CheckFloat("cos.approx.f32 {0}, {1};", static (a, _, _) => (float)Math.Cos(a), 1);
        CheckFloat("tanh.approx.f32 {0}, {1};", static (a, _, _) => (float)Math.Tanh(a), 1);
    }

    [Fact]
    public void Arithmetic_of_64_bits()
    {
        CheckDouble("add.f64 {0}, {1}, {2};", static (a, b, _) => a + b);
        CheckDouble("sub.rn.f64 {0}, {1}, {2};", static (a, b, _) => a - b);
        CheckDouble("mul.f64 {0}, {1}, {2};", static (a, b, _) => a * b);
        CheckDouble("div.rn.f64 {0}, {1}, {2};", static (a, b, _) => a / b);
        CheckDouble("fma.rn.f64 {0}, {1}, {2}, {3};", Math.FusedMultiplyAdd, 3);
        CheckDouble("min.f64 {0}, {1}, {2};", static (a, b, _) => double.MinNumber(a, b));
        CheckDouble("max.f64 {0}, {1}, {2};", static (a, b, _) => double.MaxNumber(a, b));
        CheckDouble("sqrt.rn.f64 {0}, {1};", static (a, _, _) => Math.Sqrt(a), 1);
        CheckDouble("rcp.rn.f64 {0}, {1};", static (a, _, _) => 1 / a, 1);
        CheckDouble("neg.f64 {0}, {1};", static (a, _, _) => -a, 1);
        CheckDouble("abs.f64 {0}, {1};", static (a, _, _) => Math.Abs(a), 1);
    }

    [Fact]
    public void Arithmetic_of_halves()
    {
        CheckHalf("add.f16 {0}, {1}, {2};", static (a, b, _) => a + b);
        CheckHalf("sub.f16 {0}, {1}, {2};", static (a, b, _) => a - b);
        CheckHalf("mul.f16 {0}, {1}, {2};", static (a, b, _) => a * b);
        CheckHalf("min.f16 {0}, {1}, {2};", static (a, b, _) => double.MinNumber(a, b));
        CheckHalf("neg.f16 {0}, {1};", static (a, _, _) => -a, 1);
        // A pair is two of them.
        ulong[][] values = [Values.Of("b32", 3), Values.Of("b32", 5)];
        ulong[] sums = LaneProgram.Run("max.f16x2 {0}, {1}, {2};", "b32", ["b32", "b32"], values);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int half = 0; half < 32; half += 16)
            {
                Half expected = Half.MaxNumber(H(values[0][lane] >> half), H(values[1][lane] >> half)), found = H(sums[lane] >> half);
                Assert.True(expected == found || (Half.IsNaN(expected) && Half.IsNaN(found)));
            }
        }

        static Half H(ulong bits) => BitConverter.UInt16BitsToHalf((ushort)bits);
    }

    private static void CheckHalf(string instruction, Func<double, double, double, double> meaning, int sources = 2) => Check(
        instruction, "f16", [.. Enumerable.Repeat("f16", sources)],
        (a, b, c) => BitConverter.HalfToUInt16Bits((Half)meaning(H(a), H(b), H(c))));

    private static double H(ulong bits) => (double)BitConverter.UInt16BitsToHalf((ushort)bits);

    private const double Scale = 1L << 40;

    /// <summary>The float nearest to an exact value of 2^-40 units on the side that the rounding asks for.</summary>
    private static float Directed(Int128 exact, string mode)
    {
        float near = (float)((double)exact / Scale);
        while (Units(near) > exact) near = MathF.BitDecrement(near);
        while (Units(near) < exact) near = MathF.BitIncrement(near);
        bool up = mode == "rp" || (mode == "rz" && exact < 0);
        return Units(near) == exact || up ? near : MathF.BitDecrement(near);
    }

    private static Int128 Units(float value) => (Int128)(value * Scale);

    private static bool OnItsSide(float result, double value, double error, string mode)
    {
        int Compare(float f) => f > value ? 1 : f < value ? -1 : error < 0 ? 1 : error > 0 ? -1 : 0;
        bool up = mode == "rp" || (mode == "rz" && value < 0);
        return up ? Compare(result) >= 0 && Compare(MathF.BitDecrement(result)) < 0 : Compare(result) <= 0 && Compare(MathF.BitIncrement(result)) > 0;
    }

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private static float Saturate(float value) => value > 0 ? Math.Min(value, 1) : 0;
}
