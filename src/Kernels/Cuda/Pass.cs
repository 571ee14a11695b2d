using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Cuda;

/// <summary>One entry point of a program while it is emitted: its groups, its launches so far, and what is fused beyond the groups.</summary>
public sealed class Pass
{
    private readonly Graph _graph;
    private readonly BatchPlan _plan;
    private readonly EquatableArray<InputSpec> _inputs;

    public Pass(Schedule schedule, Graph graph, ParameterPlanner parameters, ModelSpec spec, bool trains, DerivedPlaces places)
    {
        (_graph, Parameters, Trains, _inputs) = (graph, parameters, trains, spec.Inputs);
        Groups = [.. schedule.Groups];
        _plan = new BatchPlan(schedule);
        foreach (Value input in graph.Values.Where(static v => v.Op is Op.Input)) _plan.Add(GatheredId(input.Id), "x", "f32", Panels.Pad(input.Shape.Count));

        // Both graphs number their values from 0: what is folded is of the other one.
        To = new LaunchBuilder(_plan, parameters, trains ? new Dictionary<int, int>() : places.Folded);
        Last = FindLast(Groups, spec);
        LastDgrad = FindLastDgrad(Groups, spec);
        if (Last is null || !HeadWide.Suits(Last)) return;
        WithLogits = FindWithLogits(places);
        LogitParts = WithLogits?.Parts ?? HeadWide.Splits;
        _plan.Add(HeadWide.PartialsId, "logit partials", "f32", HeadWide.PartialFloats(Last, LogitParts));
    }

    public KernelGroup[] Groups { get; }

    public LaunchBuilder To { get; }

    public ParameterPlanner Parameters { get; }

    public bool Trains { get; }

    /// <summary>The dense layer that the head computes itself: one that makes the logits, for nobody else.</summary>
    public DenseForwardGroup? Last { get; }

    /// <summary>The gradient of its input, which the head computes as well.</summary>
    public DenseDgradGroup? LastDgrad { get; }

    /// <summary>The convolution that makes a wide last layer's logits in its epilogue; null where they have a kernel of their own.</summary>
    public ConvTensorLogits? WithLogits { get; }

    /// <summary>Parts in which a wide last layer's logits are made.</summary>
    public int LogitParts { get; }

    /// <summary>Floats per sample of the pass's values, once its launches are placed.</summary>
    public int SampleFloats => _plan.SampleFloats;

    /// <summary>Adds a value that only this pass knows.</summary>
    public void Add(int id, string name, int sampleFloats) => _plan.Add(id, name, "f32", sampleFloats);

    /// <summary>The place in the data set's samples of a value that is read there; null of any other.</summary>
    public InputText? Samples(int id) => _graph[id].Op is Op.Input input ? new(_inputs[input.Place.Index], input.Place) : null;

    /// <summary>The batch's values of an input, where a kernel copies them out of the data set.</summary>
    public static int GatheredId(int input) => int.MaxValue - input;

    private ConvTensorLogits? FindWithLogits(DerivedPlaces places)
    {
        ConvForwardGroup? conv = Groups.OfType<ConvForwardGroup>().FirstOrDefault(g => g.Y == Last!.X);
        if (conv is null || Samples(conv.X) is null || (!Trains && places.Folded.ContainsKey(conv.Weights))) return null;
        return places.Copy(Parameters[conv.Weights].Name, OperandUse.ConvSamples) is { } copy ? ConvTensorLogits.Choose(conv, Last!, copy.Operands) : null;
    }

    /// <summary>What <see cref="Last"/> is of a schedule.</summary>
    public static DenseForwardGroup? FindLast(IReadOnlyList<KernelGroup> groups, ModelSpec spec)
    {
        if (spec.Outputs.Count > 1 || groups.OfType<HeadGroup>().ToArray() is not [{ IsByElement: false } head]) return null;
        DenseForwardGroup? dense = groups.OfType<DenseForwardGroup>().LastOrDefault(d => d.Y == head.Logits);
        bool others = groups.Any(g => g is not HeadGroup && g.Reads.Contains(head.Logits));
        return dense is { Relu: false } && head.Pixels == 1 && !others ? dense : null;
    }

    /// <summary>What <see cref="LastDgrad"/> is of a schedule; a wide layer's has work for more blocks than the head has.</summary>
    public static DenseDgradGroup? FindLastDgrad(IReadOnlyList<KernelGroup> groups, ModelSpec spec) => FindLast(groups, spec) is not { } last || HeadWide.Suits(last) ? null : groups.OfType<DenseDgradGroup>().FirstOrDefault(d =>
        d.Dy == groups.OfType<HeadGroup>().Single().LogitsGrad && d.Weights == last.Weights && (d.ReluOutput is null || d.ReluOutput == last.X));
}
