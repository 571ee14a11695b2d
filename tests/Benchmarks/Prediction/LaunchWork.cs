using Convoke.Cuda.Tests.Kernels;
using Convoke.Kernels;
using Convoke.PtxEmulator;

namespace Convoke.Benchmarks.Prediction;

/// <summary>What a launch does, all blocks together: counted on the emulator, or carried on from two batches to a greater one.</summary>
/// <param name="Launch">The launch.</param>
/// <param name="Kernel">Its kernel.</param>
/// <param name="Blocks">Blocks of its grid.</param>
/// <param name="Batch">Samples.</param>
internal sealed record LaunchWork(CudaLaunch Launch, CudaKernel Kernel, int Blocks, int Batch)
{
    private const int SectorBytes = 32, Bf16MultiplyAdds = 16 * 8 * 16, Tf32MultiplyAdds = 16 * 8 * 8;

    public double Instructions { get; init; }
    public double MultiplyAddLanes { get; init; }
    public double MatrixMultiplies { get; init; }
    public double MatrixLoads { get; init; }
    public double SharedRequests { get; init; }
    public double SharedPasses { get; init; }
    public double SharedConflicts { get; init; }
    public double GlobalLoads { get; init; }
    public double Barriers { get; init; }

    /// <summary>Sectors of 32 bytes that pass the second-level cache: what a block reads, each once, and what it writes.</summary>
    public double Sectors { get; init; }

    public double SectorsBytes => Sectors * SectorBytes;

    /// <summary>The block that issues most: instructions, global loads, shared requests.</summary>
    public double LongestInstructions { get; init; }
    public double LongestLoads { get; init; }
    public double LongestShared { get; init; }

    public static LaunchWork Of(EmulatedLaunch launch, int batch)
    {
        LaunchCounters c = launch.Counters;
        long bf16 = c.MatrixInstructions * Bf16MultiplyAdds;
        return new(launch.Launch, launch.Kernel, launch.Blocks, batch)
        {
            Instructions = c.WarpInstructions,
            // Multiply-adds of matrix instructions are counted with the others; a launch has either format.
            MultiplyAddLanes = c.FmaLanes - (c.FmaLanes >= bf16 ? bf16 : c.MatrixInstructions * Tf32MultiplyAdds),
            MatrixMultiplies = c.MatrixInstructions,
            MatrixLoads = c.MatrixLoads,
            SharedRequests = c.SharedRequests,
            SharedPasses = c.SharedPasses,
            SharedConflicts = c.SharedConflicts,
            GlobalLoads = c.GlobalLoads,
            Barriers = c.Barriers,
            Sectors = c.BlockLoadSectors + c.GlobalStoreSectors,
            LongestInstructions = c.Longest.WarpInstructions,
            LongestLoads = c.Longest.GlobalLoads,
            LongestShared = c.Longest.SharedRequests,
        };
    }

    /// <summary>The same launch for a greater batch, each figure in a straight line through those of two smaller ones.</summary>
    public static LaunchWork At(int batch, LaunchWork less, LaunchWork more)
    {
        LaunchWork work = new(less.Launch, less.Kernel, less.Launch.Grid.Blocks(batch), batch)
        {
            Instructions = Line(less.Instructions, more.Instructions),
            MultiplyAddLanes = Line(less.MultiplyAddLanes, more.MultiplyAddLanes),
            MatrixMultiplies = Line(less.MatrixMultiplies, more.MatrixMultiplies),
            MatrixLoads = Line(less.MatrixLoads, more.MatrixLoads),
            SharedRequests = Line(less.SharedRequests, more.SharedRequests),
            SharedPasses = Line(less.SharedPasses, more.SharedPasses),
            SharedConflicts = Line(less.SharedConflicts, more.SharedConflicts),
            GlobalLoads = Line(less.GlobalLoads, more.GlobalLoads),
            Barriers = Line(less.Barriers, more.Barriers),
            Sectors = Line(less.Sectors, more.Sectors),
            LongestInstructions = Line(less.LongestInstructions, more.LongestInstructions),
            LongestLoads = Line(less.LongestLoads, more.LongestLoads),
            LongestShared = Line(less.LongestShared, more.LongestShared),
        };

        // Where blocks take several samples in turn, the longest is one that takes one more than others: a step, not a line.
        CudaGrid grid = work.Launch.Grid;
        if (grid.PerUnit == 0 || (long)grid.MaxUnits * grid.Samples >= batch) return work;
        double units = (double)batch / grid.Samples, turns = Math.Ceiling(units / grid.MaxUnits) * grid.MaxUnits / units / work.Blocks;
        return work with { LongestInstructions = work.Instructions * turns, LongestLoads = work.GlobalLoads * turns, LongestShared = work.SharedRequests * turns };

        double Line(double a, double b) => a + ((b - a) * (batch - less.Batch) / (more.Batch - less.Batch));
    }
}
