using Convoke.Kernels.Graphs;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>When each stored value is needed, and therefore where it may lie.</summary>
/// <remarks>
/// Steps number the groups in order. A value of one image needs its memory from its first to its last group; a value of a whole chunk is touched by every
/// iteration of the loops it appears in, so its interval covers those loops whole.
/// </remarks>
public static class Liveness
{
    /// <summary>Images that a task works on at a time; the run time's <c>CpuProgram.ImagesPerChunk</c>.</summary>
    public const int ImagesPerChunk = 8;

    /// <summary>Cuts the groups over images into loops.</summary>
    public static IReadOnlyList<GroupLoop> Loops(IEnumerable<KernelGroup> groups)
    {
        var loops = new List<GroupLoop>();
        var open = new List<KernelGroup>();
        foreach (KernelGroup group in groups)
        {
            if (open.Count > 0 && !(open[0].PerImage && group.PerImage))
            {
                loops.Add(new([.. open]));
                open.Clear();
            }

            open.Add(group);
        }

        if (open.Count > 0) loops.Add(new([.. open]));
        return loops;
    }

    /// <summary>The buffers of a schedule, not yet placed.</summary>
    public static List<Buffer> Buffers(Graph graph, StorageRules storage, IReadOnlyList<GroupLoop> loops, IReadOnlyList<KernelGroup> parameters)
    {
        var uses = new SortedDictionary<int, List<(int Step, int Loop)>>();
        var found = new List<Buffer>();
        int step = 0;
        var loopSteps = new List<(int First, int Last)>();
        for (int loop = 0; loop < loops.Count; loop++)
        {
            loopSteps.Add((step, step + loops[loop].Groups.Count - 1));
            foreach (KernelGroup group in loops[loop].Groups)
            {
                foreach (int id in group.Reads.Concat(group.Writes)) Use(id, step, loop);
                if (group is ConvBackwardGroup backward) found.Add(Scratch(backward, step));
                if (group is ConvForwardGroup { Winograd.IsUsed: true } forward) found.Add(Scratch(forward, step));
                step++;
            }
        }

        var kept = new HashSet<int>(parameters.SelectMany(static g => g.Reads));
        foreach (KeyValuePair<int, List<(int Step, int Loop)>> use in uses)
        {
            int id = use.Key;
            if (graph[id].Op is Op.Input) continue;
            bool oneLoop = use.Value.All(u => u.Loop == use.Value[0].Loop) && loops[use.Value[0].Loop].PerImage;
            BufferScope scope = kept.Contains(id) ? BufferScope.Batch : oneLoop ? BufferScope.Image : BufferScope.Chunk;
            int first = scope == BufferScope.Image ? use.Value[0].Step : loopSteps[use.Value[0].Loop].First;
            int last = scope == BufferScope.Batch ? int.MaxValue : scope == BufferScope.Image ? use.Value[use.Value.Count - 1].Step : loopSteps[use.Value[use.Value.Count - 1].Loop].Last;
            (int floats, string text) = Size(graph, storage, id, loops);
            found.Add(new(id, graph[id].Name, text, floats, scope, first, last, 0));
        }

        return found;

        void Use(int id, int at, int loop)
        {
            if (!uses.TryGetValue(id, out var list)) uses[id] = list = [];
            list.Add((at, loop));
        }
    }

    /// <summary>The unpooled gradient: as lists of live elements, or unpooled.</summary>
    private static Buffer Scratch(ConvBackwardGroup group, int step) => new(
        ScratchId(group), "d_" + group.Name + (group.Method == ConvBackwardMethod.Sparse ? ".lists" : ".unpooled"),
        group.Method switch
        {
            ConvBackwardMethod.Banded => $"f32[{group.Geometry.PoolHeight},{group.Geometry.Q},{group.Geometry.KStored}] one band",
            ConvBackwardMethod.Bordered => $"f32[{group.Geometry.PaddedP},{group.Geometry.PaddedQ},{group.Geometry.KStored}] zero border",
            _ => "lists of live elements",
        },
        Panels.Pad(group.ScratchFloats), group.Method == ConvBackwardMethod.Bordered ? BufferScope.Bordered : BufferScope.Image, step, step, 0);

    /// <summary>The transformed strips.</summary>
    private static Buffer Scratch(ConvForwardGroup group, int step) => new(
        ScratchId(group), group.Name + ".strips", $"f32[16,{group.Winograd.StripTiles},{group.Geometry.CStored} + {group.Geometry.KStored}]",
        group.Winograd.ScratchFloats(group.Geometry), BufferScope.Image, step, step, 0);

    /// <summary>Id of the scratch of a group: it belongs to no value of the graph.</summary>
    public static int ScratchId(KernelGroup group) => -1 - (2 * group.Call) - (group is ConvForwardGroup ? 1 : 0);

    private static (int Floats, string Text) Size(Graph graph, StorageRules storage, int id, IReadOnlyList<GroupLoop> loops)
    {
        int shapedAs = Primal(id, loops);
        ValueStorage s = storage.Of(shapedAs);
        bool bytes = graph[id].Type == DType.U8;
        string text = (bytes ? "u8" : "f32") + (s.Rows * s.Columns > 1 ? $"[n,{s.Rows},{s.Columns},{s.Stored}]" : $"[n,{s.Stored}]");
        return (Panels.Pad(bytes ? (s.Count + 3) / 4 : s.Count), text);
    }

    /// <summary>The forward value that an adjoint or a winner map is shaped as; a forward value is its own.</summary>
    private static int Primal(int id, IReadOnlyList<GroupLoop> loops)
    {
        foreach (KernelGroup group in loops.SelectMany(static l => l.Groups))
        {
            switch (group)
            {
                case ConvForwardGroup g when g.Arg == id: return g.Y;
                case PoolForwardGroup g when g.Arg == id: return g.Y;
                case HeadGroup g when g.LogitsGrad == id: return g.Logits;
                case DenseDgradGroup g when g.Dx == id: return DenseInput(g, loops);
                case ConvBackwardGroup g when g.Dx == id: return g.X;
                case PoolBackwardGroup g when g.Dx == id: return PoolInput(g, loops);
            }
        }

        return id;
    }

    private static int DenseInput(DenseDgradGroup group, IReadOnlyList<GroupLoop> loops) =>
        loops.SelectMany(static l => l.Groups).OfType<DenseForwardGroup>().Single(d => d.Weights == group.Weights).X;

    private static int PoolInput(PoolBackwardGroup group, IReadOnlyList<GroupLoop> loops) =>
        loops.SelectMany(static l => l.Groups).OfType<PoolForwardGroup>().Single(p => p.Arg == group.Arg).X;
}
