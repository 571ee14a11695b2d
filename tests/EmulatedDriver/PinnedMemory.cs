using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Page-locked host memory. Kernels cannot address it here: a program that needs mapped memory is refused as it would be with a wild pointer.</summary>
internal sealed unsafe class PinnedMemory : IDisposable
{
    private const int PageBytes = 4096;

    private readonly Dictionary<nint, long> _blocks = [];

    public int Count => _blocks.Count;

    public nint Allocate(long bytes)
    {
        if (bytes <= 0) throw new DriverError(Result.InvalidValue, "0 bytes of pinned memory");
        void* block;
        try
        {
            block = NativeMemory.AlignedAlloc((nuint)bytes, PageBytes);
        }
        catch (OutOfMemoryException)
        {
            throw new DriverError(Result.OutOfMemory, $"{bytes} bytes of pinned memory");
        }

        NativeMemory.Fill(block, (nuint)bytes, 0xcd);
        _blocks.Add((nint)block, bytes);
        return (nint)block;
    }

    public void Free(nint block)
    {
        if (!_blocks.Remove(block)) throw new DriverError(Result.InvalidValue, $"0x{block:x} is not the start of a live pinned block");
        NativeMemory.AlignedFree((void*)block);
    }

    public bool Contains(HostRange range)
    {
        foreach ((nint start, long bytes) in _blocks)
        {
            if (range.Start >= start && range.Start + range.Bytes <= start + bytes) return true;
        }

        return false;
    }

    public void Dispose()
    {
        foreach (nint block in _blocks.Keys) NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
    }
}
