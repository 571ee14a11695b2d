using System.Runtime.InteropServices;
using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Host to device. From pinned memory the bytes are read when the copy runs, as a device does; from pageable memory they are staged by the call.</summary>
internal sealed unsafe class CopyToDevice : Work
{
    private readonly ulong _to;
    private readonly HostRange _from;
    private readonly byte[]? _staged;

    public CopyToDevice(ulong to, HostRange from, bool isStaged)
    {
        (_to, _from) = (to, from);
        if (isStaged) _staged = new ReadOnlySpan<byte>((void*)from.Start, checked((int)from.Bytes)).ToArray();
    }

    public override NodeType Type => NodeType.Copy;

    public override void Issued(Context context)
    {
        if (_staged is null) context.PendingReads.Add(_from);
    }

    public override void Retired(Context context)
    {
        if (_staged is null) context.PendingReads.Remove(_from);
    }

    public override void Run(Context context)
    {
        DeviceRange.CheckAgain(context, _to, _from.Bytes);
        if (_staged is not null) _staged.CopyTo(new Span<byte>((void*)_to, _staged.Length));
        else NativeMemory.Copy((void*)_from.Start, (void*)_to, (nuint)_from.Bytes);
        context.Memory.MarkInitialized(_to, _from.Bytes);
    }
}

/// <summary>Device to host. Until it has run, its target holds <see cref="Poison"/>: who reads without waiting reads that.</summary>
internal sealed unsafe class CopyFromDevice(HostRange to, ulong from) : Work
{
    public const byte Poison = 0xdb;

    public override NodeType Type => NodeType.Copy;

    public override void Issued(Context context)
    {
        // A copy to the device that is queued before this one still has to read the old bytes.
        foreach (HostRange read in context.PendingReads)
        {
            if (read.Overlaps(to)) return;
        }

        NativeMemory.Fill((void*)to.Start, (nuint)to.Bytes, Poison);
    }

    public override void Run(Context context)
    {
        DeviceRange.CheckAgain(context, from, to.Bytes);
        NativeMemory.Copy((void*)from, (void*)to.Start, (nuint)to.Bytes);
    }
}

/// <summary>Device to device.</summary>
internal sealed unsafe class CopyOnDevice(ulong to, ulong from, long bytes) : Work
{
    public override NodeType Type => NodeType.Copy;

    public override void Run(Context context)
    {
        DeviceRange.CheckAgain(context, to, bytes);
        DeviceRange.CheckAgain(context, from, bytes);
        NativeMemory.Copy((void*)from, (void*)to, (nuint)bytes);
        Mark(context.Memory, from, to, bytes);
    }

    /// <summary>Bytes that nothing wrote stay so in the copy. Halves until a part is of one kind: most copies are, as a whole.</summary>
    private static void Mark(DeviceMemory memory, ulong from, ulong to, long bytes)
    {
        if (memory.IsInitialized(from, bytes))
        {
            memory.MarkInitialized(to, bytes);
        }
        else if (bytes > 1)
        {
            long half = bytes / 2;
            Mark(memory, from, to, half);
            Mark(memory, from + (ulong)half, to + (ulong)half, bytes - half);
        }
    }
}
