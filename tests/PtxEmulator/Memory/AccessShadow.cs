using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>
/// Last writer and readers of each 4-byte word of a memory block; a word that is accessed in parts has entries for its bytes instead.
/// </summary>
internal sealed unsafe class AccessShadow : IDisposable
{
    private readonly long _words;
    private ulong* _writers;
    private ulong* _readers;
    private ulong* _byteWriters;
    private ulong* _byteReaders;

    public AccessShadow(long bytes)
    {
        // Room for the last vector of a run that ends with the block.
        _words = (bytes + 3) / 4 + 8;
        _writers = Zeroed(_words);
        _readers = Zeroed(_words);
    }

    ~AccessShadow() => Dispose();

    /// <summary>One access of whole words or of a part of one word. Returns the entry it conflicts with, else 0.</summary>
    public ulong Access(long offset, int bytes, bool store, in RaceClock clock, ulong self)
    {
        if ((bytes & 3) != 0) return AccessBytes(offset, bytes, store, clock, self);
        if (bytes == 16 && TryAccessFour(offset >> 2, store, clock, self)) return 0;
        for (long word = offset >> 2, end = word + (bytes >> 2); word < end; word++)
        {
            ulong conflict = _writers[word] == AccessEntry.Split
                ? AccessBytes(word * 4, 4, store, clock, self)
                : Touch(ref _writers[word], ref _readers[word], store, clock, self);
            if (conflict != 0) return conflict;
        }
        return 0;
    }

    /// <summary>Four words of one lane; false when they must be looked at one by one.</summary>
    private bool TryAccessFour(long word, bool store, in RaceClock clock, ulong self)
    {
        Vector256<ulong> launch = Vector256.Create((ulong)clock.Launch << 32), block = Vector256.Create((ulong)clock.Block << 32), current = Vector256.Create((ulong)clock.Current << 32);
        Vector256<ulong> writer = Vector256.Load(_writers + word), reader = Vector256.Load(_readers + word);
        Vector256<ulong> writers = Vector256.LessThan(writer, launch) | (Vector256.GreaterThanOrEqual(writer, block) & Vector256.LessThan(writer, current));
        if (writers != Vector256<ulong>.AllBitsSet) return false;
        if (!store && reader == Vector256.Create(AccessEntry.OfThread(clock.Current, 0, (int)AccessEntry.ManyWarps))) return true;
        Vector256<ulong> many = Vector256.Equals(reader & Vector256.Create(0xFFFFul), Vector256.Create((ulong)AccessEntry.ManyBlocks));
        Vector256<ulong> readers = Vector256.LessThan(reader, launch) | (Vector256.GreaterThanOrEqual(reader, block) & Vector256.LessThan(reader, current) & ~many);
        if (readers != Vector256<ulong>.AllBitsSet) return false;
        Vector256.Create(self).Store((store ? _writers : _readers) + word);
        return true;
    }

