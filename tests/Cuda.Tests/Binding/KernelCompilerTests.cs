using System.Text;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>The compiler by itself: no driver, no device.</summary>
public class KernelCompilerTests
{
    [NvrtcTheory]
    [InlineData("sm_75")]
    [InlineData("sm_80")]
    [InlineData("sm_86")]
    [InlineData("sm_89")]
    [InlineData("sm_90")]
    public void A_kernel_becomes_machine_code_with_its_figures(string architecture)
    {
        CompiledKernels compiled = KernelCompiler.Default.Compile(Sources.Axpy, "axpy.cu", architecture);

        Assert.False(compiled.IsPtx);
        Assert.True(compiled.Image.AsSpan().StartsWith("\u007fELF"u8));
        Assert.Equal(["axpy", "sum_block"], compiled.Kernels.Select(static kernel => kernel.Name).Order(StringComparer.Ordinal));
        Assert.All(compiled.Kernels, static kernel => Assert.InRange(kernel.Registers, 4, 64));
        Assert.All(compiled.Kernels, static kernel => Assert.Equal((0, 0, 0), (kernel.StackBytes, kernel.SpillStoreBytes, kernel.SpillLoadBytes)));
        Assert.Equal(1024, compiled.Kernels.Single(static kernel => kernel.Name == "sum_block").StaticSharedBytes);
        Assert.Empty(compiled.Remarks);
    }

    [NvrtcFact]
    public void A_virtual_architecture_gives_PTX_that_ends_with_a_zero()
    {
        CompiledKernels compiled = KernelCompiler.Default.Compile(Sources.Axpy, "axpy.cu", "compute_75");

        Assert.True(compiled.IsPtx);
        Assert.Equal(0, compiled.Image[^1]);
        string ptx = Encoding.UTF8.GetString(compiled.Image);
        Assert.Contains(".target sm_75", ptx, StringComparison.Ordinal);
        Assert.Contains(".entry axpy", ptx, StringComparison.Ordinal);
        Assert.Contains(".loc", ptx, StringComparison.Ordinal);
        // a * x + y is two roundings unless the source says fmaf: back ends must agree to the bit.
        Assert.DoesNotContain("fma.rn.f32", ptx, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void Spills_are_counted()
    {
        CompiledKernels compiled = KernelCompiler.Default.Compile(Sources.Spilling, "spill.cu", "sm_80");

        KernelFigures kernel = Assert.Single(compiled.Kernels);
        Assert.Equal(32, kernel.Registers);
        Assert.True(kernel.SpillStoreBytes > 0 && kernel.SpillLoadBytes > 0 && kernel.StackBytes > 0, kernel.ToString());
    }
}
