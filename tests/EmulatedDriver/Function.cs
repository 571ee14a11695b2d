using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>A kernel of a module, and what was set on it.</summary>
internal sealed class Function(Module module, PtxKernel kernel) : Resource(module.Context)
{
    // PTX has as many virtual registers as it likes, and there is no figure to give; a real driver never says 0.
    private const int AssumedRegisters = 32;

    public override bool IsOwnedByCaller => false;

    public Module Module { get; } = module;

    public PtxKernel Kernel { get; } = kernel;

    /// <summary>How much dynamic shared memory a launch may ask for: what is left of 48 KB, until the caller raises it.</summary>
    public int MaxDynamicShared { get; private set; } = Math.Max(0, Limits.SharedPerBlock - kernel.StaticSharedBytes);

    public static Function Of(nint handle, Context context) =>
        Driver.Handles.Find(handle) is LibraryKernel kernel ? kernel.In(context) : Driver.Handles.Get<Function>(handle, context);

    /// <summary>CUfunction_attribute by its number in cuda.h.</summary>
    public int Attribute(int attribute) => attribute switch
    {
        0 => Kernel.MaxThreads,
        1 => Kernel.StaticSharedBytes,
        2 => 0,                                     // constant bytes
        3 => Kernel.LocalBytes,
        4 => AssumedRegisters,
        5 or 6 => Context!.Device.Architecture,     // PTX and binary version
        7 or 9 => 0,
        8 => MaxDynamicShared,
        >= 10 and <= 15 => 0,                       // clusters
        _ => throw new DriverError(Result.InvalidValue, $"{attribute} is no function attribute"),
    };

    public void SetAttribute(int attribute, int value)
    {
        if (attribute == 9) return;                 // a hint how to share the first-level cache
        if (attribute != 8) throw new DriverError(Result.InvalidValue, $"function attribute {attribute} cannot be set");
        int most = Context!.Device.Limits.SharedPerBlockOptIn - Kernel.StaticSharedBytes;
        if (value < 0 || value > most) throw new DriverError(Result.InvalidValue, $"{value} bytes of dynamic shared memory; at most {most} are left");
        MaxDynamicShared = value;
    }
}
