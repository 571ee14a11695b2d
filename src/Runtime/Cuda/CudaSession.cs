using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Convoke;

/// <summary>One user of a device: what CUDA models are built on. Used by one thread at a time, each of which calls <see cref="MakeCurrent"/> first.</summary>
internal sealed unsafe class CudaSession : IDisposable
{
    private readonly DeviceContext _context;
    private readonly ImageSource _images;
    private readonly ImageMode _mode;
    private bool _refusesCubins;
    private int _isDisposed;

    private CudaSession(CudaDeviceInfo device, DeviceContext context, ImageSource images, ImageMode mode, ImageCache cache) =>
        (Device, _context, _images, _mode, Cache) = (device, context, images, mode, cache);

    /// <summary>A session that nobody disposes of lets go of the context all the same.</summary>
    ~CudaSession() => Close();

    /// <summary>The device.</summary>
    public CudaDeviceInfo Device { get; }

    /// <summary>Where what is found out for the device is kept.</summary>
    public ImageCache Cache { get; }

    /// <summary>A fault was found: every call but <see cref="Dispose"/> throws.</summary>
    public bool IsLost => _context.IsLost;

    /// <summary>Opens a device and makes its context the calling thread's.</summary>
    /// <param name="ordinal">The driver's number of it, from 0.</param>
    /// <exception cref="DeviceNotAvailableException">There is no such device, no driver or no compiler; the message says what was probed.</exception>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public static CudaSession Open(int ordinal) => Open(ordinal, CudaDriver.Probe(), ImageCache.Default, ImageSource.ReadMode(Environment.GetEnvironmentVariable("CONVOKE_CUDA_IMAGE")));

    /// <summary>The same with all that the environment says as arguments.</summary>
    public static CudaSession Open(int ordinal, CudaProbe probe, ImageCache cache, ImageMode mode)
    {
        CudaDeviceInfo? device = probe.Available ? probe.Devices.FirstOrDefault(device => device.Ordinal == ordinal) : null;
        if (device is null) throw new DeviceNotAvailableException($"CUDA device {ordinal} is not available: {probe.Explanation}.");
        DeviceContext context = DeviceContext.Acquire(ordinal);
        try
        {
            context.MakeCurrent();
            return new(device, context, new(KernelCompiler.Default, cache, device.Architecture), mode, cache);
        }
        catch
        {
            context.RemoveUser();
            throw;
        }
    }

    /// <summary>Makes the device's context the calling thread's: contexts are per thread.</summary>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        _context.MakeCurrent();
    }

    /// <summary>Bytes of device memory that are free, and all there are.</summary>
    public (long Free, long Total) Memory()
    {
        ThrowIfUnusable();
        SizeT free = 0L, total = 0L;
        CudaErrors.Check(DriverAPINativeMethods.MemoryManagement.cuMemGetInfo_v2(ref free, ref total), "cuMemGetInfo", _context);
        return (free, total);
    }

    /// <summary>Compiles a source for this device, or takes what an earlier run compiled, and loads it.</summary>
    /// <param name="cudaSource">CUDA C, UTF-8.</param>
    /// <param name="sourceName">Its name in messages: "mnist_net.cu".</param>
    /// <exception cref="KernelCompilationException">It does not compile.</exception>
    /// <exception cref="CudaException">The driver does not load it.</exception>
    public CudaModuleHandle LoadModule(ReadOnlySpan<byte> cudaSource, string sourceName)
    {
        ThrowIfUnusable();
        if (_mode == ImageMode.Cubin || (_mode == ImageMode.Automatic && _images.HasCubin && !_refusesCubins))
        {
            CUResult result = CudaModuleHandle.TryLoad(_context, _images.Cubin(cudaSource, sourceName), out CudaModuleHandle? loaded, out string message);
            if (loaded is not null) return loaded;
            if (_mode == ImageMode.Cubin || result is not (CUResult.ErrorNoBinaryForGPU or CUResult.ErrorInvalidImage)) RefuseModule(result, sourceName, message);
            _refusesCubins = true;
            CudaTrace.Write(1, $"{Device.Name} refuses a cubin for sm_{Device.Architecture} ({CudaErrors.Name(result)}) and gets PTX from now on");
        }

        CUResult second = CudaModuleHandle.TryLoad(_context, _images.Ptx(cudaSource, sourceName), out CudaModuleHandle? module, out string said);
        if (module is null) RefuseModule(second, sourceName, said);
        return module;
    }

    /// <summary>Device memory, uninitialised.</summary>
    /// <param name="bytes">Size; 0 takes one byte.</param>
    /// <exception cref="CudaException">CUDA_ERROR_OUT_OF_MEMORY; the message says how much was asked for and how much is free.</exception>
    public DeviceBlock Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ThrowIfUnusable();
        CUdeviceptr address = default;
        CUResult result = DriverAPINativeMethods.MemoryManagement.cuMemAlloc_v2(ref address, Math.Max(bytes, 1));
        if (result != CUResult.Success) RefuseMemory(result, "cuMemAlloc", bytes);
        return new(_context, address, bytes);
    }

    /// <summary>Page-locked memory of this machine, uninitialised.</summary>
    /// <param name="bytes">Size; 0 takes one byte.</param>
    /// <exception cref="CudaException">There is not as much.</exception>
    public PinnedBlock AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ThrowIfUnusable();
        IntPtr address = 0;
        CUResult result = DriverAPINativeMethods.MemoryManagement.cuMemHostAlloc(ref address, Math.Max(bytes, 1), CUMemHostAllocFlags.None);
        if (result != CUResult.Success) RefuseMemory(result, "cuMemHostAlloc", bytes);
        return new(_context, address, bytes);
    }

    /// <summary>An empty queue.</summary>
    public CudaQueue CreateQueue()
    {
        ThrowIfUnusable();
        return CudaQueue.Create(_context);
    }

    /// <summary>Lets go of the device. What the session gave out is disposed of by its owner; after a fault the driver frees it all here.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _context.ResetIfLost();
        _context.RemoveUser();
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        _context.ThrowIfLost();
    }

    [DoesNotReturn]
    private void RefuseMemory(CUResult result, string call, long bytes)
    {
        _context.Note(result);
        SizeT free = 0L, total = 0L;
        bool isKnown = DriverAPINativeMethods.MemoryManagement.cuMemGetInfo_v2(ref free, ref total) == CUResult.Success;
        string memory = isKnown ? string.Create(CultureInfo.InvariantCulture, $"; {(long)free} of the device's {(long)total} are free") : "";
        CudaErrors.Throw(result, call, null, null, string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes were asked for{memory}."));
    }

    [DoesNotReturn]
    private static void RefuseModule(CUResult result, string sourceName, string message)
    {
        string versions = result == CUResult.UnsupportedPTXVersion
            ? $": NVRTC {KernelCompiler.Default.Version} writes newer PTX than a driver for CUDA {CudaDriver.DriverVersion()} reads. {NativeSearch.CompilerVariable} names another NVRTC"
            : "";
        CudaErrors.Throw(result, "cuModuleLoadDataEx", null, null, $"The driver does not load {sourceName}{versions}{(message.Length > 0 ? $":\n{message}\n" : ".")}");
    }
}
