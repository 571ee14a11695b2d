using System.Globalization;
using System.Text;

namespace Convoke.PtxEmulator.Tests.Opcodes;

/// <summary>mma against its definition: which element of a matrix each lane's registers hold is written here as the PTX manual does ("Matrix Fragments for mma"), element by element.</summary>
public class MatrixTests
{
    private const int Rows = 16, Columns = 8, Lanes = 32;

    [Theory]
    [InlineData("f16", 8, 75), InlineData("f16", 16, 80)]
    [InlineData("bf16", 8, 80), InlineData("bf16", 16, 80)]
    [InlineData("tf32", 4, 80), InlineData("tf32", 8, 80)]
    public void Product(string type, int depth, int target)
    {
        // Numbers of few digits, no two products alike: exact in every format, and so are their sums.
        float[] a = Numbers(Rows * depth, 37, 64), b = Numbers(depth * Columns, 23, 32), c = Numbers(Rows * Columns, 11, 16);
        uint[] left = Fragments(type, Rows * depth, (lane, i) => a[LeftPlace(type, depth, lane, i)]), right = Fragments(type, depth * Columns, (lane, i) => b[RightPlace(type, lane, i)]);
        float[] sums = new float[Rows * Columns];
        for (int lane = 0; lane < Lanes; lane++)
            for (int i = 0; i < 4; i++) sums[(lane * 4) + i] = c[SumPlace(lane, i)];
        float[] found = Run(type, depth, target, left, right, sums);
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                int row = SumPlace(lane, i) / Columns, column = SumPlace(lane, i) % Columns;
                Assert.Equal(c[SumPlace(lane, i)] + Enumerable.Range(0, depth).Sum(k => a[(row * depth) + k] * b[(k * Columns) + column]), found[(lane * 4) + i]);
            }
        }
    }

    /// <summary>Halves below the least normal one are factors like others.</summary>
    [Fact]
    public void Subnormal_halves_count()
    {
        float least = (float)BitConverter.UInt16BitsToHalf(1);
        uint[] left = Fragments("f16", Rows * 8, (_, _) => least), right = Fragments("f16", 8 * Columns, static (_, _) => 1024);
        Assert.All(Run("f16", 8, 75, left, right, new float[Rows * Columns]), value => Assert.Equal(8 * 1024 * least, value));
    }

    /// <summary>A text for Turing has no other instructions than Turing.</summary>
    [Theory]
    [InlineData("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%c0,%c1,%c2,%c3}, {%r0,%r1,%r2,%r3}, {%r4,%r5}, {%c0,%c1,%c2,%c3};")]
    [InlineData("cvt.rn.f16x2.f32 %r0, %c0, %c1;")]
    [InlineData("cvt.rna.tf32.f32 %r0, %c0;")]
    [InlineData("cp.async.wait_all;")]
    [InlineData("max.NaN.f32 %c0, %c1, %c2;")]
    public void What_is_newer_than_the_target_is_refused(string instruction)
    {
        string Text(int target) => $".version 8.4\n.target sm_{target}\n.address_size 64\n.visible .entry k()\n{{\n.reg .b32 %r<8>; .reg .f32 %c<8>;\n{instruction}\nret; }}";
        PtxModule.Parse(Text(80)).Verify();
        Assert.Contains("needs sm_80, and the text is for sm_75", Assert.Throws<PtxException>(() => PtxModule.Parse(Text(75)).Verify()).Message, StringComparison.Ordinal);
    }

    /// <summary>Element i of a lane's fragment of the left factor, as an index of its rows.</summary>
    private static int LeftPlace(string type, int depth, int lane, int i)
    {
        int group = lane >> 2, inGroup = lane % 4;
        if (type == "tf32") return ((i % 2 == 0 ? group : group + 8) * depth) + (i < 2 ? inGroup : inGroup + 4);
        int row = i < 2 || (i >= 4 && i < 6) ? group : group + 8;
        return (row * depth) + (inGroup * 2) + (i & 1) + (i >= 4 ? 8 : 0);
    }

    /// <summary>Likewise of the right one.</summary>
    private static int RightPlace(string type, int lane, int i)
    {
        int group = lane >> 2, inGroup = lane % 4;
        int row = type == "tf32" ? inGroup + (4 * i) : (inGroup * 2) + (i & 1) + (i >= 2 ? 8 : 0);
        return (row * Columns) + group;
    }

    private static int SumPlace(int lane, int i) => (((lane >> 2) + (i < 2 ? 0 : 8)) * Columns) + (lane % 4 * 2) + (i & 1);

    private static float[] Numbers(int count, int step, int of) => [.. Enumerable.Range(0, count).Select(i => ((i * step % of) - (of / 2)) / 4f)];

    /// <summary>A lane's registers one behind the other: one element each, or two, the first the lower half.</summary>
    private static uint[] Fragments(string type, int elements, Func<int, int, float> element)
    {
        int pack = type == "tf32" ? 1 : 2, registers = elements / Lanes / pack;
        return [.. Enumerable.Range(0, Lanes * registers).Select(at => Enumerable.Range(0, pack).Aggregate(0u, (word, half) => word | (Bits(type, element(at / registers, (at % registers * pack) + half)) << (16 * half))))];
    }

    private static uint Bits(string type, float value) => type switch
    {
        "f16" => BitConverter.HalfToUInt16Bits((Half)value),
        "bf16" => BitConverter.SingleToUInt32Bits(value) >> 16,
        _ => BitConverter.SingleToUInt32Bits(value),
    };

    private static float[] Run(string type, int depth, int target, uint[] left, uint[] right, float[] sums)
    {
        int a = left.Length / Lanes, b = right.Length / Lanes;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $".version 8.4\n.target sm_{target}\n.address_size 64\n.visible .entry k(.param .u64 out, .param .u64 left, .param .u64 right, .param .u64 sums)\n{{\n");
        text.AppendLine(".reg .b64 %to, %l, %r, %c; .reg .b32 %lane, %a<4>, %b<2>; .reg .f32 %d<4>;");
        text.AppendLine("mov.u32 %lane, %tid.x; ld.param.u64 %to, [out]; ld.param.u64 %l, [left]; ld.param.u64 %r, [right]; ld.param.u64 %c, [sums];");
        text.AppendLine(CultureInfo.InvariantCulture, $"mad.wide.u32 %to, %lane, 16, %to; mad.wide.u32 %c, %lane, 16, %c; mad.wide.u32 %l, %lane, {4 * a}, %l; mad.wide.u32 %r, %lane, {4 * b}, %r;");
        for (int i = 0; i < a; i++) text.AppendLine(CultureInfo.InvariantCulture, $"ld.global.b32 %a{i}, [%l+{4 * i}];");
        for (int i = 0; i < b; i++) text.AppendLine(CultureInfo.InvariantCulture, $"ld.global.b32 %b{i}, [%r+{4 * i}];");
        for (int i = 0; i < 4; i++) text.AppendLine(CultureInfo.InvariantCulture, $"ld.global.f32 %d{i}, [%c+{4 * i}];");
        text.AppendLine(CultureInfo.InvariantCulture, $"mma.sync.aligned.m16n8k{depth}.row.col.f32.{type}.{type}.f32 {{%d0,%d1,%d2,%d3}}, {List("%a", a)}, {List("%b", b)}, {{%d0,%d1,%d2,%d3}};");
        for (int i = 0; i < 4; i++) text.AppendLine(CultureInfo.InvariantCulture, $"st.global.f32 [%to+{4 * i}], %d{i};");
        text.AppendLine("ret; }");
        using Device device = new();
        ulong output = device.Raw(4 * Rows * Columns);
        device.Run(PtxModule.Parse(text.ToString()).Kernels["k"], new(1), new(Lanes), 0, output, device.Upload(left), device.Upload(right), device.Upload(sums));
        return Device.Download<float>(output, Rows * Columns);
    }

    private static string List(string register, int count) => "{" + string.Join(",", Enumerable.Range(0, count).Select(i => register + i)) + "}";
}
