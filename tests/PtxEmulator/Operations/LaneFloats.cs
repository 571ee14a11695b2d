using static Convoke.PtxEmulator.FloatBits;

namespace Convoke.PtxEmulator;

/// <summary>
/// Float arithmetic of one lane, for <see cref="LaneMap"/>. The argument holds the rounding ('n', 'z', 'm', 'p') and flags. Approximate functions are
/// computed in double and rounded: hardware is within the bounds that PTX gives around that.
/// </summary>
internal static class LaneFloats
{
    public const int Flush = 0x100, Saturate = 0x200;

    public static ulong Add(ulong a, ulong b, ulong _, int m) => Finish(MultiplyAddRounded(In(a, m), 1, In(b, m), m), m);

    public static ulong Subtract(ulong a, ulong b, ulong _, int m) => Finish(MultiplyAddRounded(In(a, m), 1, -In(b, m), m), m);

    public static ulong Multiply(ulong a, ulong b, ulong _, int m)
    {
        // Exact in double, so the error is none.
        return Finish(Round((double)In(a, m) * In(b, m), 0, Rounding(m)), m);
    }

    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, int m) => Finish(MultiplyAddRounded(In(a, m), In(b, m), In(c, m), m), m);

    public static ulong Divide(ulong a, ulong b, ulong _, int m)
    {
        double x = In(a, m), y = In(b, m), quotient = x / y, error = Math.FusedMultiplyAdd(-quotient, y, x) / y;
        return Finish(Round(quotient, error, Rounding(m)), m);
    }

    public static ulong SquareRoot(ulong a, ulong _, ulong __, int m)
    {
        double x = In(a, m), root = Math.Sqrt(x), error = Math.FusedMultiplyAdd(-root, root, x);
        return Finish(Round(root, error, Rounding(m)), m);
    }

    public static ulong Reciprocal(ulong a, ulong _, ulong __, int m) => Divide(Bits(1f), a, 0, m);

    public static ulong ReciprocalRoot(ulong a, ulong _, ulong __, int m) => Finish((float)(1 / Math.Sqrt(In(a, m))), m);

    public static ulong Exp2(ulong a, ulong _, ulong __, int m) => Finish((float)Math.Pow(2, In(a, m)), m);

    public static ulong Log2(ulong a, ulong _, ulong __, int m) => Finish((float)Math.Log2(In(a, m)), m);

    public static ulong Sine(ulong a, ulong _, ulong __, int m) => Finish((float)Math.Sin(In(a, m)), m);

    public static ulong Cosine(ulong a, ulong _, ulong __, int m) => Finish((float)Math.Cos(In(a, m)), m);

    public static ulong Tanh(ulong a, ulong _, ulong __, int m) => Finish((float)Math.Tanh(In(a, m)), m);

    /// <summary>copysign d, a, b: the sign of a with the magnitude of b.</summary>
    public static ulong CopySign(ulong a, ulong b, ulong _, int __) => (a & 0x80000000) | (b & 0x7FFFFFFF);

    public static ulong CopySignDouble(ulong a, ulong b, ulong _, int __) => (a & 1ul << 63) | (b & ~(1ul << 63));

    public static ulong MultiplyAddDouble(ulong a, ulong b, ulong c, int _) => Bits(Math.FusedMultiplyAdd(Double(a), Double(b), Double(c)));

    public static ulong MinimumDouble(ulong a, ulong b, ulong _, int __) => Bits(double.MinNumber(Double(a), Double(b)));

    public static ulong MaximumDouble(ulong a, ulong b, ulong _, int __) => Bits(double.MaxNumber(Double(a), Double(b)));

    public static ulong NegateDouble(ulong a, ulong _, ulong __, int ___) => a ^ 1ul << 63;

    public static ulong AbsoluteDouble(ulong a, ulong _, ulong __, int ___) => a & ~(1ul << 63);

    public static ulong SquareRootDouble(ulong a, ulong _, ulong __, int ___) => Bits(Math.Sqrt(Double(a)));

    public static ulong ReciprocalRootDouble(ulong a, ulong _, ulong __, int ___) => Bits(1 / Math.Sqrt(Double(a)));

    public static ulong ReciprocalDouble(ulong a, ulong _, ulong __, int ___) => Bits(1 / Double(a));

    private static char Rounding(int mode) => (char)(mode & 0xFF);

    private static float MultiplyAddRounded(float a, float b, float c, int mode) => FloatBits.MultiplyAdd(a, b, c, Rounding(mode));

    private static float In(ulong bits, int mode) => (mode & Flush) != 0 && (bits & 0x7F800000) == 0 ? Single(bits & 0x80000000) : Single(bits);

    private static ulong Finish(float value, int mode)
    {
        if ((mode & Saturate) != 0) value = value > 0 ? Math.Min(value, 1) : 0;
        uint bits = Bits(value);
        return (mode & Flush) != 0 && (bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits;
    }
}
