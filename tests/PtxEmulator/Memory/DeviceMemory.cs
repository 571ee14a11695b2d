using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator;

/// <summary>
/// Memory of the emulated device. Device pointers are addresses of this process, so host code copies by plain loads and stores and then says
/// <see cref="MarkInitialized"/>. Bounds are exact, fresh memory is poisoned (0xCD), and an address is never handed out twice. Thread-safe.
/// </summary>
/// <param name="capacityBytes">Bytes that can be live at once.</param>
public sealed unsafe class DeviceMemory(long capacityBytes = 1L << 34) : IDisposable
{
    // Allocations start so far into their page: 256-byte aligned, as the driver promises, and not more, as nothing promises.
    private const int Lead = 256;
    private const byte Poison = 0xCD;

    private readonly Lock _lock = new();
    private readonly AddressSpace _space = new();
    private readonly SortedList<ulong, MemoryBlock> _blocks = [];
    private readonly Dictionary<PtxModule, Dictionary<string, ulong>> _placed = [];
    private MemoryBlock[] _snapshot = [];

    public long CapacityBytes { get; } = capacityBytes;

    /// <summary>Bytes of live allocations.</summary>
    public long LiveBytes { get; private set; }

    public int LiveAllocations { get; private set; }

    /// <summary>An address, a multiple of 256, of memory whose bytes count as never written. Throws <see cref="OutOfDeviceMemoryException"/> beyond the capacity.</summary>
    public ulong Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        lock (_lock)
        {
            if (bytes > CapacityBytes - LiveBytes) throw new OutOfDeviceMemoryException(bytes, LiveBytes, CapacityBytes);
            LiveBytes += bytes;
            LiveAllocations++;
            return Add(bytes, false).Start;
        }
    }

    /// <summary>Frees an allocation. Throws <see cref="ArgumentException"/> when no live allocation starts at the address.</summary>
    public void Free(ulong address)
    {
        lock (_lock)
        {
            if (!_blocks.TryGetValue(address, out MemoryBlock? block) || block.IsInternal)
                throw new ArgumentException($"0x{address:x} is not the start of a live allocation", nameof(address));
            LiveBytes -= block.Bytes;
            LiveAllocations--;
            Remove(block);
        }
    }

    /// <summary>Says that the host wrote the bytes, by a copy or a fill. Throws <see cref="ArgumentException"/> when they are not within one live allocation.</summary>
    public void MarkInitialized(ulong address, long bytes)
    {
        MemoryBlock? block = FindBlock(address);
        if (block == null || bytes < 0 || !block.Contains(address, bytes)) throw new ArgumentException($"{bytes} bytes at 0x{address:x} are not within a live allocation", nameof(address));
        block.Written.Set((long)(address - block.Start), bytes);
    }

    /// <summary>Whether every one of the bytes was written, by the host or by a kernel; false outside of a live allocation.</summary>
    public bool IsInitialized(ulong address, long bytes) =>
        FindBlock(address) is { } block && block.Contains(address, bytes) && block.Written.Has((long)(address - block.Start), bytes);

    /// <summary>The live allocation that holds the address, else null.</summary>
    public Allocation? Find(ulong address) => FindBlock(address) is { } block ? new(block.Start, block.Bytes) : null;

    /// <summary>Addresses of a module's .global and .const variables, which get memory at the first call; it counts as no allocation.</summary>
    public IReadOnlyDictionary<string, ulong> Place(PtxModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        lock (_lock)
        {
            if (_placed.TryGetValue(module, out Dictionary<string, ulong>? addresses)) return addresses;
            _placed[module] = addresses = [];
            foreach (PtxVariable variable in module.Variables.Values)
                if (variable.Space is StateSpace.Global or StateSpace.Const) addresses[variable.Name] = Add(Math.Max(1, variable.Bytes), true).Start;
            foreach (PtxVariable variable in module.Variables.Values)
                if (addresses.TryGetValue(variable.Name, out ulong address)) Initialise(variable, address, addresses);
            return addresses;
        }
    }

    /// <summary>Frees the variables of a module that is unloaded; nothing happens when it has none.</summary>
    public void Unplace(PtxModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        lock (_lock)
        {
            if (!_placed.Remove(module, out Dictionary<string, ulong>? addresses)) return;
            foreach (ulong address in addresses.Values) Remove(_blocks[address]);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (MemoryBlock block in _blocks.Values) block.Dispose();
            _blocks.Clear();
            _placed.Clear();
            _snapshot = [];
            (LiveBytes, LiveAllocations) = (0, 0);
            _space.Dispose();
        }
    }

    /// <summary>Last interval of race detection, see <see cref="RaceClock"/>; launches that look for races take turns.</summary>
    internal uint RaceInterval { get; set; }

    internal Lock RaceLock { get; } = new();

    internal MemoryBlock? FindBlock(ulong address)
    {
        MemoryBlock[] blocks = Volatile.Read(ref _snapshot);
        int low = 0, high = blocks.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            MemoryBlock block = blocks[middle];
            if (address < block.Start) high = middle - 1;
            else if (address - block.Start >= (ulong)block.Bytes) low = middle + 1;
            else return block;
        }
        return null;
    }

    /// <summary>For a message: how far the address lies from the nearest allocation.</summary>
    internal string Near(ulong address)
    {
        MemoryBlock? below = null, above = null;
        foreach (MemoryBlock block in Volatile.Read(ref _snapshot))
        {
            if (block.Start <= address) below = block;
            else above ??= block;
        }
        ulong past = below == null ? ulong.MaxValue : address - below.Start - (ulong)below.Bytes, before = above == null ? ulong.MaxValue : above.Start - address;
        return Math.Min(past, before) > 1 << 20 ? "outside of every allocation"
            : past <= before ? $"{past} bytes past the end of an allocation of {below!.Bytes}" : $"{before} bytes before an allocation of {above!.Bytes}";
    }

    private MemoryBlock Add(long bytes, bool isInternal)
    {
        byte* page = _space.Take(bytes + Lead);
        MemoryBlock block = new(page + Lead, bytes, MemoryKind.Global) { IsInternal = isInternal };
        NativeMemory.Fill(page, (nuint)(bytes + Lead), Poison);
        _blocks.Add(block.Start, block);
        _snapshot = [.. _blocks.Values];
        return block;
    }

    private void Remove(MemoryBlock block)
    {
        long bytes = block.Bytes;
        _blocks.Remove(block.Start);
        _snapshot = [.. _blocks.Values];
        block.Dispose();
        _space.GiveBack(block.Data - Lead, bytes + Lead);
    }

    private void Initialise(PtxVariable variable, ulong address, Dictionary<string, ulong> addresses)
    {
        Span<byte> data = new((void*)address, variable.Bytes);
        if (variable.Initial == null) data.Clear();
        else variable.Initial.CopyTo(data);
        foreach ((int offset, string symbol, long addend) in variable.Relocations)
            *(ulong*)(address + (ulong)offset) = addresses[symbol] + (ulong)addend;
        _blocks[address].Written.Set(0, Math.Max(1, variable.Bytes));
    }
}
