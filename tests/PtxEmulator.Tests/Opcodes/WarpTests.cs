namespace Convoke.PtxEmulator.Tests.Opcodes;

public class WarpTests
{
    private static readonly ulong[] Numbers = [.. Enumerable.Range(0, 32).Select(static i => (ulong)(i * i + 3))];

    [Theory]
    [InlineData("bfly", 5, 31)]
    [InlineData("bfly", 16, 31)]
    [InlineData("up", 3, 0)]
    [InlineData("down", 7, 31)]
    [InlineData("idx", 11, 31)]
    [InlineData("idx", 3, 0x181F)]     // segments of 8
    [InlineData("down", 2, 0x181F)]
    [InlineData("up", 2, 0x1800)]
    public void Shuffle(string mode, int by, int clamp)
    {
        ulong[] found = LaneProgram.Run($"shfl.sync.{mode}.b32 {{0}}, {{1}}, {by}, {clamp}, -1;", "b32", ["b32"], [Numbers]);
        int segment = clamp >> 8 & 31, width = 32 - segment;
        for (int lane = 0; lane < 32; lane++)
        {
            int first = lane & segment, other = mode switch { "bfly" => lane ^ by, "up" => lane - by, "down" => lane + by, _ => first + by };
            if (other < first || other >= first + width) other = lane;
            Assert.Equal(Numbers[other], found[lane]);
        }
    }

    [Fact]
    public void Shuffle_says_which_lanes_found_one()
    {
        const string text = ".reg .b32 %x; .reg .pred %found; shfl.sync.down.b32 %x|%found, {1}, 4, 31, -1; selp.u32 {0}, 1, 0, %found;";
        ulong[] found = LaneProgram.Run(text, "u32", ["b32"], [Numbers]);
        Assert.Equal(Enumerable.Range(0, 32).Select(static lane => lane < 28 ? 1ul : 0), found);
    }

    [Theory]
    [InlineData("all", false)]
    [InlineData("any", true)]
    [InlineData("uni", false)]
    public void Vote(string mode, bool expected)
    {
        ulong[] source = [.. Numbers.Select(static n => n & 1)];
        Assert.All(LaneProgram.Run($"vote.sync.{mode}.pred {{0}}, {{1}}, -1;", "pred", ["pred"], [source]), value => Assert.Equal(expected ? 1ul : 0, value));
        Assert.All(LaneProgram.Run($"vote.sync.{mode}.pred {{0}}, 1, -1;", "pred", [], []), static value => Assert.Equal(1ul, value));
    }

    [Fact]
    public void Ballot_match_and_reductions()
    {
        ulong[] source = [.. Numbers.Select(static n => n & 3)];
        uint odd = 0;
        for (int lane = 0; lane < 32; lane++) odd |= (uint)(source[lane] & 1) << lane;
        Assert.All(LaneProgram.Run("vote.sync.ballot.b32 {0}, {1}, -1;", "b32", ["pred"], [[.. source.Select(static n => n & 1)]]), value => Assert.Equal(odd, value));
        ulong[] same = LaneProgram.Run("match.any.sync.b32 {0}, {1}, -1;", "b32", ["b32"], [source]);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(Enumerable.Range(0, 32).Where(other => source[other] == source[lane]).Aggregate(0ul, static (mask, other) => mask | 1ul << other), same[lane]);
        Assert.All(LaneProgram.Run("redux.sync.add.s32 {0}, {1}, -1;", "s32", ["s32"], [Numbers]), static v => Assert.Equal((ulong)Enumerable.Range(0, 32).Sum(static i => i * i + 3), v));
        Assert.All(LaneProgram.Run("redux.sync.max.u32 {0}, {1}, -1;", "u32", ["u32"], [Numbers]), static v => Assert.Equal(964ul, v));
        Assert.All(LaneProgram.Run("activemask.b32 {0};", "b32", [], []), static v => Assert.Equal(uint.MaxValue, v));
    }

    [Fact]
    public void Switch_by_a_table_of_branches()
    {
        const string text = ".reg .u32 %i; and.b32 %i, {1}, 3; ts: .branchtargets L0, L1, L2, L3; brx.idx %i, ts; L0: mov.u32 {0}, 10; bra E; L1: mov.u32 {0}, 11; bra E; L2: mov.u32 {0}, 12; bra E; L3: mov.u32 {0}, 13; E:";
        Assert.Equal(Numbers.Select(static n => 10 + (n & 3)), LaneProgram.Run(text, "u32", ["u32"], [Numbers]));
    }

    [Theory]
    [InlineData("add.u32", "u32", 1000ul)]
    [InlineData("min.s32", "s32", 500ul)]
    [InlineData("max.u32", "u32", 500ul)]
    [InlineData("and.b32", "b32", 0xFFFFul)]
    [InlineData("or.b32", "b32", 0x10000ul)]
    [InlineData("xor.b32", "b32", 0x10000ul)]
    [InlineData("exch.b32", "b32", 3ul)]
    [InlineData("inc.u32", "u32", 5ul)]
    [InlineData("dec.u32", "u32", 5ul)]
    [InlineData("add.u64", "u64", 1ul << 40)]
    [InlineData("max.s64", "s64", ulong.MaxValue)]
    [InlineData("add.f32", "f32", 0x3F800000ul)]
    public void Atomics_return_the_old_value_in_order_of_lanes(string operation, string type, ulong start)
    {
        // All lanes change the word behind the sources.
        const string register = ".reg .b64 %base; ld.param.u64 %base, [in];";
        ulong[] initial = [.. Enumerable.Repeat(start, 32)];
        ulong[] old = LaneProgram.Run($"{register} atom.global.{operation} {{0}}, [%base+256], {{1}};", type, [type], [Numbers, initial]);
        ulong value = start;
        for (int lane = 0; lane < 32; lane++)
        {
            Assert.Equal(Values.Mask(value, type), old[lane]);
            ulong n = Numbers[lane];
            value = Values.Mask(operation.Split('.')[0] switch
            {
                "add" when type == "f32" => BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((uint)value) + BitConverter.UInt32BitsToSingle((uint)n)),
                "add" => value + n,
                "min" => (ulong)Math.Min((long)value, (long)n),
                "max" => type == "s64" ? (ulong)Math.Max((long)value, (long)n) : Math.Max(value, n),
                "and" => value & n,
                "or" => value | n,
                "xor" => value ^ n,
                "exch" => n,
                "inc" => value >= n ? 0 : value + 1,
                _ => value == 0 || value > n ? n : value - 1,
            }, type);
        }
    }

    [Fact]
    public void Compare_and_swap()
    {
        ulong[] old = LaneProgram.Run(".reg .b64 %base; ld.param.u64 %base, [in]; .reg .b32 %next; add.u32 %next, %lane, 1; atom.global.cas.b32 {0}, [%base+256], %lane, %next;", "b32", ["b32"], [Numbers, new ulong[32]]);
        Assert.Equal(Enumerable.Range(0, 32).Select(static i => (ulong)i), old);
    }
}
