namespace Convoke.PtxEmulator.Tests.Opcodes;

public class CompareTests : OpcodeTest
{
    public static TheoryData<string, string> Relations
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string type in new[] { "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64" })
                foreach (string relation in new[] { "eq", "ne", "lt", "le", "gt", "ge" }) data.Add(relation, type);
            foreach (string type in new[] { "u16", "u32", "u64" })
                foreach (string relation in new[] { "lo", "ls", "hi", "hs" }) data.Add(relation, type);
            foreach (string type in new[] { "f32", "f64" })
                foreach (string relation in new[] { "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan" }) data.Add(relation, type);
            return data;
        }
    }

    [Theory, MemberData(nameof(Relations))]
    public void Setp(string relation, string type)
    {
        Check($"setp.{relation}.{type} {{0}}, {{1}}, {{2}};", "pred", [type, type], (a, b, _) => Holds(relation, type, a, b) ? 1u : 0);
        if (type != "f64" && type != "f32")
            Check($"setp.{relation}.{type} {{0}}, {{1}}, 32767;", "pred", [type], (a, _, _) => Holds(relation, type, a, 32767) ? 1u : 0);
    }

    [Fact]
    public void Setp_with_a_second_result_and_a_predicate()
    {
        Check("setp.lt.and.s32 {0}, {1}, {2}, {3};", "pred", ["s32", "s32", "pred"], static (a, b, p) => (int)a < (int)b && p != 0 ? 1u : 0);
        Check("setp.lt.or.s32 {0}, {1}, {2}, !{3};", "pred", ["s32", "s32", "pred"], static (a, b, p) => (int)a < (int)b || p == 0 ? 1u : 0);
        Check("setp.lt.xor.s32 {0}, {1}, {2}, {3};", "pred", ["s32", "s32", "pred"], static (a, b, p) => (int)a < (int)b != (p != 0) ? 1u : 0);
        Check("setp.lt.s32 _|{0}, {1}, {2};", "pred", ["s32", "s32"], static (a, b, _) => (int)a < (int)b ? 0u : 1);
    }

    [Fact]
    public void Selections()
    {
        Check("selp.b32 {0}, {1}, {2}, {3};", "b32", ["b32", "b32", "pred"], static (a, b, p) => p != 0 ? a : b);
        Check("selp.f64 {0}, {1}, {2}, {3};", "f64", ["f64", "f64", "pred"], static (a, b, p) => p != 0 ? a : b);
        Check("selp.b16 {0}, -1, {1}, {2};", "b16", ["b16", "pred"], static (a, p, _) => p != 0 ? 0xFFFF : a);
        Check("slct.b32.s32 {0}, {1}, {2}, {3};", "b32", ["b32", "b32", "s32"], static (a, b, c) => (int)c >= 0 ? a : b);
        Check("slct.f32.f32 {0}, {1}, {2}, {3};", "f32", ["f32", "f32", "f32"], static (a, b, c) => Single(c) >= 0 ? a : b);
        Check("set.lt.u32.f32 {0}, {1}, {2};", "u32", ["f32", "f32"], static (a, b, _) => Single(a) < Single(b) ? uint.MaxValue : 0);
        Check("set.gt.f32.s32 {0}, {1}, {2};", "f32", ["s32", "s32"], static (a, b, _) => (int)a > (int)b ? Bits(1) : 0);
        Check("testp.subnormal.f32 {0}, {1};", "pred", ["f32"], static (a, _, _) => float.IsSubnormal(Single(a)) ? 1u : 0);
        Check("testp.finite.f64 {0}, {1};", "pred", ["f64"], static (a, _, _) => double.IsFinite(Double(a)) ? 1u : 0);
    }

    [Fact]
    public void Logic_of_predicates()
    {
        Check("and.pred {0}, {1}, {2};", "pred", ["pred", "pred"], static (a, b, _) => a & b);
        Check("or.pred {0}, {1}, !{2};", "pred", ["pred", "pred"], static (a, b, _) => a | (b ^ 1));
        Check("xor.pred {0}, {1}, {2};", "pred", ["pred", "pred"], static (a, b, _) => a ^ b);
        Check("not.pred {0}, {1};", "pred", ["pred"], static (a, _, _) => a ^ 1);
        Check("mov.pred {0}, {1};", "pred", ["pred"], static (a, _, _) => a);
        Check("mov.pred {0}, 1;", "pred", ["pred"], static (_, _, _) => 1);
    }

    private static bool Holds(string relation, string type, ulong a, ulong b)
    {
        double x = Number(a, type), y = Number(b, type);
        bool unordered = double.IsNaN(x) || double.IsNaN(y);
        int order = type switch
        {
            "s64" => ((long)a).CompareTo((long)b),
            "u64" => a.CompareTo(b),
            _ => x < y ? -1 : x > y ? 1 : 0,
        };
        return relation switch
        {
            "num" => !unordered,
            "nan" => unordered,
            "eq" => !unordered && order == 0,
            "ne" => !unordered && order != 0,
            "lt" or "lo" => !unordered && order < 0,
            "le" or "ls" => !unordered && order <= 0,
            "gt" or "hi" => !unordered && order > 0,
            "ge" or "hs" => !unordered && order >= 0,
            "equ" => unordered || order == 0,
            "neu" => unordered || order != 0,
            "ltu" => unordered || order < 0,
            "leu" => unordered || order <= 0,
            "gtu" => unordered || order > 0,
            _ => unordered || order >= 0,
        };
    }

    private static double Number(ulong bits, string type) => type switch
    {
        "s16" => (short)bits,
        "u16" => (ushort)bits,
        "s32" => (int)bits,
        "u32" => (uint)bits,
        "f32" => Single(bits),
        "f64" => Double(bits),
        _ => 0,
    };
}
