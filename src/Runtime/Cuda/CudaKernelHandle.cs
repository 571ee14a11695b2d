namespace Convoke;

/// <summary>A kernel of a loaded module.</summary>
internal sealed unsafe class CudaKernelHandle
{
    /// <summary>What a kernel may take without asking for more.</summary>
    private const int DefaultSharedBytes = 48 * 1024;

    private readonly CudaModuleHandle _module;
    private readonly CUfunction _function;
    private int _dynamicSharedBytes;

    internal CudaKernelHandle(CudaModuleHandle module, CUfunction function, string name)
    {
        (_module, _function, Name) = (module, function, name);
        Registers = Attribute(CUFunctionAttribute.NumRegs);
        StaticSharedBytes = Attribute(CUFunctionAttribute.SharedSizeBytes);
        LocalBytes = Attribute(CUFunctionAttribute.LocalSizeBytes);
        MaxThreads = Attribute(CUFunctionAttribute.MaxThreadsPerBlock);
    }

    /// <summary>Name in the source.</summary>
    public string Name { get; }

    /// <summary>32-bit registers of a thread.</summary>
    public int Registers { get; }

    /// <summary>Shared memory of a block, the dynamic part not included, in bytes.</summary>
    public int StaticSharedBytes { get; }

    /// <summary>Local memory of a thread, in bytes: stack and what was spilled.</summary>
    public int LocalBytes { get; }

    /// <summary>Threads that a block can have on this device.</summary>
    public int MaxThreads { get; }

    /// <summary>Lets launches have that much dynamic shared memory, in bytes. Must be called before a launch with more than 48 KB, static and dynamic together.</summary>
    /// <exception cref="CudaException">The device has not as much.</exception>
    public void EnsureDynamicShared(int bytes)
    {
        if (bytes <= _dynamicSharedBytes || bytes + StaticSharedBytes <= DefaultSharedBytes) return;
        _module.ThrowIfUnusable();
        CUResult result = DriverAPINativeMethods.FunctionManagement.cuFuncSetAttribute(_function, CUFunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
        if (result != CUResult.Success)
        {
            _module.Context.Note(result);
            CudaErrors.Throw(result, "cuFuncSetAttribute", Name, null, $"{bytes} bytes of dynamic shared memory were asked for, besides {StaticSharedBytes} static ones.");
        }

        _dynamicSharedBytes = bytes;
    }

    /// <summary>Enqueues the kernel; allocates nothing.</summary>
    /// <param name="queue">Where.</param>
    /// <param name="gridX">Blocks along x.</param>
    /// <param name="gridY">Blocks along y.</param>
    /// <param name="gridZ">Blocks along z.</param>
    /// <param name="blockX">Threads of a block.</param>
    /// <param name="dynamicSharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="arguments">A pointer to each argument; all are read before the call returns.</param>
    /// <exception cref="CudaException">The driver refuses the launch.</exception>
    public void Launch(CudaQueue queue, uint gridX, uint gridY, uint gridZ, uint blockX, int dynamicSharedBytes, void** arguments)
    {
        _module.ThrowIfUnusable();
        queue.Launch(this, _function, new(gridX, gridY, gridZ, blockX, dynamicSharedBytes), arguments);
    }

    private int Attribute(CUFunctionAttribute attribute)
    {
        int value = 0;
        CudaErrors.Check(DriverAPINativeMethods.FunctionManagement.cuFuncGetAttribute(ref value, attribute, _function), "cuFuncGetAttribute", _module.Context);
        return value;
    }
}
