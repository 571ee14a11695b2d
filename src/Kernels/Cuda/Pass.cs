using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>One entry point of a program while it is emitted: its groups, its launches so far, and what is fused beyond the groups.</summary>
public sealed class Pass
{
    private readonly Graph _graph;
    private readonly BatchPlan _plan;
    private readonly bool _hasPartials;

    public Pass(Schedule schedule, Graph graph, ParameterPlanner parameters, ModelSpec spec, bool trains, DerivedPlaces places)
    {
        (_graph, Parameters, Trains, _hasPartials) = (graph, parameters, trains, places.Segments.Count > 0);
        Groups = [.. schedule.Groups];
        _plan = new BatchPlan(schedule);
        _plan.Add(int.MaxValue, "x", "f32", Panels.Pad(spec.Input.Count));

        // Both graphs number their values from 0: what is folded is of the other one.
        To = new LaunchBuilder(_plan, parameters, trains ? new Dictionary<int, int>() : places.Folded);
        Last = FindLast(Groups, spec);
        LastDgrad = FindLastDgrad(Groups, spec);
        if (Last is not null && HeadWide.Suits(Last)) _plan.Add(HeadWide.PartialsId, "logit partials", "f32", HeadWide.PartialFloats(Last));
    }

    public KernelGroup[] Groups { get; }

    public LaunchBuilder To { get; }

    public ParameterPlanner Parameters { get; }

    public bool Trains { get; }

    /// <summary>The dense layer that the head computes itself: one that makes the logits, for nobody else.</summary>
    public DenseForwardGroup? Last { get; }

    /// <summary>The gradient of its input, which the head computes as well.</summary>
    public DenseDgradGroup? LastDgrad { get; }

    /// <summary>Floats per sample of the pass's values, once its launches are placed.</summary>
    public int SampleFloats => _plan.SampleFloats;

    /// <summary>Whether a value is the data set's, read there.</summary>
    public bool IsSamples(int id) => _graph[id].Op is Op.Input;

    /// <summary>Whether a dense update is the last kernel of a step: there is no parameter with partial gradients, and no dense layer behind it.</summary>
    public bool Finishes(DenseUpdateGroup group) => !_hasPartials && ReferenceEquals(group, Groups.OfType<DenseUpdateGroup>().Last());

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
