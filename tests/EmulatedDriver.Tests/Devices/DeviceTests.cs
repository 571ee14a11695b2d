using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver.Tests.Devices;

public unsafe class DeviceTests
{
    [DriverFact]
    public void It_presents_one_device_with_the_figures_of_its_compute_capability()
    {
        using var emulator = new Emulator();
        Emulator.Check(Cuda.cuDeviceGetCount(out int count));
        Assert.Equal(1, count);
        Assert.Equal("Emulated device (PTX interpreter)", Name(64));
        Assert.Equal("Emulated", Name(9));
        Assert.Equal((9, 0, 132, 227 << 10), (Attribute(75), Attribute(76), Attribute(16), Attribute(97)));
        Emulator.Check(Cuda.cuDeviceTotalMem_v2(out nuint bytes, 0));
        Assert.Equal(4ul << 30, bytes);
        Assert.Equal(1, Cuda.cuDeviceGetAttribute(out _, 9999, 0));
        Assert.Equal(101, Cuda.cuDeviceGet(out _, 1));
    }

    [DriverFact]
    public void Settings_choose_another_device()
    {
        using var emulator = new Emulator("arch=86; multiprocessors=10; memory_mb=64; driver_version=12040; devices=2");
        Assert.Equal((8, 6, 10, 99 << 10), (Attribute(75), Attribute(76), Attribute(16), Attribute(97)));
        Emulator.Check(Cuda.cuDriverGetVersion(out int version));
        Assert.Equal(12040, version);
        Emulator.Check(Cuda.cuDeviceGet(out int second, 1));
        Assert.Equal(1, second);
    }

    [DriverTheory]
    [InlineData("sed=3", "\"sed\" is no setting")]
    [InlineData("seed", "\"seed\" is not key=value")]
    [InlineData("seed=x", "seed is a whole number from 0")]
    [InlineData("checks=racing", "\"racing\" is no check")]
    public void A_wrong_setting_is_refused_and_named(string settings, string reason)
    {
        using var emulator = new Emulator();
        Assert.Equal(1, Cuda.cvkEmuConfigure(settings));
        Assert.Contains(reason, Emulator.LastFault);
    }

    [DriverFact]
    public void Without_a_device_cuInit_says_so_and_nothing_else_works()
    {
        Emulator.Check(Cuda.cvkEmuReset());
        Assert.Equal(3, Cuda.cuDeviceGetCount(out _));
        Emulator.Check(Cuda.cvkEmuConfigure("devices=0"));
        Assert.Equal(100, Cuda.cuInit(0));
        Assert.Equal(3, Cuda.cuDeviceGetCount(out _));
        Emulator.Check(Cuda.cvkEmuReset());
    }

    [DriverFact]
    public void Results_have_names_and_sentences()
    {
        Emulator.Check(Cuda.cuGetErrorName(218, out nint name));
        Emulator.Check(Cuda.cuGetErrorString(700, out nint text));
        Assert.Equal("CUDA_ERROR_INVALID_PTX", Marshal.PtrToStringUTF8(name));
        Assert.Equal("an illegal memory access was encountered", Marshal.PtrToStringUTF8(text));
        Assert.Equal(1, Cuda.cuGetErrorName(12345, out name));
        Assert.Equal(0, name);
    }

    private static string Name(int bytes)
    {
        byte* name = stackalloc byte[64];
        Emulator.Check(Cuda.cuDeviceGetName(name, bytes, 0));
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    private static int Attribute(int attribute)
    {
        Emulator.Check(Cuda.cuDeviceGetAttribute(out int value, attribute, 0));
        return value;
    }
}
