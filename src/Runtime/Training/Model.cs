using System.ComponentModel;
using Convoke.Compiled;

namespace Convoke;

/// <summary>A network with its weights: the base of every class that carries <c>[Model]</c>.</summary>
/// <remarks>
/// One call at a time: a second thread gets an <see cref="InvalidOperationException"/>. Every call needs the model undisposed
/// (<see cref="ObjectDisposedException"/>). Same seed, same data, same weights bit for bit, with any number of threads.
/// </remarks>
public abstract partial class Model : IDisposable
{
    /// <summary>Samples that go through the network at a time where the caller does not say.</summary>
    private const int SliceSamples = 256;

    private readonly NetworkPlan _plan;
    private readonly StepEngine _engine;
    private readonly ModelGuard _guard;
    private readonly InputChecks _checks;
    private readonly SpanSource _spans;

    /// <summary>Called by generated code.</summary>
    /// <exception cref="DeviceNotAvailableException">The device is a GPU that cannot be used, or <paramref name="cuda"/> is null there.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected Model(NetworkPlan plan, CpuProgram program, CudaProgram? cuda, Device device, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(device);
        PlanChecks.Check(plan);
        (_plan, Device, Seed) = (plan, device, seed);
        _guard = new ModelGuard(plan.Name);
        _checks = new InputChecks(plan);
        _spans = new SpanSource(plan);
        _engine = device.CreateEngine(plan, program, cuda, seed);
        Parameter[] parameters = new Parameter[plan.Parameters.Length];
        try
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                parameters[i] = new Parameter(plan.Parameters[i], _engine, _guard);
                parameters[i].Initialize(seed, i);
            }
        }
        catch
        {
            // Nobody gets the model, so nobody disposes of it.
            _engine.Dispose();
            throw;
        }
        Parameters = new ParameterCollection(plan.Name, parameters);
    }

    /// <summary>Where the model computes.</summary>
    public Device Device { get; }

    /// <summary>Seed of the start values and of the order of samples.</summary>
    public ulong Seed { get; }

    /// <summary>The trained tensors, by index or name.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>Optimizer steps taken since the model was made.</summary>
    public long Step => _engine.Step;

    /// <summary>Ends the model's threads and frees its memory; harmless when repeated.</summary>
    /// <exception cref="InvalidOperationException">A call is still running.</exception>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the model holds.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>; the model has no finalizer, as its memory and threads have their own.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && _guard.TryClose()) _engine.Dispose();
    }
}
