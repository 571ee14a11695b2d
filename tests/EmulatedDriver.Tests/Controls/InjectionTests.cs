namespace Convoke.EmulatedDriver.Tests.Controls;

public class InjectionTests
{
    [DriverFact]
    public void The_nth_call_from_now_fails_once_and_does_nothing()
    {
        using var emulator = new Emulator();
        _ = emulator.Device(1);
        Emulator.Check(Cuda.cvkEmuInject("cuMemAlloc_v2", 2, 2));
        _ = emulator.Device(1);
        Assert.Equal(2, Emulator.Failure(() => emulator.Device(1)));
        Assert.Equal("cuMemAlloc_v2: injected OutOfMemory", Emulator.LastFault);
        _ = emulator.Device(1);
        Assert.Equal((3, 4), (Emulator.Leaks.DeviceBlocks, Cuda.cvkEmuCalls("cuMemAlloc_v2")));
    }

    [DriverTheory]
    [InlineData(2, 0)]
    [InlineData(999, 0)]
    [InlineData(700, 700)]
    [InlineData(214, 214)]
    public void Errors_that_last_on_a_device_last_here(int code, int after)
    {
        using var emulator = new Emulator();
        Emulator.Check(Cuda.cvkEmuInject("cuStreamCreate", 1, code));
        Assert.Equal(code, Cuda.cuStreamCreate(out _, 0));
        Assert.Equal(after, Cuda.cuStreamCreate(out _, 0));
    }

    [DriverFact]
    public void Even_initialization_can_fail()
    {
        Emulator.Check(Cuda.cvkEmuReset());
        Emulator.Check(Cuda.cvkEmuInject("cuInit", 1, 999));
        Assert.Equal((999, 0), (Cuda.cuInit(0), Cuda.cuInit(0)));
        Assert.Equal((1, 1), (Cuda.cvkEmuInject("cuInit", -1, 999), Cuda.cvkEmuInject("cuInit", 1, 0)));
    }

    [DriverFact]
    public void What_has_not_happened_can_be_taken_back()
    {
        using var emulator = new Emulator();
        Emulator.Check(Cuda.cvkEmuInject("cuStreamCreate", 1, 2));
        Emulator.Check(Cuda.cvkEmuInject("cuEventCreate", 1, 2));
        Emulator.Check(Cuda.cvkEmuInject("cuStreamCreate", 0, 0));
        Assert.Equal((0, 2), (Cuda.cuStreamCreate(out _, 0), Cuda.cuEventCreate(out _, 0)));
    }
}
