namespace Convoke.Kernels.Scheduling;

/// <summary>Ordered kernels with the memory plan of their values: one entry point of the program.</summary>
/// <param name="Loops">The groups over images, stage by stage, cut into loops: neighbours that work image by image share one, so that an image stays in the cache.</param>
/// <param name="Parameters">The groups over parameters.</param>
/// <param name="Buffers">Where each stored value lies.</param>
/// <param name="SampleFloats">Floats per sample of the batch arena.</param>
/// <param name="TaskFloats">Floats of a worker's scratch.</param>
public sealed record Schedule(IReadOnlyList<GroupLoop> Loops, IReadOnlyList<KernelGroup> Parameters, IReadOnlyDictionary<int, Buffer> Buffers, int SampleFloats, int TaskFloats)
{
    /// <summary>Stages of the phase over images: all images pass one before any enters the next.</summary>
    public int Stages => Loops.Count == 0 ? 1 : Loops[Loops.Count - 1].Stage + 1;

    /// <summary>Images that a task works on at a time (<see cref="ChunkPlan"/>).</summary>
    public int ImagesPerChunk { get; init; } = Liveness.ImagesPerChunk;

    public IEnumerable<KernelGroup> Groups => Loops.SelectMany(static l => l.Groups).Concat(Parameters);
}

/// <summary>Groups that run one after another: for each image, or for the chunk as a whole.</summary>
/// <param name="Groups">The groups.</param>
/// <param name="Stage">The stage in which they run.</param>
public sealed record GroupLoop(IReadOnlyList<KernelGroup> Groups, int Stage = 0)
{
    public bool PerImage => Groups[0].PerImage;
}

/// <summary>Where a stored value lies.</summary>
/// <param name="Id">The value.</param>
/// <param name="Name">Its name, for emitted code.</param>
/// <param name="Text">Type and shape, for emitted comments: "f32[n,13,13,32]".</param>
/// <param name="SampleFloats">Floats of one sample; a multiple of 16, so that every sample starts a cache line.</param>
/// <param name="Scope">How long it must last.</param>
/// <param name="First">First step (see <see cref="Liveness"/>) that needs it.</param>
/// <param name="Last">Last such step.</param>
/// <param name="OffsetFloats">Place in its arena, per sample for <see cref="BufferScope.Batch"/>.</param>
public sealed record Buffer(int Id, string Name, string Text, int SampleFloats, BufferScope Scope, int First, int Last, int OffsetFloats)
{
    /// <summary>Floats behind a sample that are no part of it (<see cref="ChunkPlan"/>).</summary>
    public int Gap { get; init; }

    /// <summary>Images of a chunk.</summary>
    public int ImagesPerChunk { get; init; } = Liveness.ImagesPerChunk;

    /// <summary>Floats in the arena that its scope names.</summary>
    public int ArenaFloats => Scope == BufferScope.Chunk ? SampleFloats * ImagesPerChunk : SampleFloats;
}

public enum BufferScope
{
    /// <summary>Of all samples, for a later stage or the phase over parameters: in the batch arena.</summary>
    Batch,

    /// <summary>Of the samples of a chunk: in the worker's scratch.</summary>
    Chunk,

    /// <summary>Of one image: in the worker's scratch.</summary>
    Image,

    /// <summary>Of one image, and its zero border must survive: in the worker's scratch, sharing memory with nothing.</summary>
    Bordered,
}
