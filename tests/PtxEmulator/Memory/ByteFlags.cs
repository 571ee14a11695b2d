using System.Numerics;
using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator;

/// <summary>One bit per byte of a memory block: was it ever written? Setting is safe from several threads.</summary>
internal sealed unsafe class ByteFlags : IDisposable
{
    private readonly long _bytes;
    private ulong* _bits;
    private long _missing;

    public ByteFlags(long bytes)
    {
        (_bytes, _missing) = (bytes, bytes);
        _bits = (ulong*)NativeMemory.AllocZeroed((nuint)((bytes + 63) / 64), 8);
    }

    ~ByteFlags() => Dispose();

    /// <summary>Every byte is set; then no load needs to look.</summary>
    public bool All => Volatile.Read(ref _missing) == 0;

    public void Clear()
    {
        NativeMemory.Clear(_bits, (nuint)((_bytes + 63) / 64 * 8));
        _missing = _bytes;
    }

    public bool Has(long offset, long count)
    {
        for (long at = offset, end = offset + count; at < end;)
        {
            int shift = (int)(at & 63), take = (int)Math.Min(64 - shift, end - at);
            ulong mask = Mask(take) << shift;
            if ((_bits[at >> 6] & mask) != mask) return false;
            at += take;
        }
        return true;
    }

    public void Set(long offset, long count)
    {
        for (long at = offset, end = offset + count; at < end;)
        {
            int shift = (int)(at & 63), take = (int)Math.Min(64 - shift, end - at);
            ulong mask = Mask(take) << shift;
            if ((_bits[at >> 6] & mask) != mask)
            {
                ulong before = Interlocked.Or(ref _bits[at >> 6], mask);
                Interlocked.Add(ref _missing, -BitOperations.PopCount(mask & ~before));
            }
            at += take;
        }
    }

    /// <summary>Takes bytes back: an asynchronous copy is under way to them.</summary>
    public void Unset(long offset, long count)
    {
        for (long at = offset; at < offset + count; at++)
        {
            ulong mask = 1ul << (int)(at & 63), before = Interlocked.And(ref _bits[at >> 6], ~mask);
            if ((before & mask) != 0) Interlocked.Increment(ref _missing);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_bits);
        _bits = null;
        GC.SuppressFinalize(this);
    }

    private static ulong Mask(int count) => count == 64 ? ulong.MaxValue : (1ul << count) - 1;
}
