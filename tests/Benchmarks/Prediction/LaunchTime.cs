namespace Convoke.Benchmarks.Prediction;

/// <summary>What binds a launch.</summary>
internal enum Bound
{
    Issue,
    MultiplyAdd,
    Tensor,
    Shared,
    Cache,
    Memory,

    /// <summary>No pipe is full: warps wait for what they asked for, one wave of blocks after the other.</summary>
    Latency,

    /// <summary>The launch itself takes longer than what it does.</summary>
    Launch,
}

/// <summary>
/// A launch's time: that of an empty one, and then the longest of what its busiest multiprocessor needs of each pipe, at its full rate, and of what one warp takes
/// by itself, once for every wave of blocks. Nothing overlaps with the launches before and behind.
/// </summary>
/// <param name="Resident">Blocks that a multiprocessor holds at once.</param>
/// <param name="Pipe">Seconds of the pipe that takes longest.</param>
/// <param name="Total">Seconds of the launch.</param>
/// <param name="Bound">What binds it.</param>
internal sealed record LaunchTime(int Resident, double Pipe, double Total, Bound Bound)
{
    /// <summary>
    /// Clocks of a warp by itself: from one instruction to the next, from one multiply-add to the next, most of which are of sums of their own, and what it waits besides for an
    /// answer of global memory and of shared memory, several of which are on their way at once. Chosen once, so that the times of docs/results/gpu.md are met best on the
    /// whole; all else in the model is measured or known.
    /// </summary>
    private const double Step = 6, MultiplyAddStep = 2, GlobalAnswer = 60, SharedAnswer = 8;

    public static LaunchTime Of(LaunchWork work, int registers, int sharedBytes, double mapBytes)
    {
        int resident = DeviceFigures.Resident(work.Kernel.Threads, registers, sharedBytes), most = Ceiling(work.Blocks, DeviceFigures.Multiprocessors);
        double step = Step - ((Step - MultiplyAddStep) * work.MultiplyAddLanes / 32 / work.Instructions);
        double warps = (work.Kernel.Threads + 31) / 32, share = (double)most / work.Blocks / DeviceFigures.Clock;
        (Bound Bound, double Seconds)[] pipes =
        [
            (Bound.Issue, work.Instructions * share / DeviceFigures.Issue),
            (Bound.MultiplyAdd, work.MultiplyAddLanes * share / DeviceFigures.MultiplyAddLanes),
            (Bound.Tensor, work.MatrixMultiplies * share * DeviceFigures.ClocksOfMatrixMultiply),
            (Bound.Shared, work.SharedPasses * share / DeviceFigures.SharedPasses),
            (Bound.Cache, Math.Max(work.SectorsBytes / DeviceFigures.CacheBytes, work.SectorsBytes * share / DeviceFigures.CachePortBytes)),
            (Bound.Memory, mapBytes / DeviceFigures.MemoryBytes),
        ];
        (Bound Bound, double Seconds) pipe = pipes.MaxBy(static p => p.Seconds);
        double mean = Alone(work.Instructions / work.Blocks, work.GlobalLoads / work.Blocks, work.SharedRequests / work.Blocks);
        double latency = (Alone(work.LongestInstructions, work.LongestLoads, work.LongestShared) + ((Ceiling(most, resident) - 1) * mean)) / DeviceFigures.Clock;
        double node = DeviceFigures.Node(work.Blocks), inside = Math.Max(pipe.Seconds, latency);
        return new(resident, pipe.Seconds, node + inside, inside < node ? Bound.Launch : pipe.Seconds >= latency ? pipe.Bound : Bound.Latency);

        double Alone(double instructions, double loads, double shared) => ((instructions * step) + (loads * GlobalAnswer) + (shared * SharedAnswer)) / warps;
    }

    private static int Ceiling(int a, int b) => (a + b - 1) / b;
}
