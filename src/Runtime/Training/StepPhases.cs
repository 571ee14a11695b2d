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
    private readonly nint[] _outputs = new nint[plan.Outputs.Length];
    private int* _classes;

    /// <summary>Sets the slice's samples, and where each output f32[N, Length] and the most probable classes i32[N, Pixels] go; null for nowhere.</summary>
    public void Aim(SampleSource? source, float** outputs, int* classes)
    {
        _source = source;
        for (int i = 0; i < _outputs.Length; i++) _outputs[i] = outputs == null ? 0 : (nint)outputs[i];
        _classes = classes;
    }

    /// <inheritdoc/>
    public override void Execute(int task, int worker)
    {
        StepContext step = memory.Prediction.Context;
        int first = task * plan.ImagesPerChunk;
        int count = Math.Min(plan.ImagesPerChunk, step.N - first);
        _source!.Fill(step, first, count);
        program.PredictTask(step, first, count, memory.PredictScratch(worker));
        ReadOnlySpan<float> output = new(step.Output + ((long)first * plan.OutputLength), count * plan.OutputLength);
        OutputCopy.Copy(plan, output, _outputs, first);
        if (_classes == null) return;
        int rows = plan.Told!.Pixels;
        Classes.Largest(plan, output, new Span<int>(_classes + ((long)first * rows), count * rows));
    }
}
