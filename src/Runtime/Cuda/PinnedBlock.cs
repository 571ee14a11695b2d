namespace Convoke;

/// <summary>A block of page-locked memory of this machine: copies between it and a device run beside the program.</summary>
internal sealed unsafe class PinnedBlock(DeviceContext context, nint address, long bytes) : CudaHandle(context, address)
{
    /// <summary>First byte; the owner keeps this object alive while it, or a copy that is under way, uses the pointer.</summary>
    public byte* Pointer => (byte*)handle;

    /// <summary>Size in bytes.</summary>
    public long Bytes => bytes;

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.MemoryManagement.cuMemFreeHost(handle);
}
