using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator;

/// <summary>
/// Address ranges that are handed out once. A range that was given back stays reserved and unreadable, so that a stale pointer never meets new data.
/// </summary>
internal sealed unsafe partial class AddressSpace : IDisposable
{
    private const int None = 0, ReadWrite = 3, PrivateAnonymousNoReserve = 0x4022, DontNeed = 4;
    private const long Page = 4096, Chunk = 1L << 40;

    private readonly List<(nint Start, long Bytes)> _reserved = [];
    private nint _next;
    private long _left;

    /// <summary>Maps at least the given bytes, in whole pages that lie between unreadable ones.</summary>
    public byte* Take(long bytes)
    {
        long mapped = Pages(bytes);
        if (_left < mapped + 2 * Page) Reserve(Math.Max(Chunk, mapped + 2 * Page));
        byte* start = (byte*)_next + Page;
        if (Protect(start, (nuint)mapped, ReadWrite) != 0) throw new InvalidOperationException($"the host cannot map {mapped} bytes");
        _next += (nint)(mapped + Page);
        _left -= mapped + Page;
        return start;
    }

    public void GiveBack(byte* start, long bytes)
    {
        _ = Advise(start, (nuint)Pages(bytes), DontNeed);
        _ = Protect(start, (nuint)Pages(bytes), None);
    }

    public void Dispose()
    {
        foreach ((nint start, long bytes) in _reserved) _ = Unmap((void*)start, (nuint)bytes);
        _reserved.Clear();
        _left = 0;
    }

    private static long Pages(long bytes) => (bytes + Page - 1) / Page * Page;

    private void Reserve(long bytes)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("The PTX emulator maps device memory by mmap and runs on Linux.");
        void* start = Map(null, (nuint)bytes, None, PrivateAnonymousNoReserve, -1, 0);
        if ((nint)start == -1) throw new InvalidOperationException($"the host cannot reserve {bytes} bytes of addresses");
        _reserved.Add(((nint)start, bytes));
        (_next, _left) = ((nint)start, bytes);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
