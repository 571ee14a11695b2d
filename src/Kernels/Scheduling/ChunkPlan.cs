namespace Convoke.Kernels.Scheduling;

/// <summary>How many images a task works on at a time, and how far apart their values lie.</summary>
/// <remarks>
/// Eight images, unless a dense layer's weights leave the caches: those are read from memory for each chunk, so that fewer, longer chunks read them less often.
/// A batch then has fewer tasks to share among threads, which such a layer, bound by memory, misses least.
/// Places a multiple of 4 KiB apart share their set of a first-level cache; a dense layer reads eight samples at once, its update the whole batch. So samples
/// that would stand such a distance apart get a line between them.
/// </remarks>
public static class ChunkPlan
{
    /// <summary>Images of a chunk where weights are large.</summary>
    private const int ManyImages = 32;

    /// <summary>Floats of weights that are large: 16 MiB.</summary>
    private const int LargeWeights = 4 * 1024 * 1024;

    /// <summary>Floats of 4 KiB.</summary>
    private const int SetFloats = 1024;

    /// <summary>Images of a chunk.</summary>
    public static int ImagesOf(IEnumerable<KernelGroup> groups) =>
        groups.OfType<DenseForwardGroup>().Any(static d => (long)d.In * Panels.Pad(d.Units) >= LargeWeights) ? ManyImages : Liveness.ImagesPerChunk;

    /// <summary>The buffers with the chunk's images, and with gaps where dense layers want them. A head walks through its samples as they lie, so that there are none in what it reads.</summary>
    public static IReadOnlyList<Buffer> Spread(IReadOnlyList<Buffer> buffers, IReadOnlyList<KernelGroup> groups)
    {
        int images = ImagesOf(groups);
        var dense = new HashSet<int>(groups.Where(static g => g is DenseForwardGroup or DenseDgradGroup).SelectMany(static g => g.Reads.Concat(g.Writes)));
        dense.ExceptWith(groups.OfType<HeadGroup>().SelectMany(static h => h.Reads.Concat(h.Writes)));
        return [.. buffers.Select(b => b with { ImagesPerChunk = images, Gap = Gap(b), SampleFloats = b.SampleFloats + Gap(b) })];

        int Gap(Buffer b) => b.Scope is BufferScope.Batch or BufferScope.Chunk && dense.Contains(b.Id) && b.SampleFloats % SetFloats == 0 ? Panels.Line : 0;
    }
}
