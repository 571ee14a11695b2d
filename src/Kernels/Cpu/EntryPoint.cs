using Convoke.Kernels.Emission;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Writes the calls of one schedule: pointers to its buffers, loops over images, and for each group the call with its operands.</summary>
/// <param name="code">The writer.</param>
/// <param name="schedule">The schedule.</param>
/// <param name="graph">Its graph.</param>
/// <param name="parameters">Parameters by the graph's ids.</param>
/// <param name="names">What methods are called.</param>
/// <param name="train">Whether the training variants of kernels are called.</param>
public sealed class EntryPoint(CodeWriter code, Schedule schedule, Graph graph, ParameterPlanner parameters, MethodNames names, bool train)
{
    /// <summary>Buffers that one method has at most for each to be explained: beyond that nobody reads them one by one, and the file has to stay small.</summary>
    private const int CommentedBuffers = 64;

    private readonly Dictionary<int, string> _locals = Locals(schedule, graph);

    /// <summary>Declares a pointer per buffer that a stage uses, at sample n of the batch arena or at the worker's scratch.</summary>
    public void DeclareBuffers(int stage = 0)
    {
        KernelGroup[] groups = [.. schedule.Loops.Where(l => l.Stage == stage).SelectMany(static l => l.Groups)];
        var used = new HashSet<int>(groups.SelectMany(static g => g is ConvForwardGroup or ConvBackwardGroup ? g.Reads.Concat(g.Writes).Append(Liveness.ScratchId(g)) : g.Reads.Concat(g.Writes)));
        foreach (Value input in graph.Values.Where(v => v.Op is Op.Input && used.Contains(v.Id)))
            code.Line($"float* {Name(input.Id)} = {Samples(InputOf(input.Id)!)} + (nint)n * {Stride(input.Id)};");
        foreach (Scheduling.Buffer b in schedule.Buffers.Values.Where(b => used.Contains(b.Id)).OrderBy(static b => b.First).ThenBy(static b => b.Id))
        {
            string place = b.Scope == BufferScope.Batch ? $"step.Batch + (nint){b.OffsetFloats} * step.Capacity + (nint)n * {b.SampleFloats}" : $"scratch + {b.OffsetFloats}";
            string type = PointerType(b);
            string comment = used.Count <= CommentedBuffers ? $"    // {b.Text}, {Lifetime(b)}" : "";
            code.Line($"{type} {Name(b.Id)} = {(type == "float*" ? place : $"({type})({place})")};{comment}");
        }
    }

    /// <summary>Writes all loops of a stage, for <c>count</c> images from <c>n</c>.</summary>
    public void Calls(int stage = 0)
    {
        foreach (GroupLoop loop in schedule.Loops.Where(l => l.Stage == stage))
        {
            using (loop.PerImage ? code.Block("for (int i = 0; i < count; i++)") : null)
                foreach (KernelGroup group in loop.Groups) code.Line(InParts(group) ? $"for (int i = 0; i < count; i += {Liveness.ImagesPerChunk}) {Call(group, "i", $"Math.Min({Liveness.ImagesPerChunk}, count - i)")}" : Call(group, loop.PerImage ? "i" : "0"));
        }
    }

    /// <summary>Writes the forward calls for one image, each followed by a look at what it yields.</summary>
    public void ProbeCalls(Action<KernelGroup, string, int> after)
    {
        foreach (KernelGroup group in schedule.Loops.SelectMany(static l => l.Groups).Where(static g => g is not HeadGroup))
        {
            code.Line(Call(group, "0"));
            int y = group.Writes.First();
            after(group, Name(y), schedule.Buffers[y].SampleFloats - schedule.Buffers[y].Gap);
        }
    }

    /// <summary>A value of the whole batch, as the groups over parameters see it: its first sample, and floats from one to the next.</summary>
    public (string Pointer, int Stride) OfBatch(int id) => InputOf(id) is { } input
        ? (Samples(input), input.Sample)
        : ($"step.Batch + (nint){schedule.Buffers[id].OffsetFloats} * step.Capacity", schedule.Buffers[id].SampleFloats);

