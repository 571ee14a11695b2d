using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>A module in a context.</summary>
internal sealed class Module(Context context, PtxModule ptx, bool isOfLibrary) : Resource(context)
{
    private readonly Dictionary<string, Function> _functions = [];

    public override bool IsOwnedByCaller => !isOfLibrary;

    public PtxModule Ptx { get; } = ptx;

    public bool IsUnloaded { get; private set; }

    /// <exception cref="DriverError">NotFound.</exception>
    public Function Function(string name)
    {
        if (_functions.TryGetValue(name, out Function? found)) return found;
        if (!Ptx.Kernels.TryGetValue(name, out PtxKernel? kernel))
            throw new DriverError(Result.NotFound, $"there is no kernel \"{name}\"; there are {string.Join(", ", Ptx.Kernels.Keys)}");
        return _functions[name] = Driver.Handles.Add(new Function(this, kernel));
    }

    public void Unload()
    {
        IsUnloaded = true;
        foreach (Function function in _functions.Values) Driver.Handles.Remove(function);
        Driver.Handles.Remove(this);
        Context!.Memory.Unplace(Ptx);
    }
}
