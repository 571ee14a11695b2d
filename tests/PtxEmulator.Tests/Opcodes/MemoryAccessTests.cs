namespace Convoke.PtxEmulator.Tests.Opcodes;

/// <summary>Loads and stores of every size and vector, for one address, consecutive ones and scattered ones.</summary>
public class MemoryAccessTests
{
    private static readonly ulong[] Data = [.. Enumerable.Range(0, 32).Select(static i => 0x9182736455463728ul * (ulong)(i + 1))];

    public static TheoryData<string, string, string> Loads
    {
        get
        {
            TheoryData<string, string, string> data = [];
            foreach ((string type, string register) in new[] { ("u8", "b16"), ("s8", "b16"), ("u8", "b32"), ("s8", "b32"), ("u16", "b16"), ("s16", "b32"), ("b32", "b32"), ("s32", "b64"), ("u32", "b64"), ("b64", "b64"), ("f32", "b32"), ("f64", "b64") })
                foreach (string shape in new[] { "uniform", "consecutive", "scattered" }) data.Add(type, register, shape);
            return data;
        }
    }

    [Theory, MemberData(nameof(Loads))]
    public void Load(string type, string register, string shape)
    {
        int size = ScalarType.Size(type);
        ulong[] found = LaneProgram.Run($"{Address(shape, size)} ld.global.{type} {{0}}, [%at];", register, ["b64"], [Data]);
        byte[] bytes = [.. Data.SelectMany(BitConverter.GetBytes)];
        for (int lane = 0; lane < 32; lane++)
        {
            ulong value = 0;
            for (int i = 0; i < size; i++) value |= (ulong)bytes[Offset(shape, lane, size) + i] << (8 * i);
            if (type[0] == 's' && (value >> (8 * size - 1) & 1) != 0) value |= ulong.MaxValue << (8 * size);
            Assert.Equal(Values.Mask(value, register), found[lane]);
        }
    }

    [Theory]
    [InlineData("v2.b32", 8, "uniform")]
    [InlineData("v2.b32", 8, "consecutive")]
    [InlineData("v2.b32", 8, "scattered")]
    [InlineData("v4.b32", 16, "uniform")]
    [InlineData("v4.b32", 16, "consecutive")]
    [InlineData("v4.b32", 16, "scattered")]
    [InlineData("v2.b64", 16, "scattered")]
    [InlineData("v4.u8", 4, "scattered")]
    [InlineData("v2.u16", 4, "consecutive")]
    public void Load_and_store_of_vectors(string vector, int bytes, string shape)
    {
        // Through shared memory, so that store and load are both of the vector; only the last element is looked at.
        int count = vector[1] - '0';
        string type = vector[3..], register = ScalarType.Size(type) switch { 8 => "b64", 4 => "b32", _ => "b16" };
        string list = string.Join(", ", Enumerable.Range(0, count).Select(static i => $"%e{i}"));
        string text = $"{Address(shape, bytes)} .reg .{register} %e<{count}>; .shared .align 16 .b8 box[512]; .reg .b64 %box; mov.u64 %box, box; mad.wide.u32 %box, %lane, {bytes}, %box;"
            + $"ld.global.{vector} {{{list}}}, [%at]; st.shared.{vector} [%box], {{{list}}}; ld.shared.{vector} {{{list}}}, [%box]; mov.{register} {{0}}, %e{count - 1};";
        ulong[] data = [.. Data, .. Data];
        ulong[] found = LaneProgram.Run(text, register, ["b64", "b64"], [data[..32], data[32..]]);
        byte[] all = [.. data.SelectMany(BitConverter.GetBytes)];
        for (int lane = 0; lane < 32; lane++)
        {
            ulong value = 0;
            int size = ScalarType.Size(type), at = Offset(shape, lane, bytes) + (count - 1) * size;
            for (int i = 0; i < size; i++) value |= (ulong)all[at + i] << (8 * i);
            Assert.Equal(value, found[lane]);
        }
    }

    [Fact]
    public void Generic_addresses_reach_shared_and_global_memory()
    {
        const string text = """
            .shared .align 8 .b64 box[32]; .reg .b64 %s<4>; .reg .pred %in;
            mov.u64 %s0, box; cvta.shared.u64 %s1, %s0; mad.wide.u32 %s1, %lane, 8, %s1;
            st.b64 [%s1], {1}; ld.b64 %s2, [%source]; isspacep.shared %in, %s1;
            ld.b64 %s3, [%s1]; add.s64 %s3, %s3, %s2; selp.b64 {0}, %s3, 0, %in;
            """;
        Assert.Equal(Data.Select(static n => n + n), LaneProgram.Run(text, "b64", ["b64"], [Data]));
    }

    private static string Address(string shape, int size) =>
        ".reg .b64 %at; .reg .b32 %k; ld.param.u64 %at, [in];" + shape switch
        {
            "uniform" => $"add.s64 %at, %at, {3 * size};",
            "consecutive" => $"mad.wide.u32 %at, %lane, {size}, %at;",
            _ => $"mul.lo.u32 %k, %lane, 5; and.b32 %k, %k, 7; mad.wide.u32 %at, %k, {size}, %at;",
        };

    private static int Offset(string shape, int lane, int size) => shape switch { "uniform" => 3 * size, "consecutive" => lane * size, _ => lane * 5 % 8 * size };
}
