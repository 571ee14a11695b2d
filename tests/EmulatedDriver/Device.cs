namespace Convoke.EmulatedDriver;

/// <summary>One device: its figures, and its primary context while anyone retains that.</summary>
internal sealed class Device(int ordinal, Settings settings)
{
    public const string Name = "Emulated device (PTX interpreter)";

    private Context? _primary;
    private int _retains;

    public int Ordinal { get; } = ordinal;

    public int Architecture { get; } = settings.Architecture;

    public Limits Limits { get; } = Limits.Of(settings.Architecture);

    public long MemoryBytes { get; } = settings.MemoryBytes;

    public int Multiprocessors { get; } = settings.Multiprocessors;

    public int Retains => _retains;

    public Context Retain()
    {
        _retains++;
        return _primary ??= new(this);
    }

    public void Release()
    {
        if (_retains == 0) throw new DriverError(Result.InvalidContext, "the primary context is released more often than it was retained");
        if (--_retains == 0) Destroy();
    }

    /// <summary>Destroys the context with all that lives in it and gives whoever retains it a healthy one under the same handle.</summary>
    public void Reset()
    {
        if (_primary is not { } old) return;
        Destroy();
        _primary = new(this, old.Handle);
    }

    private void Destroy()
    {
        _primary?.Destroy();
        _primary = null;
    }

    /// <summary>CUdevice_attribute by its number in cuda.h.</summary>
    public int Attribute(int attribute) => attribute switch
    {
        1 => Limits.ThreadsPerBlock,
        2 => Limits.BlockX,
        3 => Limits.BlockY,
        4 => Limits.BlockZ,
        5 => Limits.GridX,
        6 => Limits.GridY,
        7 => Limits.GridZ,
        8 => Limits.SharedPerBlock,
        9 => Limits.ConstantBytes,
        10 => Limits.WarpSize,
        12 or 82 => Limits.RegistersPerBlock,
        13 => 1_000_000,                                // core clock in kHz: nothing here is timed by it
        15 or 31 => 1,                                  // copies beside kernels; kernels beside kernels
        16 => Multiprocessors,
        33 => Ordinal + 1,                              // PCI bus
        36 => 1_000_000,
        37 => 256,
        38 => 4 << 20,                                  // second-level cache
        39 => Limits.ThreadsPerMultiprocessor,
        40 => 2,                                        // copy engines
        41 => 1,                                        // one address space
        75 => Architecture / 10,
        76 => Architecture % 10,
        81 => Limits.SharedPerMultiprocessor,
        97 => Limits.SharedPerBlockOptIn,
        106 => Limits.BlocksPerMultiprocessor,
        111 => Limits.SharedReserved,
        115 => 1,                                       // cuMemAllocAsync
        > 0 and <= 140 => 0,                            // a feature that is not there
        _ => throw new DriverError(Result.InvalidValue, $"{attribute} is no device attribute"),
    };
}
