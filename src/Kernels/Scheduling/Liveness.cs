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
    /// <summary>Images that kernels over several images take at once, and, but for <see cref="ChunkPlan"/>, that a task works on at a time; the run time's <c>CpuProgram.ImagesPerChunk</c>.</summary>
    public const int ImagesPerChunk = 8;

    /// <summary>Puts the groups over images into stages, each as early as what it reads allows, and cuts those into loops.</summary>
    public static IReadOnlyList<GroupLoop> Loops(IEnumerable<KernelGroup> groups)
    {
        KernelGroup[] ordered = [.. groups];
        int[] stages = Stages(ordered);
        var loops = new List<GroupLoop>();
        var open = new List<KernelGroup>();
        for (int stage = 0; stage <= stages.DefaultIfEmpty(0).Max(); stage++)
        {
            for (int i = 0; i < ordered.Length; i++)
            {
                if (stages[i] != stage) continue;
                if (open.Count > 0 && !(open[0].PerImage && ordered[i].PerImage)) Close(stage);
                open.Add(ordered[i]);
            }

            Close(stage);
        }

        return loops;

        void Close(int stage)
        {
            if (open.Count > 0) loops.Add(new([.. open], stage));
            open.Clear();
        }
    }

    /// <summary>The stage of each group: that of whatever it reads, or the next one where that is a statistic of the batch.</summary>
    private static int[] Stages(KernelGroup[] groups)
    {
        var stages = new int[groups.Length];
        var ofValue = new Dictionary<int, int>();
        var ofMoments = new Dictionary<int, int>();
        var ofSums = new Dictionary<int, int>();
        for (int i = 0; i < groups.Length; i++)
        {
            int stage = groups[i].Reads.Select(id => ofValue.TryGetValue(id, out int s) ? s : 0).DefaultIfEmpty(0).Max();
            if (groups[i] is PointwiseGroup pointwise)
            {
                foreach (ChannelVector vector in pointwise.Vectors)
                {
                    if (vector.Vector is NormVector.Mean or NormVector.Scale) stage = Math.Max(stage, ofMoments[vector.Owner] + 1);
                    if (vector.Vector is NormVector.GradMean or NormVector.GradSlope) stage = Math.Max(stage, ofSums[vector.Owner] + 1);
                }
            }

            if (groups[i] is BatchNormSumsGroup sums)
            {
                stage = Math.Max(stage, ofMoments[sums.Parameters.Moments] + 1);
                ofSums[sums.Parameters.Moments] = stage;
            }

            if (groups[i] is BatchMomentsGroup moments) ofMoments[moments.Parameters.Moments] = stage;
            foreach (int id in groups[i].Writes) ofValue[id] = stage;
            stages[i] = stage;
        }

        return stages;
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
                if (group is ConvForwardGroup { ScratchFloats: > 0 } forward) found.Add(Scratch(forward, step));
                step++;
            }
        }

        var stageSteps = new Dictionary<int, (int First, int Last)>();
        for (int loop = 0; loop < loops.Count; loop++)
            stageSteps[loops[loop].Stage] = (stageSteps.TryGetValue(loops[loop].Stage, out var steps) ? steps.First : loopSteps[loop].First, loopSteps[loop].Last);

        var kept = new HashSet<int>(parameters.SelectMany(static g => g.Reads));
        foreach (KeyValuePair<int, List<(int Step, int Loop)>> use in uses)
        {
            int id = use.Key;
            if (graph[id].Op is Op.Input) continue;
            (int Step, int Loop) start = use.Value[0], end = use.Value[use.Value.Count - 1];
            bool oneLoop = start.Loop == end.Loop && loops[start.Loop].PerImage, oneStage = loops[start.Loop].Stage == loops[end.Loop].Stage;
            BufferScope scope = kept.Contains(id) || !oneStage ? BufferScope.Batch : oneLoop ? BufferScope.Image : BufferScope.Chunk;
            (int first, int last) = scope switch
            {
                BufferScope.Image => (start.Step, end.Step),
                BufferScope.Chunk => (loopSteps[start.Loop].First, loopSteps[end.Loop].Last),
                _ => (stageSteps[loops[start.Loop].Stage].First, kept.Contains(id) ? int.MaxValue : stageSteps[loops[end.Loop].Stage].Last),
            };
            (int floats, string text) = Size(graph, storage, id);
            found.Add(new(id, graph[id].Name, text, floats, scope, first, last, 0));
        }

        return found;

        void Use(int id, int at, int loop)
        {
            if (!uses.TryGetValue(id, out var list)) uses[id] = list = [];
            list.Add((at, loop));
        }
    }

    /// <summary>The unpooled gradient: as lists of live elements, or unpooled; before it the input with its border.</summary>
    private static Buffer Scratch(ConvBackwardGroup group, int step)
    {
        ConvGeometry g = group.Geometry;
        string gradient = group.Method switch
        {
            ConvBackwardMethod.Banded => $"f32[{g.PoolHeight},{g.Q},{g.KStored}] one band",
            ConvBackwardMethod.Bordered => $"f32[{DgradPlan.Of(g).Rows},{DgradPlan.Of(g).Columns},{g.KStored}] zero border",
            _ => "lists of live elements",
        };
        return new(ScratchId(group), "d_" + group.Name + (group.Method == ConvBackwardMethod.Sparse ? ".lists" : ".unpooled"), Bordered(ConvBorder.Backward(group), g) + gradient,
            Panels.Pad(group.ScratchFloats), group.KeepsBorder ? BufferScope.Bordered : BufferScope.Image, step, step, 0);
    }

    /// <summary>The input with its border, and the transformed strips.</summary>
    private static Buffer Scratch(ConvForwardGroup group, int step)
    {
        string strips = $"f32[{group.Winograd.Form.Matrices},{group.Winograd.StripTiles},{group.Geometry.CStored} + {group.Geometry.KStored}]";
        return new(ScratchId(group), group.Name + (group.Winograd.IsUsed ? ".strips" : ".bordered"), Bordered(ConvBorder.Forward(group.Geometry), group.Geometry) + (group.Winograd.IsUsed ? strips : ""),
            group.ScratchFloats, BufferScope.Image, step, step, 0);
    }

    private static string Bordered(ConvBorder border, ConvGeometry g) => border.IsUsed ? $"f32[{border.Rows},{border.Columns},{g.CStored}] with border; " : "";

    /// <summary>Id of the scratch of a group: it belongs to no value of the graph.</summary>
    public static int ScratchId(KernelGroup group) => -1 - (2 * group.Call) - (group is ConvForwardGroup ? 1 : 0);

    private static (int Floats, string Text) Size(Graph graph, StorageRules storage, int id)
    {
        ValueStorage s = storage.Of(id);
        bool bytes = graph[id].Type == DType.U8;
        string text = (bytes ? "u8" : graph[id].Type == DType.I32 ? "i32" : "f32") + (s.Rows * s.Columns > 1 ? $"[n,{s.Rows},{s.Columns},{s.Stored}]" : $"[n,{s.Stored}]");
        return (Panels.Pad(bytes ? (s.Count + 3) / 4 : s.Count), text);
    }
}
