using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Extents of a launch, as a caller gives them.</summary>
internal readonly record struct LaunchShape(uint GridX, uint GridY, uint GridZ, uint BlockX, uint BlockY, uint BlockZ, uint DynamicShared);

/// <summary>One launch of a kernel with its arguments, which are copied when the launch is issued.</summary>
internal sealed class KernelLaunchWork : Work
{
    private readonly KernelLaunch _launch;

    /// <exception cref="DriverError">InvalidValue: a limit is passed, or arguments are missing.</exception>
    public unsafe KernelLaunchWork(Function function, LaunchShape shape, void** arguments)
    {
        Function = function;
        Check(function, shape);
        _launch = new(function.Kernel, new(shape.GridX, shape.GridY, shape.GridZ), new(shape.BlockX, shape.BlockY, shape.BlockZ),
            (int)shape.DynamicShared, Gather(function.Kernel, arguments));
    }

    public Function Function { get; }

    public override NodeType Type => NodeType.Kernel;

    public override void Run(Context context)
    {
        Settings settings = Driver.Settings;
        var options = new ExecutionOptions
        {
            DetectRaces = settings.DetectRaces,
            DetectUninitialized = settings.DetectUninitialized,
            Count = settings.Count,
            PessimisticAsync = settings.PessimisticAsync,
            Threads = settings.Threads,
            OrderSeed = settings.Seed == 0 ? null : context.Scheduler.Next(),
        };
        Driver.Counters.Add(Function.Kernel.Name, new SimtMachine(context.Memory, options).Run(_launch));
    }

    /// <exception cref="DriverError">InvalidHandle: a graph outlived the module that its kernel is of.</exception>
    public void RefuseUnloaded()
    {
        if (Function.Module.IsUnloaded) throw new DriverError(Result.InvalidHandle, $"the module of kernel \"{Function.Kernel.Name}\" was unloaded");
    }

    private static void Check(Function function, LaunchShape shape)
    {
        (uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint shared) = shape;
        ulong threads = (ulong)blockX * blockY * blockZ;
        string name = function.Kernel.Name;
        if (gridX is 0 or > Limits.GridX || gridY is 0 or > Limits.GridY || gridZ is 0 or > Limits.GridZ)
            throw new DriverError(Result.InvalidValue, $"{name}: a grid of {gridX} x {gridY} x {gridZ} blocks; each is at least 1, y and z at most {Limits.GridY}");
        if (blockX is 0 or > Limits.BlockX || blockY is 0 or > Limits.BlockY || blockZ is 0 or > Limits.BlockZ || threads > Limits.ThreadsPerBlock)
            throw new DriverError(Result.InvalidValue, $"{name}: a block of {blockX} x {blockY} x {blockZ} threads; at most {Limits.ThreadsPerBlock}, z at most {Limits.BlockZ}");
        if (threads > (ulong)function.Kernel.MaxThreads)
            throw new DriverError(Result.InvalidValue, $"{name}: {threads} threads a block; it was compiled for at most {function.Kernel.MaxThreads}");
        if (shared > function.MaxDynamicShared)
        {
            throw new DriverError(Result.InvalidValue, $"{name}: {shared} bytes of dynamic shared memory beside {function.Kernel.StaticSharedBytes} static ones; "
                + $"at most {function.MaxDynamicShared} are allowed until CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES says more");
        }
    }

    private static unsafe byte[] Gather(PtxKernel kernel, void** arguments)
    {
        var bytes = new byte[kernel.ParameterBytes];
        for (int i = 0; i < kernel.Parameters.Count; i++)
        {
            PtxParameter parameter = kernel.Parameters[i];
            if (arguments is null || arguments[i] is null) throw new DriverError(Result.InvalidValue, $"{kernel.Name}: argument {i} ({parameter.Name}) is missing");
            new ReadOnlySpan<byte>(arguments[i], parameter.Size).CopyTo(bytes.AsSpan(parameter.Offset));
        }

        return bytes;
    }
}
