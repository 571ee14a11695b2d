using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver.Tests;

/// <summary>The library as its callers see it: exports by name, results as numbers.</summary>
internal static unsafe partial class Cuda
{
    private const string Library = DriverLibrary.Name;

    [LibraryImport(Library)] public static partial int cuInit(uint flags);
    [LibraryImport(Library)] public static partial int cuDriverGetVersion(out int version);
    [LibraryImport(Library)] public static partial int cuDeviceGetCount(out int count);
    [LibraryImport(Library)] public static partial int cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] public static partial int cuDeviceGetName(byte* name, int bytes, int device);
    [LibraryImport(Library)] public static partial int cuDeviceGetAttribute(out int value, int attribute, int device);
    [LibraryImport(Library)] public static partial int cuDeviceTotalMem_v2(out nuint bytes, int device);
    [LibraryImport(Library)] public static partial int cuGetErrorName(int error, out nint name);
    [LibraryImport(Library)] public static partial int cuGetErrorString(int error, out nint text);

    [LibraryImport(Library)] public static partial int cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library)] public static partial int cuDevicePrimaryCtxRelease_v2(int device);
    [LibraryImport(Library)] public static partial int cuDevicePrimaryCtxReset_v2(int device);
    [LibraryImport(Library)] public static partial int cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] public static partial int cuCtxGetCurrent(out nint context);
    [LibraryImport(Library)] public static partial int cuCtxSynchronize();

    [LibraryImport(Library)] public static partial int cuModuleLoadData(out nint module, byte* image);
    [LibraryImport(Library)] public static partial int cuModuleLoadDataEx(out nint module, byte* image, uint count, int* options, void** values);
    [LibraryImport(Library)] public static partial int cuModuleUnload(nint module);
    [LibraryImport(Library)] public static partial int cuModuleGetFunction(out nint function, nint module, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
    [LibraryImport(Library)] public static partial int cuModuleGetGlobal_v2(out ulong address, out nuint bytes, nint module, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
    [LibraryImport(Library)] public static partial int cuLibraryLoadData(out nint library, byte* code, int* jit, void** jitValues, uint jitCount, int* options, void** values, uint count);
    [LibraryImport(Library)] public static partial int cuLibraryUnload(nint library);
    [LibraryImport(Library)] public static partial int cuLibraryGetKernel(out nint kernel, nint library, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
    [LibraryImport(Library)] public static partial int cuKernelGetFunction(out nint function, nint kernel);
    [LibraryImport(Library)] public static partial int cuFuncGetAttribute(out int value, int attribute, nint function);
    [LibraryImport(Library)] public static partial int cuFuncSetAttribute(nint function, int attribute, int value);
    [LibraryImport(Library)] public static partial int cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, nint function, int threads, nuint dynamicShared);

    [LibraryImport(Library)] public static partial int cuMemAlloc_v2(out ulong address, nuint bytes);
    [LibraryImport(Library)] public static partial int cuMemFree_v2(ulong address);
    [LibraryImport(Library)] public static partial int cuMemAllocAsync(out ulong address, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemFreeAsync(ulong address, nint stream);
    [LibraryImport(Library)] public static partial int cuMemGetInfo_v2(out nuint free, out nuint total);
    [LibraryImport(Library)] public static partial int cuMemHostAlloc(out nint pointer, nuint bytes, uint flags);
    [LibraryImport(Library)] public static partial int cuMemFreeHost(nint pointer);
    [LibraryImport(Library)] public static partial int cuMemcpyHtoD_v2(ulong to, void* from, nuint bytes);
    [LibraryImport(Library)] public static partial int cuMemcpyDtoH_v2(void* to, ulong from, nuint bytes);
    [LibraryImport(Library)] public static partial int cuMemcpyHtoDAsync_v2(ulong to, void* from, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemcpyDtoHAsync_v2(void* to, ulong from, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemcpyDtoDAsync_v2(ulong to, ulong from, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemsetD8Async(ulong address, byte value, nuint count, nint stream);
    [LibraryImport(Library)] public static partial int cuMemsetD32Async(ulong address, uint value, nuint count, nint stream);

    [LibraryImport(Library)] public static partial int cuStreamCreate(out nint stream, uint flags);
    [LibraryImport(Library)] public static partial int cuStreamDestroy_v2(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamQuery(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamWaitEvent(nint stream, nint @event, uint flags);
    [LibraryImport(Library)] public static partial int cuEventCreate(out nint @event, uint flags);
    [LibraryImport(Library)] public static partial int cuEventDestroy_v2(nint @event);
    [LibraryImport(Library)] public static partial int cuEventRecord(nint @event, nint stream);
    [LibraryImport(Library)] public static partial int cuEventSynchronize(nint @event);
    [LibraryImport(Library)] public static partial int cuEventQuery(nint @event);
    [LibraryImport(Library)] public static partial int cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint shared, nint stream, void** arguments, void** extra);

    [LibraryImport(Library)] public static partial int cuStreamBeginCapture_v2(nint stream, int mode);
    [LibraryImport(Library)] public static partial int cuStreamEndCapture(nint stream, out nint graph);
    [LibraryImport(Library)] public static partial int cuStreamIsCapturing(nint stream, out int status);
    [LibraryImport(Library)] public static partial int cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);
    [LibraryImport(Library)] public static partial int cuGraphLaunch(nint executable, nint stream);
    [LibraryImport(Library)] public static partial int cuGraphGetNodes(nint graph, nint* nodes, ref nuint count);
    [LibraryImport(Library)] public static partial int cuGraphNodeGetType(nint node, out int type);
    [LibraryImport(Library)] public static partial int cuGraphExecKernelNodeSetParams_v2(nint executable, nint node, KernelNodeParameters* parameters);
    [LibraryImport(Library)] public static partial int cuGraphExecUpdate_v2(nint executable, nint graph, GraphUpdateInfo* info);
    [LibraryImport(Library)] public static partial int cuGraphDestroy(nint graph);
    [LibraryImport(Library)] public static partial int cuGraphExecDestroy(nint executable);

    [LibraryImport(Library)] public static partial int cvkEmuReset();
    [LibraryImport(Library)] public static partial int cvkEmuConfigure([MarshalAs(UnmanagedType.LPUTF8Str)] string settings);
    [LibraryImport(Library)] public static partial int cvkEmuInject([MarshalAs(UnmanagedType.LPUTF8Str)] string function, int nth, int code);
    [LibraryImport(Library)] public static partial int cvkEmuCalls([MarshalAs(UnmanagedType.LPUTF8Str)] string function);
    [LibraryImport(Library)] public static partial int cvkEmuLeaks(out LeakCounts leaks);
    [LibraryImport(Library)] public static partial int cvkEmuLastFault(byte* buffer, int bytes);
    [LibraryImport(Library)] public static partial int cvkEmuCounters([MarshalAs(UnmanagedType.LPUTF8Str)] string kernel, long* counters);
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelNodeParameters
{
    public nint Function;
    public uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, SharedBytes;
    public void** Arguments;
    public void** Extra;
    public nint Kernel, Context;
}

[StructLayout(LayoutKind.Sequential)]
internal struct GraphUpdateInfo
{
    public int Result;
    public nint ErrorNode, ErrorFromNode;
}

[StructLayout(LayoutKind.Sequential)]
internal record struct LeakCounts
{
    public int ContextRetains, DeviceBlocks, PinnedBlocks, Streams, Events, Modules, Libraries, Graphs, GraphExecutables, Pending, Collected, Padding;
    public long DeviceBytes;
}
