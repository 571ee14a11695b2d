using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.EmulatedDriver.Tests.Code;

public unsafe class ModuleTests
{
    [DriverFact]
    public void Kernels_have_names_and_figures()
    {
        using var emulator = new Emulator();
        nint module = emulator.Module();
        Emulator.Check(Cuda.cuFuncGetAttribute(out int threads, 0, emulator.Kernel("copy", module)));
        Emulator.Check(Cuda.cuFuncGetAttribute(out int shared, 1, emulator.Kernel("race", module)));
        Assert.Equal((64, 256), (threads, shared));
        Assert.Equal(500, Cuda.cuModuleGetFunction(out _, module, "nothing"));
        Assert.Contains("there are add, ", Emulator.LastFault);
    }

    [DriverFact]
    public void A_kernel_dies_with_its_module()
    {
        using var emulator = new Emulator();
        nint module = emulator.Module(), kernel = emulator.Kernel("put", module);
        Emulator.Check(Cuda.cuModuleUnload(module));
        Assert.Equal(400, Cuda.cuFuncGetAttribute(out _, 0, kernel));
        Assert.Equal(400, Cuda.cuModuleUnload(module));
    }

    [DriverTheory]
    [InlineData("nonsense", 218, "PTX begins with .version")]
    [InlineData("\u007fELF and so on", 209, "a cubin or fat binary holds machine code")]
    [InlineData(".version 8.4\n.target sm_100\n.address_size 64\n", 209, "does not run on compute capability 9.0")]
    [InlineData(".version 8.4\n.target sm_86a\n.address_size 64\n", 209, "does not run on compute capability 9.0")]
    [InlineData(".version 9.1\n.target sm_75\n.address_size 64\n", 222, "PTX 9.1 is newer than this driver's 9.0")]
    [InlineData(".version 8.4\n.target sm_75\n.address_size 64\n.visible .entry k() { nosuch.u32 %r1; ret; }\n", 218, "ptx line 4")]
    public void What_cannot_run_is_refused_with_the_reason_also_in_the_log_of_the_caller(string image, int code, string reason)
    {
        using var emulator = new Emulator();
        byte* log = stackalloc byte[256];
        int* options = stackalloc int[] { 5, 6 };
        void** values = stackalloc void*[] { log, (void*)256 };
        fixed (byte* text = Encoding.UTF8.GetBytes(image + "\0"))
        {
            Assert.Equal(code, Cuda.cuModuleLoadDataEx(out _, text, 2, options, values));
        }

        Assert.Contains(reason, Marshal.PtrToStringUTF8((nint)log));
        Assert.Contains(reason, Emulator.LastFault);
        Assert.Equal(0, Emulator.Leaks.Modules);
    }

    [DriverFact]
    public void Variables_have_an_address_in_the_context_for_as_long_as_their_module()
    {
        using var emulator = new Emulator();
        nint module = emulator.Module(".version 8.4\n.target sm_75\n.address_size 64\n.visible .global .align 4 .u32 counter[2] = {7, 8};\n\0"u8.ToArray());
        Emulator.Check(Cuda.cuModuleGetGlobal_v2(out ulong address, out nuint bytes, module, "counter"));
        Assert.Equal(((nuint)8, 0), (bytes, Emulator.Leaks.DeviceBlocks));
        Assert.Equal([7, 8], emulator.Read(address, 2));
        Assert.Equal(500, Cuda.cuModuleGetGlobal_v2(out _, out _, module, "nothing"));
        Emulator.Check(Cuda.cuModuleUnload(module));
        int value;
        Assert.Equal(1, Cuda.cuMemcpyDtoH_v2(&value, address, 4));
    }

    [DriverFact]
    public void An_older_driver_refuses_newer_ptx()
    {
        using var emulator = new Emulator("driver_version=12030");
        Assert.Equal(222, Emulator.Failure(() => emulator.Module()));
    }

    [DriverFact]
    public void A_library_is_loaded_once_and_gives_kernels_to_contexts()
    {
        using var emulator = new Emulator();
        nint library = Emulator.LoadLibrary();
        Emulator.Check(Cuda.cuLibraryGetKernel(out nint kernel, library, "put"));
        Emulator.Check(Cuda.cuKernelGetFunction(out nint function, kernel));
        ulong device = emulator.Device(2);
        emulator.Launch(function, 0, 1, 1, 0, device, 5);
        emulator.Launch(kernel, 0, 1, 1, 0, device + 4, 6);
        Assert.Equal([5, 6], emulator.Read(device, 2));
        Emulator.Check(Cuda.cuLibraryUnload(library));
        Assert.Equal(400, Cuda.cuFuncGetAttribute(out _, 0, function));
    }
}
