using System.Text.RegularExpressions;
using Convoke.Testing;

namespace Convoke.Cuda.Tests.Testing;

public partial class KernelSourceTests
{
    [Fact]
    public void Every_kernel_is_there_with_its_comment_and_its_whole_body()
    {
        foreach (KernelSource source in (KernelSource[])[KernelSource.Of<ProgramA>(), KernelSource.Of<ProgramB>(), KernelSource.Of<ColorNet>()])
        {
            Assert.Equal(Entry().Matches(source.Text).Select(static m => m.Groups[1].Value), source.Kernels);
            foreach (string name in source.Kernels)
            {
                string text = source[name];
                Assert.StartsWith("// ", text, StringComparison.Ordinal);
                Assert.EndsWith("\n}\n", text, StringComparison.Ordinal);
                Assert.Contains(text, source.Text + "\n", StringComparison.Ordinal);
                Assert.Equal(name, Assert.Single(Entry().Matches(text)).Groups[1].Value);
                Assert.Equal(text.Count(static c => c == '{'), text.Count(static c => c == '}'));
            }
        }
    }

    [Fact]
    public void The_text_is_what_the_compiler_gets()
    {
        KernelSource source = KernelSource.Of<ProgramA>();
        Assert.Equal("ProgramA.cu", source.FileName);
        Assert.Contains("ProgramA, conv2d", source["conv2d_fprop"], StringComparison.Ordinal);
        Assert.Equal(source.Text, source.ToString());
        Assert.DoesNotContain('\r', source.Text);
    }

    [Fact]
    public void A_kernel_that_is_not_there_is_an_error_that_lists_them()
    {
        KernelSource source = KernelSource.Of<ProgramA>();
        string message = Assert.Throws<ArgumentException>(() => source["conv2d"]).Message;
        Assert.Contains("ProgramA.cu has no kernel \"conv2d\". It has: " + string.Join(", ", source.Kernels), message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_without_kernels_says_why() =>
        Assert.Contains("Bare has no CUDA kernels", Assert.Throws<InvalidOperationException>(static () => KernelSource.Of<Bare>()).Message, StringComparison.Ordinal);

    [GeneratedRegex(@"^extern ""C"" __global__ [^\n]*\n(\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Entry();

    private sealed class Bare : Compiled.ICompiledModel
    {
        public static Compiled.CudaProgram? CudaProgram => null;
    }
}
