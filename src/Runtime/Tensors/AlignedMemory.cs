using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Convoke;

/// <summary>A zeroed block of native memory on a 64-byte boundary, freed when disposed or, at the latest, when it is lost.</summary>
internal sealed unsafe class AlignedMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>A cache line, and the widest vector.</summary>
    public const int AlignmentBytes = 64;

    private static long _liveBytes;

    /// <summary>A block of <paramref name="byteCount"/> bytes; 0 is allowed and takes one line.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public AlignedMemory(long byteCount) : base(ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ByteCount = Math.Max(byteCount, AlignmentBytes);
        void* pointer = NativeMemory.AlignedAlloc((nuint)ByteCount, AlignmentBytes);
        NativeMemory.Clear(pointer, (nuint)ByteCount);
        SetHandle((nint)pointer);
        GC.AddMemoryPressure(ByteCount);
        Interlocked.Add(ref _liveBytes, ByteCount);
    }

    /// <summary>Bytes of all blocks that are not freed yet.</summary>
    public static long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Bytes of this block.</summary>
    public long ByteCount { get; }

    /// <summary>First byte; the owner keeps this object alive while it uses the pointer.</summary>
    public byte* Pointer => (byte*)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(ByteCount);
        Interlocked.Add(ref _liveBytes, -ByteCount);
        return true;
    }
}