    /// <summary>
    /// Consecutive words, 2^<paramref name="shift"/> of them for each of the 32 lanes. Returns false when a lane must be looked at by itself.
    /// </summary>
    public bool TryAccessRun(long offset, int shift, bool store, in RaceClock clock, ulong firstLane)
    {
        Vector512<ulong> launch = Vector512.Create((ulong)clock.Launch << 32), block = Vector512.Create((ulong)clock.Block << 32), current = Vector512.Create((ulong)clock.Current << 32);
        Vector512<ulong> lanes = Vector512.Create(firstLane), iota = Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7);
        ulong* writers = _writers + (offset >> 2), readers = _readers + (offset >> 2);
        for (int i = 0; i < 32 << shift; i += 8)
        {
            Vector512<ulong> writer = Vector512.Load(writers + i);
            if (!Vector512.EqualsAll(Ordered(writer, launch, block, current), Vector512<ulong>.AllBitsSet)) return false;
        }
        if (!store)
        {
            Vector512<ulong> manyWarps = Vector512.Create(AccessEntry.OfThread(clock.Current, 0, (int)AccessEntry.ManyWarps));
            for (int i = 0; i < 32 << shift; i += 8)
            {
                Vector512<ulong> reader = Vector512.Load(readers + i);
                Vector512<ulong> many = (Vector512.Equals(reader & Vector512.Create(0xFFFFul), Vector512.Create((ulong)AccessEntry.ManyBlocks)) & Vector512.GreaterThanOrEqual(reader, launch)) | Vector512.Equals(reader, manyWarps);
                Vector512<ulong> ordered = Ordered(reader, launch, block, current);
                if (!Vector512.EqualsAll(ordered | many, Vector512<ulong>.AllBitsSet)) return false;
                Vector512<ulong> self = lanes + ((Vector512.Create((ulong)i) + iota) >> shift);
                Vector512.ConditionalSelect(many, reader, self).Store(readers + i);
            }
            return true;
        }
        for (int i = 0; i < 32 << shift; i += 8)
        {
            Vector512<ulong> reader = Vector512.Load(readers + i);
            Vector512<ulong> many = Vector512.Equals(reader & Vector512.Create(0xFFFFul), Vector512.Create((ulong)AccessEntry.ManyBlocks)) & Vector512.GreaterThanOrEqual(reader, launch);
            if (!Vector512.EqualsAll(Vector512.AndNot(Ordered(reader, launch, block, current), many), Vector512<ulong>.AllBitsSet)) return false;
        }
        for (int i = 0; i < 32 << shift; i += 8) (lanes + ((Vector512.Create((ulong)i) + iota) >> shift)).Store(writers + i);
        return true;
    }


    public void Dispose()
    {
        NativeMemory.Free(_writers);
        NativeMemory.Free(_readers);
        NativeMemory.Free(_byteWriters);
        NativeMemory.Free(_byteReaders);
        _writers = _readers = _byteWriters = _byteReaders = null;
        GC.SuppressFinalize(this);
    }

    private static ulong* Zeroed(long count) => (ulong*)NativeMemory.AllocZeroed((nuint)count, 8);

    /// <summary>Entries that cannot conflict: of earlier launches, or of the running block before its last barrier. A split word is in neither range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Ordered(Vector512<ulong> entry, Vector512<ulong> launch, Vector512<ulong> block, Vector512<ulong> current) =>
        Vector512.LessThan(entry, launch) | (Vector512.GreaterThanOrEqual(entry, block) & Vector512.LessThan(entry, current));

    private static ulong Touch(ref ulong writer, ref ulong reader, bool store, in RaceClock clock, ulong self)
    {
        bool atomic = AccessEntry.IsAtomic(self);
        if (AccessEntry.Conflicts(writer, clock, self)) return writer;
        if (!store)
        {
            reader = AccessEntry.Merge(reader, clock, self);
            return 0;
        }
        if (AccessEntry.Conflicts(reader, clock, self)) return AccessEntry.AsRead(reader);
        // A later plain access must still see the plain write that an atomic of the same thread follows: both are its own.
        if (!atomic || !AccessEntry.IsSameInterval(writer, clock)) writer = self;
        return 0;
    }

    private ulong AccessBytes(long offset, int bytes, bool store, in RaceClock clock, ulong self)
    {
        Split(offset >> 2);
        for (long at = offset; at < offset + bytes; at++)
        {
            ulong conflict = Touch(ref _byteWriters[at], ref _byteReaders[at], store, clock, self);
            if (conflict != 0) return conflict;
        }
        return 0;
    }

    private void Split(long word)
    {
        if (_byteWriters == null)
        {
            _byteWriters = Zeroed(_words * 4);
            _byteReaders = Zeroed(_words * 4);
        }
        if (_writers[word] == AccessEntry.Split) return;
        for (int i = 0; i < 4; i++)
        {
            _byteWriters[word * 4 + i] = _writers[word];
            _byteReaders[word * 4 + i] = _readers[word];
        }
        _writers[word] = AccessEntry.Split;
        _readers[word] = AccessEntry.Split;
    }
}
