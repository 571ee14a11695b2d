namespace Convoke.PtxEmulator;

internal enum MemoryKind { Global, Shared, Local, Param }

/// <summary>
/// Memory that kernels address as one range, with what is known of each byte: an allocation of device memory, or memory that a block or launch has.
/// </summary>
internal sealed unsafe class MemoryBlock(byte* data, long bytes, MemoryKind kind) : IDisposable
{
    private AccessShadow? _shadow;

    public byte* Data { get; } = data;
    public ulong Start { get; } = (ulong)data;

    /// <summary>Bytes that may be accessed; 0 once it was freed.</summary>
    public long Bytes { get; private set; } = bytes;
    public bool IsShared => kind == MemoryKind.Shared;

    /// <summary>More than one thread can access it.</summary>
    public bool IsTracked => kind is MemoryKind.Global or MemoryKind.Shared;

    /// <summary>For messages.</summary>
    public string Name => kind switch { MemoryKind.Shared => "shared", MemoryKind.Local => "local", MemoryKind.Param => "parameter", _ => "global" };

    /// <summary>Memory of a module's variables, which no allocation count includes.</summary>
    public bool IsInternal { get; init; }

    public ByteFlags Written { get; } = new(bytes);

    /// <summary>Who last accessed what, made when races are first looked for.</summary>
    public AccessShadow Shadow => _shadow ??= new(Bytes);

    public bool Contains(ulong address, long count) => address - Start <= (ulong)(Bytes - count) && count <= Bytes;

    public void Dispose()
    {
        Bytes = 0;
        _shadow?.Dispose();
        _shadow = null;
        Written.Dispose();
    }
}
