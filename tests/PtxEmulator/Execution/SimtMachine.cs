using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator;

/// <summary>
/// Runs kernels. A warp executes basic blocks, that of the lowest place in the text first, so that lanes that parted meet again; warps of a block run in
/// turn from barrier to barrier. Results do not depend on <see cref="ExecutionOptions.Threads"/> unless the kernel has a race.
/// </summary>
public sealed unsafe class SimtMachine
{
    private const int MaxSharedBytes = 232448;

    private readonly DeviceMemory _memory;
    private readonly ExecutionOptions _options;

    public SimtMachine(DeviceMemory memory, ExecutionOptions options)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(options);
        (_memory, _options) = (memory, options);
    }

    /// <summary>Runs one launch to its end. Throws <see cref="DeviceFaultException"/>; memory then holds what was written until the fault.</summary>
    public LaunchCounters Run(KernelLaunch launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        Check(launch);
        long blocks = launch.Grid.Count;
        long[]? order = _options.OrderSeed is { } seed ? Shuffled(blocks, seed) : null;
        int workers = _options.DetectRaces ? 1 : (int)Math.Clamp(_options.Threads, 1, blocks);
        byte* copy = Warp.AllocateZeroed(launch.Kernel.ParameterBytes);
        launch.Parameters.Span[..launch.Kernel.ParameterBytes].CopyTo(new(copy, launch.Kernel.ParameterBytes));
        using MemoryBlock parameters = new(copy, launch.Kernel.ParameterBytes, MemoryKind.Param);
        parameters.Written.Set(0, launch.Kernel.ParameterBytes);
        try
        {
            if (!_options.DetectRaces) return workers == 1 ? Tally.Sum([RunBlocks(launch, parameters, order, new(blocks))]) : RunParallel(launch, parameters, order, workers);
            lock (_memory.RaceLock) return Tally.Sum([RunBlocks(launch, parameters, order, new(blocks))]);
        }
        finally
        {
            NativeMemory.AlignedFree(copy);
        }
    }

    private LaunchCounters RunParallel(KernelLaunch launch, MemoryBlock parameters, long[]? order, int workers)
    {
        Turnstile turnstile = new(launch.Grid.Count);
        Tally[] tallies = new Tally[workers];
        Exception?[] faults = new Exception?[workers];
        Thread[] threads = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            int worker = i;
            threads[i] = new(() =>
            {
                try
                {
                    tallies[worker] = RunBlocks(launch, parameters, order, turnstile);
                }
#pragma warning disable CA1031 // The fault is thrown on the caller's thread below.
                catch (Exception fault)
#pragma warning restore CA1031
                {
                    faults[worker] = fault;
                    turnstile.Close();
                }
            });
            threads[i].Start();
        }
        foreach (Thread thread in threads) thread.Join();
        foreach (Exception? fault in faults)
            if (fault != null) ExceptionDispatchInfo.Throw(fault);
        return Tally.Sum(tallies);
    }

    private Tally RunBlocks(KernelLaunch launch, MemoryBlock parameters, long[]? order, Turnstile turnstile)
    {
        using BlockContext context = new(launch, _options, _memory, parameters);
        BlockRunner runner = new(context);
        uint first = _memory.RaceInterval + 1, current = first;
        while (turnstile.TryNext(out long turn))
        {
            context.Start(launch.Grid.At(order == null ? turn : order[turn]), new(first, current, current));
            context.Tally.StartBlock();
            runner.Run();
            context.Tally.EndBlock();
            current = context.GlobalClock.Current + 1;
            if (_options.DetectRaces) _memory.RaceInterval = current;
        }
        return context.Tally;
    }

    private void Check(KernelLaunch launch)
    {
        PtxKernel kernel = launch.Kernel;
        string? wrong =
            launch.Grid.Count <= 0 ? $"the grid {launch.Grid} is empty"
            : launch.Block.Count <= 0 ? $"the block {launch.Block} is empty"
            : launch.Block.Count > kernel.MaxThreads ? $"{launch.Block.Count} threads a block, and the kernel allows {kernel.MaxThreads}"
            : launch.DynamicSharedBytes < 0 || SharedLayout.TotalBytes(launch) > MaxSharedBytes ? $"{SharedLayout.TotalBytes(launch)} bytes of shared memory, of {MaxSharedBytes}"
            : launch.Parameters.Length < kernel.ParameterBytes ? $"{launch.Parameters.Length} bytes of parameters, and the kernel has {kernel.ParameterBytes}"
            : null;
        if (wrong != null) throw new DeviceFaultException(DeviceFaultKind.InvalidLaunch, kernel, default, default, null, wrong);
        try
        {
            _ = kernel.Program;
        }
        catch (PtxException unknown)
        {
            throw new DeviceFaultException(DeviceFaultKind.IllegalInstruction, kernel, default, default, null, unknown.Message);
        }
    }

    private static long[] Shuffled(long count, ulong seed)
    {
        long[] order = new long[count];
        for (long i = 0; i < count; i++) order[i] = i;
        new Random((int)(seed ^ seed >> 32)).Shuffle(order);
        return order;
    }
}
