namespace Convoke.EmulatedDriver;

/// <summary>Something that a caller holds by handle and gives back by a call.</summary>
internal abstract class Resource(Context? context)
{
    /// <summary>The context that it dies with; null: it lives in none.</summary>
    public Context? Context { get; } = context;

    public nint Handle { get; set; }

    /// <summary>Whether the caller must give it back. False for what goes with something else: a kernel with its module, a node with its graph.</summary>
    public virtual bool IsOwnedByCaller => true;
}

/// <summary>Handles are numbers, given out once: a handle that was given back, or that never was one, is refused instead of followed.</summary>
internal sealed class HandleTable
{
    // Above the special stream handles 0, 1 and 2, and far below any address.
    private nint _next = 0x10000;
    private readonly Dictionary<nint, Resource> _resources = [];

    public IEnumerable<Resource> All => _resources.Values;

    public T Add<T>(T resource) where T : Resource
    {
        resource.Handle = _next;
        _next += 16;
        _resources.Add(resource.Handle, resource);
        return resource;
    }

    /// <exception cref="DriverError">InvalidHandle: not a live T, or one of another context.</exception>
    public T Get<T>(nint handle, Context? context = null) where T : Resource
    {
        if (!_resources.TryGetValue(handle, out Resource? found)) throw new DriverError(Result.InvalidHandle, $"0x{handle:x} is not a live handle");
        if (found is not T resource) throw new DriverError(Result.InvalidHandle, $"0x{handle:x} is a {found.GetType().Name}, not a {typeof(T).Name}");
        if (context is not null && found.Context is { } owner && owner != context)
            throw new DriverError(Result.InvalidHandle, $"0x{handle:x} belongs to another context");
        return resource;
    }

    public Resource? Find(nint handle) => _resources.GetValueOrDefault(handle);

    public void Remove(Resource resource) => _resources.Remove(resource.Handle);
}
