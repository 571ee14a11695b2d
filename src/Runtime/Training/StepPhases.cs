using Convoke.Compiled;

namespace Convoke;

/// <summary>First phase of a training step, a stage at a time: each task fetches its own samples, then runs them forward and backward.</summary>
internal sealed unsafe class TrainPhase(CpuProgram program, ModelMemory memory) : IndexedWork
{
    public SampleSource? Source { get; set; }

    /// <summary>The stage of the coming run.</summary>
    public int Stage { get; set; }

    /// <inheritdoc/>
    public override void Execute(int task, int worker)
    {
        StepContext step = memory.Training.Context;
        int first = CpuProgram.FirstSample(step.N, step.Tasks, task);
        int end = CpuProgram.FirstSample(step.N, step.Tasks, task + 1);
        if (Stage == 0) Source!.Fill(step, first, end - first);
        program.TrainTask(step, Stage, task, memory.TrainScratch(worker));
    }
}

/// <summary>Second phase of a training step: shares of the parameters.</summary>
internal sealed class UpdatePhase(CpuProgram program, ModelMemory memory) : IndexedWork
{
    /// <inheritdoc/>
    public override void Execute(int task, int worker) => program.UpdateTask(memory.Training.Context, task);
}

/// <summary>The one phase of prediction and evaluation: a chunk per task, whose output goes on to the caller's memory.</summary>
internal sealed unsafe class PredictPhase(NetworkPlan plan, CpuProgram program, ModelMemory memory) : IndexedWork
{
    private SampleSource? _source;
    private float* _probabilities;
    private int* _classes;

    /// <summary>Sets the slice's samples, and where its outputs f32[N, OutputLength] and its most probable classes i32[N, Pixels] go; null for nowhere.</summary>
    public void Aim(SampleSource? source, float* probabilities, int* classes)
    {
        _source = source;
        _probabilities = probabilities;
        _classes = classes;
    }

    /// <inheritdoc/>
    public override void Execute(int task, int worker)
    {
        StepContext step = memory.Prediction.Context;
        int first = task * CpuProgram.ImagesPerChunk;
        int count = Math.Min(CpuProgram.ImagesPerChunk, step.N - first);
        _source!.Fill(step, first, count);
        program.PredictTask(step, first, count, memory.PredictScratch(worker));
        ReadOnlySpan<float> output = new(step.Output + ((long)first * plan.OutputLength), count * plan.OutputLength);
        if (_probabilities != null) output.CopyTo(new Span<float>(_probabilities + ((long)first * plan.OutputLength), output.Length));
        if (_classes != null) Classes.Largest(plan, output, new Span<int>(_classes + ((long)first * plan.Pixels), count * plan.Pixels));
    }
}
