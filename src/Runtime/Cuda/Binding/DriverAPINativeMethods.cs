using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every signature is blittable: the stubs pin and call, and NativeAOT binds them without marshalling code.
[assembly: DisableRuntimeMarshalling]

namespace Convoke.Binding;

/// <summary>The driver's entry points (libcuda). Classes, names and parameters are ManagedCuda's; suffixes like _v2 are those that libcuda exports.</summary>
internal static partial class DriverAPINativeMethods
{
    [LibraryImport(NativeBinding.Driver)]
    public static partial CUResult cuInit(CUInitializationFlags Flags);

    [LibraryImport(NativeBinding.Driver)]
    public static partial CUResult cuDriverGetVersion(ref int driverVersion);

    internal static partial class DeviceManagement
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDeviceGet(ref CUdevice device, int ordinal);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDeviceGetCount(ref int count);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDeviceGetName(byte[] name, int len, CUdevice dev);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDeviceTotalMem_v2(ref SizeT bytes, CUdevice dev);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDeviceGetAttribute(ref int pi, CUDeviceAttribute attrib, CUdevice dev);
    }

    internal static partial class ContextManagement
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuDevicePrimaryCtxRetain(ref CUcontext pctx, CUdevice dev);

        [LibraryImport(NativeBinding.Driver, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
        public static partial CUResult cuDevicePrimaryCtxRelease(CUdevice dev);

        [LibraryImport(NativeBinding.Driver, EntryPoint = "cuDevicePrimaryCtxReset_v2")]
        public static partial CUResult cuDevicePrimaryCtxReset(CUdevice dev);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuCtxSetCurrent(CUcontext ctx);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuCtxGetCurrent(ref CUcontext pctx);
    }

    internal static partial class ModuleManagement
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuModuleLoadDataEx(ref CUmodule module, byte[] image, uint numOptions, CUJITOption[] options, IntPtr[] optionValues);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuModuleUnload(CUmodule hmod);

        [LibraryImport(NativeBinding.Driver, StringMarshalling = StringMarshalling.Utf8)]
        public static partial CUResult cuModuleGetFunction(ref CUfunction hfunc, CUmodule hmod, string name);
    }

    internal static partial class FunctionManagement
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuFuncGetAttribute(ref int pi, CUFunctionAttribute attrib, CUfunction hfunc);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuFuncSetAttribute(CUfunction hfunc, CUFunctionAttribute attrib, int value);
    }

    internal static partial class MemoryManagement
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemGetInfo_v2(ref SizeT free, ref SizeT total);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemAlloc_v2(ref CUdeviceptr dptr, SizeT bytesize);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemFree_v2(CUdeviceptr dptr);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemHostAlloc(ref IntPtr pp, SizeT bytesize, CUMemHostAllocFlags Flags);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemFreeHost(IntPtr p);
    }

    internal static partial class AsynchronousMemcpy_v2
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemcpyHtoDAsync_v2(CUdeviceptr dstDevice, IntPtr srcHost, SizeT ByteCount, CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemcpyDtoHAsync_v2(IntPtr dstHost, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemcpyDtoDAsync_v2(CUdeviceptr dstDevice, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream);
    }

    internal static partial class MemsetAsync
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuMemsetD8Async(CUdeviceptr dstDevice, byte b, SizeT N, CUstream hStream);
    }

    internal static partial class Streams
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuStreamCreate(ref CUstream phStream, CUStreamFlags Flags);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuStreamDestroy_v2(CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuStreamSynchronize(CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuStreamWaitEvent(CUstream hStream, CUevent hEvent, uint Flags);

        [LibraryImport(NativeBinding.Driver, EntryPoint = "cuStreamBeginCapture_v2")]
        public static partial CUResult cuStreamBeginCapture(CUstream hStream, CUstreamCaptureMode mode);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuStreamEndCapture(CUstream hStream, ref CUgraph phGraph);
    }

    internal static partial class Events
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventCreate(ref CUevent phEvent, CUEventFlags Flags);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventDestroy_v2(CUevent hEvent);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventRecord(CUevent hEvent, CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventSynchronize(CUevent hEvent);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventQuery(CUevent hEvent);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuEventElapsedTime(ref float pMilliseconds, CUevent hStart, CUevent hEnd);
    }

    // The missing letter is ManagedCuda's.
    internal static partial class GraphManagment
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGraphGetNodes(CUgraph hGraph, CUgraphNode[]? nodes, ref SizeT numNodes);

        [LibraryImport(NativeBinding.Driver, EntryPoint = "cuGraphInstantiateWithFlags")]
        public static partial CUResult cuGraphInstantiate(ref CUgraphExec phGraphExec, CUgraph hGraph, CUgraphInstantiate_flags flags);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGraphLaunch(CUgraphExec hGraphExec, CUstream hStream);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGraphDestroy(CUgraph hGraph);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGraphExecDestroy(CUgraphExec hGraphExec);
    }

    internal static partial class ErrorHandling
    {
        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGetErrorName(CUResult error, ref IntPtr pStr);

        [LibraryImport(NativeBinding.Driver)]
        public static partial CUResult cuGetErrorString(CUResult error, ref IntPtr pStr);
    }
}
