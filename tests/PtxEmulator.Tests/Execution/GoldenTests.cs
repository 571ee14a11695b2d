namespace Convoke.PtxEmulator.Tests.Execution;

/// <summary>The committed PTX is what NVRTC 12.4 makes of the sources beside it.</summary>
public class GoldenTests
{
    [NvrtcFact]
    public void Kernels() => Assert.Equal(Golden.Read("kernels.ptx"), Compile("kernels.cu"));

    [NvrtcFact]
    public void Faults() => Assert.Equal(Golden.Read("faults.ptx"), Compile("faults.cu"));

    [Fact]
    public void Every_kernel_can_be_decoded()
    {
        Golden.Kernels.Verify();
        Golden.Faults.Verify();
    }

    private static string Compile(string name) =>
        Nvrtc.Compile(Golden.Read(name), "/golden/" + name, "-default-device", "--std=c++17", "--fmad=false", "-lineinfo", "--gpu-architecture=compute_90");
}
