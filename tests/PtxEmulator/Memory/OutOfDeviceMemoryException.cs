namespace Convoke.PtxEmulator;

/// <summary>An allocation went beyond the capacity of the device.</summary>
public sealed class OutOfDeviceMemoryException(long requested, long live, long capacity)
    : Exception($"{requested} bytes do not fit: {live} of {capacity} bytes are in use")
{
    public long RequestedBytes { get; } = requested;
}
