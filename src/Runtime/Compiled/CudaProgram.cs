using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>A model's CUDA kernels: their text, and how a step launches them. Generated code derives from it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class CudaProgram
{
    /// <summary>CUDA C, one translation unit, UTF-8; a zero byte stands behind its end.</summary>
    public abstract ReadOnlySpan<byte> Source { get; }

    /// <summary>Kernels, launches and memory.</summary>
    public abstract CudaPlan Plan { get; }
}

/// <summary>How a model's kernels are launched, as data.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CudaPlan
{
    /// <summary>Name under which the compiler and its messages know the text.</summary>
    public required string FileName { get; init; }

    /// <summary>Entry points.</summary>
    public required CudaKernelPlan[] Kernels { get; init; }

    /// <summary>Launches of a training step, in order; none for a model that only predicts.</summary>
    public required CudaLaunchPlan[] Train { get; init; }

    /// <summary>Launches of a forward pass, in order.</summary>
    public required CudaLaunchPlan[] Predict { get; init; }

    /// <summary>Launches behind a forward pass whose losses are wanted.</summary>
    public required CudaLaunchPlan[] Measure { get; init; }

    /// <summary>Launches that rewrite derived layouts after parameters were set from outside.</summary>
    public required CudaLaunchPlan[] Derive { get; init; }

    /// <summary>Launches before a forward pass, after parameters changed in any way: what only prediction derives from them.</summary>
    public CudaLaunchPlan[] Fold { get; init; } = [];

    /// <summary>Launches before the first step of a shuffled epoch: they compute its order.</summary>
    public CudaLaunchPlan[] Order { get; init; } = [];

    /// <summary>Compute capability that the text needs beyond the least one there is, times ten; 0 for none. Prediction then reads derived layouts, too.</summary>
    public int Capability { get; init; }

    /// <summary>Numbers that may be chosen when the program runs.</summary>
    public CudaTunablePlan[] Tunables { get; init; } = [];

    /// <summary>Floats per sample of a training step's values.</summary>
    public required int TrainSampleFloats { get; init; }

    /// <summary>Floats per sample of a forward pass's values.</summary>
    public required int PredictSampleFloats { get; init; }

    /// <summary>Floats of derived layouts.</summary>
    public required int DerivedFloats { get; init; }

    /// <summary>Floats of partial gradients.</summary>
    public required int PartialFloats { get; init; }
}

/// <summary>An entry point.</summary>
/// <param name="Name">Its name in the module.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Registers">Most registers of a thread for which the text was written.</param>
/// <param name="SharedBytes">Static shared memory that the text declares.</param>
/// <param name="DynamicSharedBytes">Shared memory that a launch adds to it.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct CudaKernelPlan(string Name, int Threads, int Registers, int SharedBytes, int DynamicSharedBytes = 0);

/// <summary>A number on which a step's time depends, and the order of its sums: a macro of the text, where that has it, and the limit of grids.</summary>
/// <param name="Name">Name of the macro.</param>
/// <param name="Default">Its value where nobody chooses.</param>
/// <param name="Candidates">Other values worth a try, all less.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record CudaTunablePlan(string Name, int Default, int[] Candidates);

/// <summary>A launch over N samples of FixedBlocks + BlocksPerUnit * min(ceil(N / SamplesPerUnit), MaxUnits) blocks.</summary>
/// <param name="Kernel">Index of the entry point.</param>
/// <param name="FixedBlocks">Blocks whatever N is.</param>
/// <param name="BlocksPerUnit">Blocks of a unit.</param>
/// <param name="SamplesPerUnit">Samples of a unit.</param>
/// <param name="MaxUnits">Most units.</param>
/// <param name="Arguments">In the order of the kernel's parameters.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record CudaLaunchPlan(int Kernel, int FixedBlocks, int BlocksPerUnit, int SamplesPerUnit, int MaxUnits, CudaArgumentPlan[] Arguments)
{
    /// <summary>Index of the plan's tunable whose default <see cref="MaxUnits"/> is; -1: none.</summary>
    public int Tunable { get; init; } = -1;

    /// <summary>As many blocks as there is use for, beside the fixed ones: of more units each has fewer, but one. 0: each has all of its blocks.</summary>
    public int EnoughBlocks { get; init; }

    /// <summary>Blocks for <paramref name="n"/> samples.</summary>
    public int Blocks(int n) => Blocks(n, []);

    /// <summary>The same with values of the plan's tunables; without any, each has its default.</summary>
    public int Blocks(int n, ReadOnlySpan<int> choice)
    {
        int units = (int)Math.Min(((long)n + SamplesPerUnit - 1) / SamplesPerUnit, Tunable >= 0 && choice.Length > 0 ? choice[Tunable] : MaxUnits);
        return FixedBlocks + (units * (EnoughBlocks > 0 && units > 0 ? Math.Clamp(EnoughBlocks / units, 1, BlocksPerUnit) : BlocksPerUnit));
    }
}

/// <summary>An argument.</summary>
/// <param name="Area">What it is.</param>
/// <param name="OffsetFloats">Floats from the area's start; per sample of capacity in <see cref="CudaAreaPlan.Batch"/>.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct CudaArgumentPlan(CudaAreaPlan Area, int OffsetFloats);

/// <summary>Areas of device memory, and the two arguments that are none.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum CudaAreaPlan
{
    /// <summary>A null pointer.</summary>
    None,

    /// <summary>The batch size, an int.</summary>
    Count,

    /// <summary>The step's record, <see cref="CudaStep"/>.</summary>
    Step,

    /// <summary>Parameters.</summary>
    Parameters,

    /// <summary>First moments.</summary>
    Moment1,

    /// <summary>Second moments.</summary>
    Moment2,

    /// <summary>Gradients that are kept.</summary>
    Gradients,

    /// <summary>Derived layouts.</summary>
    Derived,

    /// <summary>Partial gradients.</summary>
    Partials,

    /// <summary>Values of the batch: value v of sample n lies at offset(v) * capacity + n * size(v).</summary>
    Batch,

    /// <summary>Losses f32[N, losses].</summary>
    Losses,

    /// <summary>Right answers of each sample, i32[N].</summary>
    Correct,

    /// <summary>Output f32[N, values of all outputs].</summary>
    Output,

    /// <summary>Sum of each loss f64[losses], of a model that has several.</summary>
    Totals,
}
