namespace Convoke.PtxEmulator;

/// <summary>
/// Integer arithmetic of one lane, for <see cref="LaneMap"/>. Division by zero, which PTX leaves open, yields all ones and the dividend as remainder, as
/// current hardware does.
/// </summary>
internal static unsafe class LaneArithmetic
{
    public static ulong AddSaturated(ulong a, ulong b, ulong _, int __) => (uint)Math.Clamp((long)(int)a + (int)b, int.MinValue, int.MaxValue);

    public static ulong SubtractSaturated(ulong a, ulong b, ulong _, int __) => (uint)Math.Clamp((long)(int)a - (int)b, int.MinValue, int.MaxValue);

    public static ulong MultiplyAddHigh(ulong a, ulong b, ulong c, int _) => (uint)((a * b >> 32) + c);

    public static ulong MultiplyAddHighSigned(ulong a, ulong b, ulong c, int _) => (uint)(((long)(int)a * (int)b >> 32) + (int)c);

    public static ulong Divide(ulong a, ulong b, ulong _, int __) => b == 0 ? uint.MaxValue : a / b;

    public static ulong DivideSigned(ulong a, ulong b, ulong _, int __) => b == 0 ? uint.MaxValue : (uint)((long)(int)a / (int)b);

    public static ulong Remainder(ulong a, ulong b, ulong _, int __) => b == 0 ? a : a % b;

    public static ulong RemainderSigned(ulong a, ulong b, ulong _, int __) => b == 0 ? a : (uint)((long)(int)a % (int)b);

    public static ulong Difference(ulong a, ulong b, ulong c, int _) => (uint)((a > b ? a - b : b - a) + c);

    public static ulong DifferenceSigned(ulong a, ulong b, ulong c, int _) => (uint)(Math.Abs((long)(int)a - (int)b) + (long)c);

    public static ulong Multiply16(ulong a, ulong b, ulong _, int __) => (uint)((ushort)a * (uint)(ushort)b);

    public static ulong Multiply16Signed(ulong a, ulong b, ulong _, int __) => (uint)((short)a * (short)b);

    public static ulong MultiplyAdd16(ulong a, ulong b, ulong c, int _) => (uint)((ushort)a * (uint)(ushort)b + c);

    public static ulong MultiplyAdd16Signed(ulong a, ulong b, ulong c, int _) => (uint)((short)a * (short)b + (int)c);

    public static ulong MultiplyHigh64(ulong a, ulong b, ulong _, int __) => Math.BigMul(a, b, out ulong _);

    public static ulong MultiplyHighSigned64(ulong a, ulong b, ulong _, int __) => (ulong)Math.BigMul((long)a, (long)b, out long _);

    public static ulong MultiplyAdd64(ulong a, ulong b, ulong c, int _) => a * b + c;

    public static ulong Divide64(ulong a, ulong b, ulong _, int __) => b == 0 ? ulong.MaxValue : a / b;

    public static ulong DivideSigned64(ulong a, ulong b, ulong _, int __) => b == 0 ? ulong.MaxValue : b == ulong.MaxValue ? 0 - a : (ulong)((long)a / (long)b);

    public static ulong Remainder64(ulong a, ulong b, ulong _, int __) => b == 0 ? a : a % b;

    public static ulong RemainderSigned64(ulong a, ulong b, ulong _, int __) => b == 0 ? a : b == ulong.MaxValue ? 0 : (ulong)((long)a % (long)b);

    public static ulong MinimumSigned64(ulong a, ulong b, ulong _, int __) => (ulong)Math.Min((long)a, (long)b);

    public static ulong MaximumSigned64(ulong a, ulong b, ulong _, int __) => (ulong)Math.Max((long)a, (long)b);

    public static ulong Minimum64(ulong a, ulong b, ulong _, int __) => Math.Min(a, b);

    public static ulong Maximum64(ulong a, ulong b, ulong _, int __) => Math.Max(a, b);

    public static ulong Negate64(ulong a, ulong _, ulong __, int ___) => 0 - a;

    public static ulong Absolute64(ulong a, ulong _, ulong __, int ___) => (long)a < 0 ? 0 - a : a;

    /// <summary>Arithmetic of 16-bit registers, null where there is none.</summary>
    public static delegate*<ulong, ulong, ulong, int, ulong> For16(string name, string type, bool high) => (name, type == "s16") switch
    {
        ("add", _) => &Add16,
        ("sub", _) => &Subtract16,
        ("mul", true) when high => &MultiplyHigh16Signed,
        ("mul", false) when high => &MultiplyHigh16,
        ("mul", _) => &MultiplyLow16,
        ("mad", _) when !high => &MultiplyAddLow16,
        ("div", true) => &Divide16Signed,
        ("div", false) => &Divide16,
        ("rem", true) => &Remainder16Signed,
        ("rem", false) => &Remainder16,
        ("min", true) => &Minimum16Signed,
        ("max", true) => &Maximum16Signed,
        ("min", false) => &Minimum64,
        ("max", false) => &Maximum64,
        ("neg", _) => &Negate16,
        ("abs", _) => &Absolute16,
        _ => null,
    };

    private static ulong Add16(ulong a, ulong b, ulong _, int __) => (ushort)(a + b);

    private static ulong Subtract16(ulong a, ulong b, ulong _, int __) => (ushort)(a - b);

    private static ulong MultiplyLow16(ulong a, ulong b, ulong _, int __) => (ushort)(a * b);

    private static ulong MultiplyHigh16(ulong a, ulong b, ulong _, int __) => (ushort)a * (uint)(ushort)b >> 16;

    private static ulong MultiplyHigh16Signed(ulong a, ulong b, ulong _, int __) => (ushort)((short)a * (short)b >> 16);

    private static ulong MultiplyAddLow16(ulong a, ulong b, ulong c, int _) => (ushort)(a * b + c);

    private static ulong Divide16(ulong a, ulong b, ulong _, int __) => b == 0 ? ushort.MaxValue : a / b;

    private static ulong Divide16Signed(ulong a, ulong b, ulong _, int __) => b == 0 ? ushort.MaxValue : (ushort)((short)a / (short)b);

    private static ulong Remainder16(ulong a, ulong b, ulong _, int __) => b == 0 ? a : a % b;

    private static ulong Remainder16Signed(ulong a, ulong b, ulong _, int __) => b == 0 ? a : (ushort)((short)a % (short)b);

    private static ulong Minimum16Signed(ulong a, ulong b, ulong _, int __) => (ushort)Math.Min((short)a, (short)b);

    private static ulong Maximum16Signed(ulong a, ulong b, ulong _, int __) => (ushort)Math.Max((short)a, (short)b);

    private static ulong Negate16(ulong a, ulong _, ulong __, int ___) => (ushort)(0 - a);

    private static ulong Absolute16(ulong a, ulong _, ulong __, int ___) => (short)a < 0 ? (ushort)(0 - a) : a;
}
