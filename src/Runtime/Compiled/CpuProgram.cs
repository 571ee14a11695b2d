using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>A model's kernels for one vector width, in two phases: over images, then over parameters. Generated code derives from it.</summary>
/// <remarks>
/// A training step is, for each stage: all <see cref="TrainTask"/>s, a barrier, <see cref="Combine"/>; then all <see cref="UpdateTask"/>s, a barrier. Tasks write disjoint memory and
/// may run in any order on any thread; each task's own order is fixed, so results do not depend on the number of threads.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class CpuProgram
{
    /// <summary>Images that a task works on at a time, unless the plan says more.</summary>
    public const int ImagesPerChunk = 8;

    /// <summary>Most tasks, hence most partial gradients, of the image phase.</summary>
    public const int MaxTasks = 32;

    /// <summary>Bits of the vectors that the kernels use: 512, 256 or 128.</summary>
    public abstract int VectorBits { get; }

    /// <summary>Stages of the image phase. There is more than one where images need statistics of the whole batch.</summary>
    public virtual int TrainStages => 1;

    /// <summary>Tasks of the parameter phase.</summary>
    public abstract int UpdateTasks { get; }

    /// <summary>Tasks of the image phase for a batch of <paramref name="n"/> samples.</summary>
    /// <param name="n">Samples.</param>
    /// <param name="images">Images that a task works on at a time.</param>
    public static int TasksFor(int n, int images = ImagesPerChunk) => Math.Min(MaxTasks, (n + images - 1) / images);

    /// <summary>First sample of task <paramref name="task"/>; task t covers [FirstSample(t), FirstSample(t + 1)), whole chunks but for the last.</summary>
    public static int FirstSample(int n, int tasks, int task)
    {
        int chunks = (n + ImagesPerChunk - 1) / ImagesPerChunk;
        return Math.Min(n, (int)((long)chunks * task / tasks) * ImagesPerChunk);
    }

    /// <summary>Forward, loss and backward of one task's samples; leaves what the parameter phase needs in the batch arena and the task's partial.</summary>
    /// <param name="step">The step.</param>
    /// <param name="stage">0..<see cref="TrainStages"/> - 1.</param>
    /// <param name="task">0..step.Tasks - 1.</param>
    /// <param name="scratch">This worker's TrainTaskFloats floats; zeroed once, when allocated.</param>
    public abstract unsafe void TrainTask(StepContext step, int stage, int task, float* scratch);

    /// <summary>Run by one thread when all tasks have been through a stage: makes the batch's statistics of the tasks'.</summary>
    public virtual unsafe void Combine(StepContext step, int stage)
    {
    }

    /// <summary>Gradients that run over the whole batch, the optimizer (or the gradient sink), and the derived layouts of one share of the parameters.</summary>
    public abstract unsafe void UpdateTask(StepContext step, int task);

    /// <summary>Forward of samples [first, first + count); writes step.Output, and step.Losses and step.Correct, where those are not null.</summary>
    /// <param name="step">The step.</param>
    /// <param name="first">First sample.</param>
    /// <param name="count">1 to as many samples as the plan has in a chunk.</param>
    /// <param name="scratch">This worker's PredictTaskFloats floats; zeroed once, when allocated.</param>
    public abstract unsafe void PredictTask(StepContext step, int first, int count, float* scratch);

    /// <summary>Rewrites all derived layouts from the parameters, after these were set from outside.</summary>
    public abstract unsafe void Derive(StepContext step);

    /// <summary>Rewrites the weights that prediction reads with normalizations multiplied in; before a prediction, after parameters changed.</summary>
    public virtual unsafe void Fold(StepContext step)
    {
    }

    /// <summary>Forward of one chunk, looking at each layer's output: the index of the first layer that yields NaN or infinity, or -1.</summary>
    public abstract unsafe int Probe(StepContext step, int first, int count, float* scratch);
}
