namespace Convoke.Cuda.Tests.Binding;

/// <summary>What a kernel that does not compile looks like.</summary>
public class CompilationErrorTests
{
    [NvrtcFact]
    public void Each_error_stands_over_its_numbered_lines()
    {
        KernelCompilationException failure = Assert.Throws<KernelCompilationException>(() => KernelCompiler.Default.Compile(
            "extern \"C\" __global__ void f(float* x)\n{\n    int i = 0;\n    x[0] = y;\n    x[1] = 3;\n    z();\n}\n"u8, "bad.cu", "sm_90"));

        Assert.StartsWith(
            """
            bad.cu does not compile for sm_90: 2 errors.

            bad.cu(4): error: identifier "y" is undefined
                 1 | extern "C" __global__ void f(float* x)
                 2 | {
                 3 |     int i = 0;
            >    4 |     x[0] = y;
                 5 |     x[1] = 3;
                 6 |     z();
                 7 | }

            bad.cu(6): error: identifier "z" is undefined
            """,
            failure.Message,
            StringComparison.Ordinal);
        Assert.Contains("bad.cu(4): error", failure.Log, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void What_only_the_assembler_rejects_is_an_error_too()
    {
        KernelCompilationException failure = Assert.Throws<KernelCompilationException>(() => KernelCompiler.Default.Compile(
            "extern \"C\" __global__ void f() { asm volatile(\"wgmma.fence.sync.aligned;\"); }"u8, "wgmma.cu", "sm_75"));
        Assert.Contains("wgmma", failure.Message, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void An_architecture_that_the_compiler_lacks_names_those_it_has()
    {
        KernelCompilationException failure = Assert.Throws<KernelCompilationException>(() => KernelCompiler.Default.Compile(Sources.Axpy, "axpy.cu", "sm_10"));
        Assert.Contains($"it compiles for {string.Join(", ", KernelCompiler.Default.Architectures)}", failure.Message, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void Something_else_than_an_architecture_is_refused() =>
        Assert.Contains("\"90\" is no architecture", Assert.Throws<ArgumentException>(() => KernelCompiler.Default.Compile(Sources.Axpy, "axpy.cu", "90")).Message, StringComparison.Ordinal);

    [Fact]
    public void Many_errors_are_cut_and_counted()
    {
        string log = string.Join('\n', Enumerable.Range(1, 12).Select(static line => $"k.cu({line}): error: number {line}"));
        string message = NumberedSource.Explain(string.Join('\n', Enumerable.Repeat("code", 12)), "k.cu", "sm_90", log);
        Assert.StartsWith("k.cu does not compile for sm_90: 12 errors.", message, StringComparison.Ordinal);
        Assert.EndsWith("and 4 more: see Log.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_outside_of_the_source_does_no_harm() =>
        Assert.Contains("k.cu(900): error: far away", NumberedSource.Explain("one\ntwo", "k.cu", "sm_90", "k.cu(900): error: far away"), StringComparison.Ordinal);

    [Fact]
    public void Warnings_are_no_errors() =>
        Assert.StartsWith("k.cu does not compile for sm_90: 1 error.", NumberedSource.Explain("x", "k.cu", "sm_90", "k.cu(1): warning #177-D: never used\nk.cu(1): error: y"), StringComparison.Ordinal);
}
