using Convoke.Compiled;

namespace Convoke;

/// <summary>The per-sample memory of one kind of step (training or prediction), in one block that grows when a larger batch comes.</summary>
internal sealed unsafe class StepArea(NetworkPlan plan, bool training) : IDisposable
{
    private AlignedMemory? _block;

    /// <summary>What kernels see of this area; the arenas of the model itself are set by <see cref="ModelMemory"/>.</summary>
    public StepContext Context { get; } = new();

    /// <summary>Makes room for <paramref name="samples"/> samples; contents are lost when it grows, as nothing lives from step to step here.</summary>
    public void Ensure(int samples)
    {
        if (samples <= Context.Capacity) return;
        int capacity = checked(samples + CpuProgram.ImagesPerChunk - 1) / CpuProgram.ImagesPerChunk * CpuProgram.ImagesPerChunk;
        long sampleFloats = training ? plan.TrainSampleFloats : plan.PredictSampleFloats;
        long imageFloats = plan.SampleLength;

        long byteCount = 0;
        long batch = Reserve(ref byteCount, capacity, sampleFloats);
        long images = Reserve(ref byteCount, capacity, imageFloats);
        long labels = Reserve(ref byteCount, capacity, plan.LabelLength);
        long targets = Reserve(ref byteCount, capacity, plan.TargetLength);
        long losses = Reserve(ref byteCount, capacity, plan.Losses.Length);
        long correct = Reserve(ref byteCount, capacity, plan.Counted is null ? 0 : 1);
        long output = Reserve(ref byteCount, capacity, training ? 0 : plan.OutputLength);

        // Built before the old block goes, so that a model which ran out of memory is still whole.
        AlignedMemory block = new(byteCount);
        _block?.Dispose();
        _block = block;
        byte* start = block.Pointer;
        Context.Batch = (float*)(start + batch);
        Context.Images = (float*)(start + images);
        Labels = plan.LabelLength > 0 ? (int*)(start + labels) : null;
        Targets = plan.TargetLength > 0 ? (float*)(start + targets) : null;
        Losses = plan.Losses.Length == 0 ? null : (float*)(start + losses);
        Correct = plan.Counted is null ? null : (int*)(start + correct);
        Context.Output = training ? null : (float*)(start + output);
        Context.Capacity = capacity;
    }

    /// <summary>Class indices i32[Capacity, LabelLength]; null unless a loss takes them.</summary>
    public int* Labels { get; private set; }

    /// <summary>Target values f32[Capacity, TargetLength]; null unless a loss takes them.</summary>
    public float* Targets { get; private set; }

    /// <summary>Losses f32[Capacity, losses]; null without a loss.</summary>
    public float* Losses { get; private set; }

    /// <summary>Rows that are right i32[Capacity]; null without a cross-entropy.</summary>
    public int* Correct { get; private set; }

    /// <summary>Sets the batch of the coming step, with its labels and losses or without.</summary>
    public void Begin(int samples, bool measured)
    {
        Ensure(samples);
        Context.N = samples;
        Context.Tasks = CpuProgram.TasksFor(samples, plan.ImagesPerChunk);
        Context.InverseN = 1f / samples;
        Context.Labels = measured ? Labels : null;
        Context.Targets = measured ? Targets : null;
        Context.Losses = measured ? Losses : null;
        Context.Correct = measured ? Correct : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _block?.Dispose();

    private static long Reserve(ref long byteCount, int samples, long elements)
    {
        long offset = byteCount;
        byteCount += AlignUp(checked(samples * elements * sizeof(float)), AlignedMemory.AlignmentBytes);
        return offset;
    }

    private static long AlignUp(long bytes, long alignment) => (bytes + alignment - 1) / alignment * alignment;
}
