namespace Convoke.PtxEmulator.Tests.Opcodes;

/// <summary>An instruction against its meaning in C#, with all lanes and with every other one.</summary>
public abstract class OpcodeTest
{
    /// <summary>Sources of type "count" are u32 shift counts and positions of moderate size.</summary>
    private protected static void Check(string instruction, string result, string[] sources, Func<ulong, ulong, ulong, ulong> meaning)
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            ulong[][] values = [.. sources.Select((type, i) => Values.Of(type, seed + 3 * i))];
            string[] types = [.. sources.Select(static type => type == "count" ? "u32" : type)];
            ulong[] all = LaneProgram.Run(instruction, result, types, values), odd = LaneProgram.Run(instruction, result, types, values, true);
            for (int lane = 0; lane < 32; lane++)
            {
                ulong a = At(0, lane), b = At(1, lane), c = At(2, lane), expected = Values.Mask(meaning(a, b, c), result);
                string what = $"{instruction} of 0x{a:x}, 0x{b:x}, 0x{c:x}: expected 0x{expected:x}, found";
                Assert.True(Same(expected, all[lane], result), $"{what} 0x{all[lane]:x}");
                ulong untouched = result == "pred" ? 0 : Values.Mask(LaneProgram.Untouched, result);
                Assert.True(Same((lane & 1) != 0 ? expected : untouched, odd[lane], result), $"{what} 0x{odd[lane]:x} in lane {lane} when odd lanes run");
            }

            ulong At(int source, int lane) => source < values.Length ? values[source][lane] : 0;
        }
    }

    private protected static void Check32(string instruction, string type, Func<uint, uint, uint, uint> meaning, int sources = 2) =>
        Check(instruction, type, [.. Enumerable.Repeat(type, sources)], (a, b, c) => meaning((uint)a, (uint)b, (uint)c));

    private protected static void CheckFloat(string instruction, Func<float, float, float, float> meaning, int sources = 2) =>
        Check(instruction, "f32", [.. Enumerable.Repeat("f32", sources)], (a, b, c) => Bits(meaning(Single(a), Single(b), Single(c))));

    private protected static void CheckDouble(string instruction, Func<double, double, double, double> meaning, int sources = 2) =>
        Check(instruction, "f64", [.. Enumerable.Repeat("f64", sources)], (a, b, c) => BitConverter.DoubleToUInt64Bits(meaning(Double(a), Double(b), Double(c))));

    private protected static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private protected static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    private protected static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>One NaN is as good as another.</summary>
    private static bool Same(ulong a, ulong b, string type) => a == b || type switch
    {
        "f32" => float.IsNaN(Single(a)) && float.IsNaN(Single(b)),
        "f64" => double.IsNaN(Double(a)) && double.IsNaN(Double(b)),
        "f16" => Half.IsNaN(BitConverter.UInt16BitsToHalf((ushort)a)) && Half.IsNaN(BitConverter.UInt16BitsToHalf((ushort)b)),
        _ => false,
    };
}
