using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Code that is loaded once for all contexts (cuLibraryLoadData) and instantiated in each that asks for a kernel.</summary>
internal sealed class Library(PtxModule ptx) : Resource(null)
{
    private readonly Dictionary<Context, Module> _modules = [];
    private readonly Dictionary<string, LibraryKernel> _kernels = [];

    public LibraryKernel Kernel(string name)
    {
        if (_kernels.TryGetValue(name, out LibraryKernel? found)) return found;
        if (!ptx.Kernels.ContainsKey(name)) throw new DriverError(Result.NotFound, $"there is no kernel \"{name}\"; there are {string.Join(", ", ptx.Kernels.Keys)}");
        return _kernels[name] = Driver.Handles.Add(new LibraryKernel(this, name));
    }

    public Module In(Context context)
    {
        if (_modules.TryGetValue(context, out Module? found) && Driver.Handles.Find(found.Handle) == found) return found;
        return _modules[context] = Driver.Handles.Add(new Module(context, ptx, isOfLibrary: true));
    }

    public void Unload()
    {
        foreach (Module module in _modules.Values) module.Unload();
        foreach (LibraryKernel kernel in _kernels.Values) Driver.Handles.Remove(kernel);
        Driver.Handles.Remove(this);
    }
}

/// <summary>A kernel of a library, in no context yet.</summary>
internal sealed class LibraryKernel(Library library, string name) : Resource(null)
{
    public override bool IsOwnedByCaller => false;

    public Function In(Context context) => library.In(context).Function(name);
}
