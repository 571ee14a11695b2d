using Convoke.Kernels.Emission;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Writes the calls of one schedule: pointers to its buffers, loops over images, and for each group the call with its operands.</summary>
/// <param name="code">The writer.</param>
/// <param name="schedule">The schedule.</param>
/// <param name="graph">Its graph.</param>
/// <param name="parameters">Parameters by the graph's ids.</param>
/// <param name="names">Method stem per layer call.</param>
/// <param name="train">Whether the training variants of kernels are called.</param>
public sealed class EntryPoint(CodeWriter code, Schedule schedule, Graph graph, ParameterPlanner parameters, IReadOnlyDictionary<int, string> names, bool train)
{
    private readonly Dictionary<int, string> _locals = Locals(schedule);

    private int InputFloats => graph.Values.First(static v => v.Op is Op.Input).Shape.Count;

    private int InputId => graph.Values.First(static v => v.Op is Op.Input).Id;

    /// <summary>Declares a pointer per buffer, at sample n of the batch arena or at the worker's scratch.</summary>
    public void DeclareBuffers()
    {
        code.Line($"float* input = step.Images + (nint)n * {InputFloats};");
        foreach (Scheduling.Buffer b in schedule.Buffers.Values.OrderBy(static b => b.First).ThenBy(static b => b.Id))
        {
            string type = IsBytes(b) ? "byte*" : "float*";
            string place = b.Scope == BufferScope.Batch ? $"step.Batch + (nint){b.OffsetFloats} * step.Capacity + (nint)n * {b.SampleFloats}" : $"scratch + {b.OffsetFloats}";
            code.Line($"{type} {Name(b.Id)} = {(IsBytes(b) ? $"(byte*)({place})" : place)};    // {b.Text}, {Lifetime(b)}");
        }
    }

    /// <summary>Writes all loops, for <c>count</c> images from <c>n</c>.</summary>
    public void Calls()
    {
        foreach (GroupLoop loop in schedule.Loops)
        {
            using (loop.PerImage ? code.Block("for (int i = 0; i < count; i++)") : null)
                foreach (KernelGroup group in loop.Groups) code.Line(Call(group, loop.PerImage ? "i" : "0"));
        }
    }

    /// <summary>Writes the forward calls for one image, each followed by a look at what it yields.</summary>
    public void ProbeCalls(Action<KernelGroup, string, int> after)
    {
        foreach (KernelGroup group in schedule.Loops.SelectMany(static l => l.Groups).Where(static g => g is not HeadGroup))
        {
            code.Line(Call(group, "0"));
            int y = group.Writes.First();
            after(group, Name(y), schedule.Buffers[y].SampleFloats);
        }
    }

    /// <summary>A value of the whole batch, as the groups over parameters see it: its first sample, and floats from one to the next.</summary>
    public (string Pointer, int Stride) OfBatch(int id) => id == InputId
        ? ("step.Images", InputFloats)
        : ($"step.Batch + (nint){schedule.Buffers[id].OffsetFloats} * step.Capacity", schedule.Buffers[id].SampleFloats);

    public int Stride(int id) => id == InputId ? InputFloats : schedule.Buffers[id].SampleFloats;

    private string Call(KernelGroup group, string i)
    {
        string stem = names[group.Call];
        return group switch
        {
            ConvForwardGroup g => $"{stem}{(train ? "Forward" : "Predict")}({At(g.X, i)}, {(g.Winograd.IsUsed ? $"step.Derived + {parameters[g.Weights].Winograd}" : Weights(g.Weights))}, {(g.Bias is { } b ? Weights(b) + ", " : "")}{At(g.Y, i)}{(g.Arg is { } a ? ", " + At(a, i) : "")}{(g.Winograd.IsUsed ? ", " + Name(Liveness.ScratchId(g)) : "")});",
            PoolForwardGroup g => $"{stem}{(train ? "Forward" : "Predict")}({At(g.X, i)}, {At(g.Y, i)}{(g.Arg is { } a ? ", " + At(a, i) : "")});",
            DenseForwardGroup g => $"{stem}Forward({Name(g.X)}, {Weights(g.Weights)}, {(g.Bias is { } b ? Weights(b) + ", " : "")}{Name(g.Y)}, count);",
            HeadGroup g when train => $"HeadTrain(step, n, count, {Name(g.Logits)}, {Name(g.LogitsGrad!.Value)});",
            HeadGroup g => $"HeadPredict(step, n, count, {Name(g.Logits)});",
            DenseDgradGroup g => $"{stem}Dgrad({Name(g.Dy)}, {Derived(g.Weights)}, {(g.ReluOutput is { } y ? Name(y) + ", " : "")}{Name(g.Dx)}, count);",
            ConvBackwardGroup g => $"{stem}Backward({At(g.X, i)}, {At(g.Dy, i)}, {(g.Relu ? At(g.Y, i) + ", " : "")}{(g.Arg is { } a ? At(a, i) + ", " : "")}{Name(Liveness.ScratchId(g))}, partial + {parameters[g.Weights].Partial}"
                + (g.Bias is { } b ? $", partial + {parameters[b].Partial}" : "") + (g.Dx is { } dx ? $", {Derived(g.Weights)}, {At(dx, i)}" : "") + ");",
            PoolBackwardGroup g => $"{stem}Backward({At(g.Dy, i)}, {At(g.Arg, i)}, {At(g.Dx, i)});",
            _ => throw new InvalidOperationException(group.GetType().Name),
        };
    }

    private string Weights(int id) => $"step.Parameters + {parameters[id].Offset}";

    private string Derived(int id) => $"step.Derived + {parameters[id].Derived}";

    private string Name(int id) => id == InputId ? "input" : _locals[id];

    /// <summary>A local per buffer. Layers are named by users, so a name may be a keyword, another local of the method, or another buffer's.</summary>
    private static Dictionary<int, string> Locals(Schedule schedule)
    {
        var used = new HashSet<string>(["step", "task", "scratch", "first", "end", "partial", "n", "i", "count", "lowest", "input"]);
        var locals = new Dictionary<int, string>();
        foreach (Scheduling.Buffer buffer in schedule.Buffers.Values.OrderBy(static b => b.Id))
        {
            string name = Identifiers.Camel(buffer.Name);
            while (Identifiers.IsKeyword(name) || !used.Add(name)) name += "Value";
            locals[buffer.Id] = name;
        }

        return locals;
    }

    private string At(int id, string i)
    {
        if (i == "0") return Name(id);
        if (id == InputId) return $"input + {i} * {InputFloats}";
        Scheduling.Buffer b = schedule.Buffers[id];
        return b.Scope is BufferScope.Image or BufferScope.Bordered ? Name(id) : $"{Name(id)} + {i} * {(IsBytes(b) ? 4 * b.SampleFloats : b.SampleFloats)}";
    }

    private bool IsBytes(Scheduling.Buffer b) => b.Id >= 0 && graph[b.Id].Type == Types.DType.U8;

    private static string Lifetime(Scheduling.Buffer b) => b.Scope switch
    {
        BufferScope.Batch => "kept for the parameter phase",
        BufferScope.Chunk => "of this chunk",
        _ => "of one image",
    };
}
