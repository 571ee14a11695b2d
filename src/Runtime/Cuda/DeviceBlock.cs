namespace Convoke;

/// <summary>A block of device memory, uninitialised, on a 256-byte boundary.</summary>
internal sealed class DeviceBlock(DeviceContext context, CUdeviceptr address, long bytes) : CudaHandle(context, (nint)(ulong)address.Pointer)
{
    /// <summary>Address of the first byte, for kernels and copies.</summary>
    public ulong Pointer => (ulong)handle;

    /// <summary>Size in bytes.</summary>
    public long Bytes => bytes;

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.MemoryManagement.cuMemFree_v2(new CUdeviceptr((ulong)handle));
}