    public int Stride(int id) => InputOf(id) is { } input ? input.Sample : schedule.Buffers[id].SampleFloats;

    /// <summary>Whether a chunk has more images than the kernel takes at once.</summary>
    private bool InParts(KernelGroup group) => schedule.ImagesPerChunk > Liveness.ImagesPerChunk && group is ConvForwardGroup { IsChunked: true } or ConvBackwardGroup { IsChunked: true };

    private string Call(KernelGroup group, string i, string count = "count")
    {
        string stem = names[group.Call];
        return group switch
        {
            ConvForwardGroup g => $"{stem}{(train ? "Forward" : "Predict")}({At(g.X, i)}, {(g.Winograd.IsUsed ? $"step.Derived + {parameters[g.Weights].TransformedIn(g.Winograd.Form)}" : Weights(g.Weights))}, {(g.Bias is { } b ? Weights(b) + ", " : "")}{At(g.Y, i)}{(g.Arg is { } a ? ", " + At(a, i) : "")}{(g.ScratchFloats > 0 ? ", " + Name(Liveness.ScratchId(g)) : "")}{ChunkArguments(g, count)});",
            PoolForwardGroup g => $"{stem}{(train ? "Forward" : "Predict")}({At(g.X, i)}, {At(g.Y, i)}{(g.Arg is { } a ? ", " + At(a, i) : "")});",
            DenseForwardGroup g => $"{stem}{(parameters[g.Weights].IsDerived ? "Predict" : "Forward")}({Name(g.X)}, {Weights(g.Weights)}, {(g.Bias is { } b ? Weights(b) + ", " : "")}{Name(g.Y)}, count);",
            HeadGroup g when train => $"{MethodNames.Head(g, train)}(step, n, count, {Name(g.Logits)}, {Name(g.LogitsGrad!.Value)});",
            HeadGroup g => $"{MethodNames.Head(g, train)}(step, n, count, {Name(g.Logits)});",
            DenseDgradGroup g => $"{stem}Dgrad({Name(g.Dy)}, {Derived(g.Weights)}, {(g.ReluOutput is { } y ? Name(y) + ", " : "")}{Name(g.Dx)}, count);",
            ConvBackwardGroup g => $"{stem}Backward({At(g.X, i)}, {At(g.Dy, i)}, {(g.Relu ? At(g.Y, i) + ", " : "")}{(g.Arg is { } a ? At(a, i) + ", " : "")}{Name(Liveness.ScratchId(g))}, partial + {parameters[g.Weights].Partial}"
                + (g.Bias is { } b ? $", partial + {parameters[b].Partial}" : "") + (g.Dx is { } dx ? $", {(g.DgradWinograd.IsUsed ? $"step.Derived + {parameters[g.Weights].FlippedIn(g.DgradWinograd.Form)}" : Derived(g.Weights))}, {At(dx, i)}" : "") + ChunkArguments(g, count) + ");",
            PoolBackwardGroup g => $"{stem}Backward({At(g.Dy, i)}, {At(g.Arg, i)}, {At(g.Dx, i)});",
            DropoutGroup g => $"Dropouts.Apply(step, {g.Site}, n + {i}, {At(g.X, i)}, {At(g.Y, i)}, {g.Extent.Count}, {g.Threshold}u, {CodeWriter.Literal(g.Scale)});    // {g.Name}{(g.Backward ? " backward, the same mask" : "")}",
            BatchMomentsGroup g => $"{names.Of(g, train)}({At(g.X, i)}, partial + {parameters.Norm(g.Parameters.Moments).Partial}, n - first + {i});",
            BatchNormSumsGroup g => $"{names.Of(g, train)}({At(g.Dy, i)}, {At(g.X, i)}, {Vector(new("", g.Parameters.Moments, NormVector.Mean), g.Extent.Stored)}, partial + {parameters.Norm(g.Parameters.Moments).Partial + (2 * g.Extent.Stored)}, n - first + {i});",
            PointwiseGroup g => $"{names.Of(g, train)}({string.Join(", ", g.Maps.Select(id => At(id, i)).Concat(g.Vectors.Select(v => Vector(v, g.Extent.Stored))).Append(At(g.Y, i)))});",
            _ => $"{names.Of(group, train)}({string.Join(", ", group.Reads.Concat(group.Writes).Select(id => At(id, i)))});",
        };
    }

