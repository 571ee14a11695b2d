namespace Convoke.Cuda.Tests.Binding;

/// <summary>A model for tensor cores on a device that has none of their kind: an error before anything is compiled, which says what to write.</summary>
public class DeviceRequirementTests
{
    private static readonly CudaDeviceInfo Turing = new(0, "Turing", 7, 5, 40, 1 << 30), Ampere = Turing with { Name = "Ampere", Major = 8, Minor = 0 };

    [Fact]
    public void An_older_device_is_a_typed_error()
    {
        string message = Assert.Throws<DeviceNotAvailableException>(static () => Turing.Require(80, "Net")).Message;
        Assert.Equal("Net multiplies on tensor cores that compute capability 8.0 brings, and Turing has 7.5; take Precision.Float16, leave Precision out of [Model], or take Device.Cpu", message);
    }

    [Fact]
    public void What_the_device_has_is_no_error()
    {
        Turing.Require(0, "Net");
        Turing.Require(Convoke.Testing.KernelSource.Program<ProgramBF16>().Plan.Capability, "Net");
        Ampere.Require(80, "Net");
    }
}
