using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Names of emitted methods: a stem per layer call, and a name per kernel.</summary>
public sealed class MethodNames
{
    private readonly Dictionary<int, string> _stems = [];
    private readonly Dictionary<(KernelGroup, bool), string> _kernels = [];
    private readonly HashSet<string> _used = [];

    public MethodNames(ModelSpec spec)
    {
        var used = new HashSet<string>(["Head", "Model", .. spec.Outputs.Select(static output => Identifiers.Pascal("head_" + output.Name))]);
        for (int call = 0; call < spec.Calls.Count; call++)
        {
            string name = Identifiers.Pascal(spec.Calls[call].Layer.Name);
            while (!used.Add(name)) name += "_" + call;
            _stems[call] = name;
        }
    }

    /// <summary>The stem of a layer call; what belongs to none is the model's.</summary>
    public string this[int call] => _stems.TryGetValue(call, out string? stem) ? stem : "Model";

    /// <summary>The kernel of a group that has one of its own.</summary>
    /// <param name="group">The group.</param>
    /// <param name="train">Whether it is the training program's.</param>
    public string Of(KernelGroup group, bool train)
    {
        if (_kernels.TryGetValue((group, train), out string? known)) return known;
        string name = this[group.Call] + Role(group) + (train ? "" : "Predict");
        for (int i = 2; !_used.Add(name); i++) name = this[group.Call] + Role(group) + i + (train ? "" : "Predict");
        return _kernels[(group, train)] = name;
    }

    /// <summary>The kernel of an output's end: "HeadTrain", or where there are several outputs "HeadBoxesTrain".</summary>
    public static string Head(HeadGroup head, bool train) => Identifiers.Pascal(head.Name) + (train ? "Train" : "Predict");

    private static string Role(KernelGroup group) => group switch
    {
        PointwiseGroup p => p.Role,
        BatchMomentsGroup => "Moments",
        BatchNormSumsGroup => "Sums",
        BatchNormUpdateGroup => "Update",
        WindowPoolGroup => "Pool",
        WindowPoolBackwardGroup => "PoolBackward",
        ImportGroup => "Import",
        ConcatGroup => "Join",
        SliceGroup s => "Part" + s.Part,
        UpsampleGroup => "Spread",
        UpsampleBackwardGroup => "Gather",
        _ => throw new InvalidOperationException(group.GetType().Name),
    };
}