    private string ChunkArguments(ConvForwardGroup g, string count) => g.IsChunked ? $", {count}, {Stride(g.X)}, {Stride(g.Y)}{(g.Arg is { } arg ? $", {4 * Stride(arg)}" : "")}" : "";

    private string ChunkArguments(ConvBackwardGroup g, string count) => g.IsChunked ? $", {count}, {Stride(g.X)}, {Stride(g.Dy)}{(g.Relu ? $", {Stride(g.Y)}" : "")}{(g.Dx is { } dx ? $", {Stride(dx)}" : "")}" : "";

    private string Vector(ChannelVector vector, int stored) => vector.Vector is { } own
        ? $"step.Derived + {(own == NormVector.RunningScale ? parameters[vector.Owner].Derived : parameters.Norm(vector.Owner).Derived) + NormVectors.Offset(own, stored)}"
        : Weights(vector.Owner);

    private string Weights(int id) => $"step.{(parameters[id].IsDerived ? "Derived" : "Parameters")} + {parameters[id].Offset}";

    private string Derived(int id) => $"step.Derived + {parameters[id].Derived}";

    private string Name(int id) => _locals[id];

    /// <summary>Where an input lies in the samples; null where the value is none.</summary>
    private InputPlace? InputOf(int id) => id >= 0 && graph[id].Op is Op.Input input ? input.Place : null;

    private static string Samples(InputPlace input) => KernelWriter.Plus("step.Images", input.Offset);

    /// <summary>A local per input and buffer. Layers are named by users, so a name may be a keyword, another local of the method, or another buffer's.</summary>
    private static Dictionary<int, string> Locals(Schedule schedule, Graph graph)
    {
        var used = new HashSet<string>(["step", "task", "scratch", "first", "end", "partial", "n", "i", "count", "lowest"]);
        var locals = new Dictionary<int, string>();
        foreach (Value input in graph.Values.Where(static v => v.Op is Op.Input)) Add(input.Id, input.Name);
        foreach (Scheduling.Buffer buffer in schedule.Buffers.Values.OrderBy(static b => b.Id)) Add(buffer.Id, buffer.Name);
        return locals;

        void Add(int id, string of)
        {
            string name = Identifiers.Camel(of);
            if (Identifiers.IsKeyword(name)) name += "Value";
            string unique = name;
            for (int number = 2; !used.Add(unique); number++) unique = name + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            locals[id] = unique;
        }
    }

    private string At(int id, string i)
    {
        if (i == "0") return Name(id);
        if (InputOf(id) is { } input) return $"{Name(id)} + {i} * {input.Sample}";
        Scheduling.Buffer b = schedule.Buffers[id];
        return b.Scope is BufferScope.Image or BufferScope.Bordered ? Name(id) : $"{Name(id)} + {i} * {(PointerType(b) == "byte*" ? 4 * b.SampleFloats : b.SampleFloats)}";
    }

    private string PointerType(Scheduling.Buffer b) => b.Id < 0 ? "float*" : graph[b.Id].Type switch
    {
        Types.DType.U8 => "byte*",
        Types.DType.I32 => "int*",
        _ => "float*",
    };

    private static string Lifetime(Scheduling.Buffer b) => b.Scope switch
    {
        BufferScope.Batch => b.Last == int.MaxValue ? "kept for the parameter phase" : "kept for a later stage",
        BufferScope.Chunk => "of this chunk",
        _ => "of one image",
    };
}
