using Convoke.Kernels.Types;

namespace Convoke.Kernels;

/// <summary>A model's kernels as CUDA C, and how a step launches them.</summary>
/// <param name="FileName">Name under which the compiler and its messages know the text.</param>
/// <param name="Text">One translation unit; needs no header.</param>
/// <param name="Kernels">Its entry points.</param>
/// <param name="Train">Launches of a training step, in order.</param>
/// <param name="Predict">Launches of a forward pass, in order.</param>
/// <param name="Measure">Launches behind a forward pass whose losses are wanted: adds them to the step's sums.</param>
/// <param name="Derive">Launches that rewrite the derived layouts after parameters were set from outside.</param>
/// <param name="Fold">Launches before a forward pass, after parameters changed in any way: what only prediction derives from them.</param>
/// <param name="Order">Launches before the first step of a shuffled epoch: they compute its order.</param>
/// <param name="Memory">The static memory plan.</param>
public sealed record CudaSource(
    string FileName,
    string Text,
    EquatableArray<CudaKernel> Kernels,
    EquatableArray<CudaLaunch> Train,
    EquatableArray<CudaLaunch> Predict,
    EquatableArray<CudaLaunch> Measure,
    EquatableArray<CudaLaunch> Derive,
    EquatableArray<CudaLaunch> Fold,
    EquatableArray<CudaLaunch> Order,
    CudaMemory Memory)
{
    /// <summary>Compute capability that the text needs beyond the least one there is, times ten; 0 for none. Prediction then reads derived layouts, too.</summary>
    public int Capability { get; init; }

    /// <summary>What may be chosen when the program runs.</summary>
    public EquatableArray<CudaTunable> Tunables { get; init; } = [];
}

/// <summary>
/// A number that changes how fast a step is, and in which parts its sums are made, but not what it computes: a macro of the text where that depends on it, and the limit of the
/// grids that name it.
/// </summary>
/// <param name="Name">Name of the macro.</param>
/// <param name="Default">Its value where nobody chooses; areas hold what it needs.</param>
/// <param name="Candidates">Other values worth a try, all less.</param>
public sealed record CudaTunable(string Name, int Default, EquatableArray<int> Candidates);

/// <summary>An entry point.</summary>
/// <param name="Name">Its name in the text and in the module.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="MinBlocks">Blocks that shall fit on a multiprocessor at once, from which follows the budget of registers.</param>
/// <param name="SharedBytes">Static shared memory that the text declares.</param>
public sealed record CudaKernel(string Name, int Threads, int MinBlocks, int SharedBytes)
{
    /// <summary>Shared memory that a launch adds to that, where a block wants more than the 48 KB that a text can declare.</summary>
    public int DynamicBytes { get; init; }

    /// <summary>Registers that a thread may use: a multiprocessor has 65,536, which it hands out to warps, eight a thread at a time.</summary>
    public int RegisterBudget => Math.Min(255, 65536 / (MinBlocks * ((Threads + 31) / 32 * 32)) / 8 * 8);
}

/// <summary>One launch.</summary>
/// <param name="Kernel">Index of the entry point.</param>
/// <param name="Grid">Its blocks.</param>
/// <param name="Arguments">In the order of the entry point's parameters.</param>
public sealed record CudaLaunch(int Kernel, CudaGrid Grid, EquatableArray<CudaArgument> Arguments)
{
    /// <summary>What it computes, where that is more than its kernel's name says: the gradients of which layers.</summary>
    public string? Work { get; init; }
}

/// <summary>Blocks of a launch over N samples: Fixed + PerUnit * min(ceil(N / Samples), MaxUnits). Depends on N only, so that sums do.</summary>
/// <param name="Fixed">Blocks whatever N is.</param>
/// <param name="PerUnit">Blocks of each unit of samples.</param>
/// <param name="Samples">Samples of a unit.</param>
/// <param name="MaxUnits">Most units; blocks then take several in turn.</param>
public sealed record CudaGrid(int Fixed, int PerUnit, int Samples, int MaxUnits)
{
    /// <summary>The tunable whose default <see cref="MaxUnits"/> is, or null.</summary>
    public string? Tunable { get; init; }

    /// <summary>Every block for itself, whatever N is.</summary>
    public static CudaGrid Of(int blocks) => new(blocks, 0, 1, 1);

    /// <summary>So many blocks a sample, or a group of samples.</summary>
    public static CudaGrid PerSample(int blocks, int samples = 1) => new(0, blocks, samples, int.MaxValue);

    /// <summary>As many blocks as there is use for, beside the fixed ones: of more units each has fewer, but one, which do the work of all. 0: each has all of its blocks.</summary>
    public int Enough { get; init; }

    /// <summary>The blocks for <paramref name="n"/> samples.</summary>
    public int Blocks(int n)
    {
        int units = Math.Min((n + Samples - 1) / Samples, MaxUnits);
        return Fixed + (units * (Enough > 0 && units > 0 ? Math.Max(1, Math.Min(PerUnit, Enough / units)) : PerUnit));
    }
}

/// <summary>An argument: the batch size, or a place in an area of device memory.</summary>
/// <param name="Area">The area.</param>
/// <param name="OffsetFloats">Floats from its start; per sample of capacity in <see cref="CudaArea.Batch"/>.</param>
/// <param name="SampleFloats">In <see cref="CudaArea.Batch"/>, floats of a sample of the value: what the kernel may touch.</param>
public sealed record CudaArgument(CudaArea Area, int OffsetFloats = 0, int SampleFloats = 0);

/// <summary>Areas of device memory, and the two arguments that are none.</summary>
public enum CudaArea
{
    /// <summary>A null pointer: what the kernel offers there is not wanted.</summary>
    None,

    /// <summary>The batch size, an int.</summary>
    Count,

    /// <summary>The step's record.</summary>
    Step,

    /// <summary>Parameters.</summary>
    Parameters,

    /// <summary>First moments, laid out as the parameters.</summary>
    Moment1,

    /// <summary>Second moments, laid out as the parameters.</summary>
    Moment2,

    /// <summary>Gradients that are kept, laid out as the parameters.</summary>
    Gradients,

    /// <summary>Derived layouts of parameters.</summary>
    Derived,

    /// <summary>Partial gradients.</summary>
    Partials,

    /// <summary>Values of the whole batch: value v of sample n lies at offset(v) * capacity + n * size(v).</summary>
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

/// <summary>Sizes of the areas in floats; "per sample" is multiplied by the batch capacity.</summary>
/// <param name="TrainSampleFloats">Values of a training step, per sample.</param>
/// <param name="PredictSampleFloats">Values of a forward pass, per sample.</param>
/// <param name="DerivedFloats">Derived layouts.</param>
/// <param name="PartialFloats">All partial gradients.</param>
public sealed record CudaMemory(int TrainSampleFloats, int PredictSampleFloats, int DerivedFloats, int PartialFloats);
