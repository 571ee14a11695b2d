namespace Convoke.PtxEmulator.Tests.Execution;

public class ParserTests
{
    [Fact]
    public void Parameters_have_offsets_by_their_alignment()
    {
        PtxKernel kernel = PtxModule.Parse(Head + ".visible .entry k(.param .u8 a, .param .u64 b, .param .align 16 .b8 c[12], .param .f32 d) .maxntid 8, 4, 2 { ret; }").Kernels["k"];
        Assert.Equal([new("a", 0, 1), new("b", 8, 8), new("c", 16, 12), new("d", 28, 4)], kernel.Parameters);
        Assert.Equal((32, 64), (kernel.ParameterBytes, kernel.MaxThreads));
    }

    [Theory]
    [InlineData("  ? ", 4)]
    [InlineData(".visible .entry k() { add.s32 %r1, %r2 ", 4)]
    [InlineData(".visible .entry k() {\n bra nowhere; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>;\n\n wonder.s32 %r0, %r1; }", 6)]
    [InlineData(".visible .entry k() { .reg .f32 %f<2>;\n sin.rn.f64 %f0, %f1; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>;\n mov.u32 %r0, %pm0; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>; .reg .b64 %d;\n add.s32 %d, %r0, %r1; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>; .reg .b64 %d;\n add.s64 %d, %d, %r1; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>; .reg .pred %p;\n shfl.sync.down.b32 %p|%r0, %r1, 4, 31, -1; }", 5)]
    [InlineData(".visible .entry k() { .reg .b32 %r<2>;\n add.s32 %r0, %r1; }", 5)]
    [InlineData(".func f() { ret; }\n.visible .entry k() {\n call f, (); }", 6)]
    public void What_is_not_known_is_refused_with_its_line(string text, int line)
    {
        PtxException error = Assert.Throws<PtxException>(() => PtxModule.Parse(Head + text).Verify());
        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void A_launch_of_an_unknown_instruction_is_a_fault()
    {
        PtxModule module = PtxModule.Parse(Head + ".visible .entry k() { .reg .b32 %r<2>;\n wonder.s32 %r0, %r1; }");
        using Device device = new();
        Assert.Equal(DeviceFaultKind.IllegalInstruction, Assert.Throws<DeviceFaultException>(() => device.Run(module.Kernels["k"], new(1), new(1), 0)).Kind);
    }

    private const string Head = ".version 8.4\n.target sm_90\n.address_size 64\n";
}
