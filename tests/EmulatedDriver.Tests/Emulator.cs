using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.EmulatedDriver.Tests;

/// <summary>A result other than success.</summary>
internal sealed class CudaFailure(int code, string reason) : Exception($"{code}: {reason}")
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;
}

/// <summary>The emulated device from a fresh start to its end, with a context on this thread, and short forms of calls that succeed or throw <see cref="CudaFailure"/>.</summary>
internal sealed unsafe class Emulator : IDisposable
{
    private static readonly byte[] Probes = [.. File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Kernels", "probes.ptx")), 0];

    public Emulator(string settings = "")
    {
        Check(Cuda.cvkEmuReset());
        Check(Cuda.cvkEmuConfigure(settings));
        Check(Cuda.cuInit(0));
        Check(Cuda.cuDevicePrimaryCtxRetain(out nint context, 0));
        Check(Cuda.cuCtxSetCurrent(context));
        Context = context;
    }

    public nint Context { get; }

    public static string LastFault
    {
        get
        {
            byte* text = stackalloc byte[4096];
            _ = Cuda.cvkEmuLastFault(text, 4096);
            return Marshal.PtrToStringUTF8((nint)text)!;
        }
    }

    public static LeakCounts Leaks
    {
        get
        {
            Check(Cuda.cvkEmuLeaks(out LeakCounts leaks));
            return leaks;
        }
    }

    public static void Check(int result)
    {
        if (result != 0) throw new CudaFailure(result, LastFault);
    }

    /// <summary>The code that a call fails with; fails the test when it does not.</summary>
    public static int Failure(Action call) => Assert.Throws<CudaFailure>(call).Code;

    public nint Stream(bool blocking = false)
    {
        Check(Cuda.cuStreamCreate(out nint stream, blocking ? 0u : 1u));
        return stream;
    }

    public nint Event(uint flags = 0)
    {
        Check(Cuda.cuEventCreate(out nint @event, flags));
        return @event;
    }

    /// <summary>Uninitialized device memory for so many integers.</summary>
    public ulong Device(int integers)
    {
        Check(Cuda.cuMemAlloc_v2(out ulong address, (nuint)integers * 4));
        return address;
    }

    public ulong Values(params ReadOnlySpan<int> values)
    {
        ulong address = Device(values.Length);
        fixed (int* from = values) Check(Cuda.cuMemcpyHtoD_v2(address, from, (nuint)values.Length * 4));
        Check(Cuda.cuCtxSynchronize());
        return address;
    }

    public int* Pinned(int integers)
    {
        Check(Cuda.cuMemHostAlloc(out nint pointer, (nuint)integers * 4, 0));
        return (int*)pointer;
    }

    /// <summary>Waits for everything, then reads.</summary>
    public int[] Read(ulong address, int integers)
    {
        Check(Cuda.cuCtxSynchronize());
        var values = new int[integers];
        fixed (int* to = values) Check(Cuda.cuMemcpyDtoH_v2(to, address, (nuint)integers * 4));
        return values;
    }

    public nint Module(byte[]? ptx = null)
    {
        fixed (byte* image = ptx ?? Probes)
        {
            Check(Cuda.cuModuleLoadData(out nint module, image));
            return module;
        }
    }

    public nint Kernel(string name, nint module = 0)
    {
        Check(Cuda.cuModuleGetFunction(out nint function, module != 0 ? module : Module(), name));
        return function;
    }

    public static nint LoadLibrary()
    {
        fixed (byte* image = Probes)
        {
            Check(Cuda.cuLibraryLoadData(out nint library, image, null, null, 0, null, null, 0));
            return library;
        }
    }

    public static string Ptx => Encoding.UTF8.GetString(Probes)[..^1];

    /// <summary>Launches with arguments of 4 or 8 bytes each.</summary>
    public void Launch(nint kernel, nint stream, uint grid, uint block, uint shared, params ReadOnlySpan<ulong> arguments)
    {
        fixed (ulong* values = arguments)
        {
            void** pointers = stackalloc void*[arguments.Length];
            for (int i = 0; i < arguments.Length; i++) pointers[i] = values + i;
            Check(Cuda.cuLaunchKernel(kernel, grid, 1, 1, block, 1, 1, shared, stream, pointers, null));
        }
    }

    public nint EndCapture(nint stream)
    {
        Check(Cuda.cuStreamEndCapture(stream, out nint graph));
        return graph;
    }

    public nint Instantiate(nint graph)
    {
        Check(Cuda.cuGraphInstantiateWithFlags(out nint executable, graph, 0));
        return executable;
    }

    public static nint[] Nodes(nint graph)
    {
        nuint count = 0;
        Check(Cuda.cuGraphGetNodes(graph, null, ref count));
        var nodes = new nint[(int)count];
        fixed (nint* to = nodes) Check(Cuda.cuGraphGetNodes(graph, to, ref count));
        return nodes;
    }

    public void Dispose() => Check(Cuda.cvkEmuReset());
}
