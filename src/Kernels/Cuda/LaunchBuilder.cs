using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Collects the launches of a pass, and notes which of them uses which value. An argument that is null is left out, as the kernel has no such parameter.</summary>
public sealed class LaunchBuilder(BatchPlan plan, ParameterPlanner parameters)
{
    public List<CudaLaunch> Launches { get; } = [];

    /// <summary>Whether values have their places already; before that their arguments stand for nothing.</summary>
    public bool IsPlaced { get; init; }

    public CudaArgument Step { get; } = new(CudaArea.Step);

    public CudaArgument Count { get; } = new(CudaArea.Count);

    public void Launch(int kernel, CudaGrid grid, params CudaArgument?[] arguments) => Launches.Add(new(kernel, grid, new([.. arguments.OfType<CudaArgument>()])));

    /// <summary>The place of a value that the launch about to be added reads or writes.</summary>
    public CudaArgument Value(int id)
    {
        if (IsPlaced) return plan[id];
        plan.Use(id, Launches.Count);
        return new(CudaArea.Batch);
    }

    /// <summary>Likewise; null, that is no parameter, where there is no such value.</summary>
    public CudaArgument? ValueIf(int? id) => id is { } value ? Value(value) : null;

    /// <summary>Likewise; a null pointer where there is no such value.</summary>
    public CudaArgument ValueOrNull(int? id) => id is { } value ? Value(value) : new(CudaArea.None);

    public CudaArgument Parameter(int id) => new(CudaArea.Parameters, parameters[id].Offset);

    public CudaArgument? ParameterIf(int? id) => id is { } value ? Parameter(value) : null;
}
