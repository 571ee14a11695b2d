using Convoke.Kernels.Scheduling;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Cuda;

/// <summary>Collects the launches of a pass, and notes which of them uses which value. An argument that is null is left out, as the kernel has no such parameter.</summary>
/// <param name="plan">Places of values.</param>
/// <param name="parameters">Places of parameters.</param>
/// <param name="folded">Places, in the derived area, of parameters that exist while predicting only.</param>
public sealed class LaunchBuilder(BatchPlan plan, ParameterPlanner parameters, IReadOnlyDictionary<int, int> folded)
{
    /// <summary>Marks an argument whose offset is still the id of a value.</summary>
    private const int Unplaced = -1;

    private readonly List<CudaLaunch> _launches = [];

    public CudaArgument Step { get; } = new(CudaArea.Step);

    public CudaArgument Count { get; } = new(CudaArea.Count);

    public void Launch(int kernel, CudaGrid grid, params CudaArgument?[] arguments) => _launches.Add(new(kernel, grid, new([.. arguments.OfType<CudaArgument>()])));

    /// <summary>Says what the last launch computes, where that is more than its kernel's name says.</summary>
    public void Name(string work) => _launches[_launches.Count - 1] = _launches[_launches.Count - 1] with { Work = work };

    /// <summary>The place of a value that the launch about to be added reads or writes.</summary>
    public CudaArgument Value(int id)
    {
        plan.Use(id, _launches.Count);
        return new(CudaArea.Batch, id, Unplaced);
    }

    /// <summary>Likewise; null, that is no parameter, where there is no such value.</summary>
    public CudaArgument? ValueIf(int? id) => id is { } value ? Value(value) : null;

    /// <summary>Likewise; a null pointer where there is no such value.</summary>
    public CudaArgument ValueOrNull(int? id) => id is { } value ? Value(value) : new(CudaArea.None);

    public CudaArgument Parameter(int id) => folded.TryGetValue(id, out int at) ? new(CudaArea.Derived, at) : new(CudaArea.Parameters, parameters[id].Offset);

    public CudaArgument? ParameterIf(int? id) => id is { } value ? Parameter(value) : null;

    /// <summary>Gives every value its place, and yields the launches.</summary>
    public EquatableArray<CudaLaunch> Place()
    {
        plan.Place();
        return new([.. _launches.Select(launch => launch with { Arguments = new([.. launch.Arguments.Select(a => a.SampleFloats == Unplaced ? plan[a.OffsetFloats] : a)]) })]);
    }
}
