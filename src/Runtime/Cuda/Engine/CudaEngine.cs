using Convoke.Compiled;

namespace Convoke;

/// <summary>Steps on a GPU: queued, and looked at only when a sum or a parameter is read.</summary>
internal sealed unsafe class CudaEngine : StepEngine
{
    private readonly NetworkPlan _plan;
    private readonly CpuProgram _cpu;
    private readonly CudaSession _session;
    private readonly Stack<IDisposable> _owned = [];
    private readonly CudaQueue _queue;
    private readonly CudaAreas _areas;
    private readonly CudaFeed _feed;
    private readonly CudaProgram _program;
    private readonly bool _useGraphs;
    private readonly ulong _seed;
    private readonly bool _predictionReadsDerived;
    private readonly PinnedBlock _record;

    /// <summary>The sums of the losses, where there are several.</summary>
    private readonly PinnedBlock? _totals;
    private readonly List<QueuedStep> _queued = [];

    /// <summary>The kernels, for one choice of the program's tunables.</summary>
    private CudaVariant _kernels;

    /// <summary>Chooses before the first training step; null: it is chosen, or nobody asked.</summary>
    private CudaTuner? _tuner;

    private PinnedBlock? _parameters, _gradients, _output;
    private bool _hostIsNewer, _deviceIsNewer, _derivedIsStale = true, _foldIsStale = true;
    private int _samples;

    /// <summary>Training passes that were queued: what the device counts too, to draw other masks in each.</summary>
    private uint _draws;

    /// <summary>A step that was queued, to tell which batch it was when its loss turns out not to be finite.</summary>
    private readonly record struct QueuedStep(long Step, SampleSource Source, int Start, KeyedPermutation? Order, int Count, int? Epoch, bool KeepsGradients, uint Draw);

    /// <exception cref="DeviceNotAvailableException">There is no such device.</exception>
    /// <exception cref="KernelCompilationException">The kernels do not compile.</exception>
    /// <exception cref="CudaException">The driver refuses, for want of memory for example.</exception>
    public CudaEngine(NetworkPlan plan, CpuProgram cpu, CudaProgram program, int ordinal, ulong seed, bool useGraphs, bool tunes)
    {
        (_plan, _cpu, _program, _seed, _useGraphs) = (plan, cpu, program, seed, useGraphs);
        _session = Own(CudaSession.Open(ordinal));
        try
        {
            CudaPlan cuda = program.Plan;
            _session.Device.Require(cuda.Capability, plan.Name);
            _predictionReadsDerived = cuda.Capability > 0;
            _queue = Own(_session.CreateQueue());
            _areas = Own(new CudaAreas(plan, cuda, _session, _queue));
            _kernels = Own(new CudaVariant(_session, program, CudaVariant.Default(cuda), _areas, _queue, useGraphs));
            _feed = Own(new CudaFeed(plan, _session, _queue, _areas, _kernels.Order));
            if (tunes) _tuner = new CudaTuner(plan, program, _session, _queue, useGraphs);
            _record = Own(_session.AllocatePinned(sizeof(CudaStep)));
            if (plan.Losses.Length > 1) _totals = Own(_session.AllocatePinned(plan.Losses.Length * sizeof(double)));
            SendState(0);
            CudaTrace.Write(1, $"{plan.Name} on {_session.Device.Name}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override float* ReadParameters()
    {
        Settle();
        bool isNew = _parameters is null;
        _parameters ??= Own(_session.AllocatePinned((long)_plan.ParameterFloats * sizeof(float)));
        if (!_hostIsNewer && (isNew || _deviceIsNewer)) Download(_parameters, CudaAreaPlan.Parameters);
        _deviceIsNewer = false;
        return (float*)_parameters.Pointer;
    }

    /// <inheritdoc/>
    public override float* WriteParameters()
    {
        // Each parameter is written by itself: the others must be there.
        float* parameters = ReadParameters();
        _hostIsNewer = true;
        return parameters;
    }

    /// <inheritdoc/>
    public override float* ReadGradients()
    {
        Settle();
        _gradients ??= Own(_session.AllocatePinned((long)_plan.ParameterFloats * sizeof(float)));
        Download(_gradients, CudaAreaPlan.Gradients);
        return (float*)_gradients.Pointer;
    }

    /// <inheritdoc/>
    public override void ClearSum()
    {
        Settle();
        _samples = 0;
        _queued.Clear();
        _queue.Clear(_areas[CudaAreaPlan.Step] + CudaStep.SumOffset, CudaStep.SumBytes);
        if (_totals is not null) _queue.Clear(_areas[CudaAreaPlan.Totals], _totals.Bytes);
    }

    /// <inheritdoc/>
    public override BatchSum ReadSum()
    {
        Settle();
        Download(_record, CudaAreaPlan.Step);
        CudaStep* step = (CudaStep*)_record.Pointer;
        if (step->Bad != 0) throw Failed(step->FailedStep);
        if (_totals is null) return BatchSum.Of(_plan, new ReadOnlySpan<double>(ref step->LossSum), (long)step->Correct, _samples);
        Download(_totals, CudaAreaPlan.Totals);
        return BatchSum.Of(_plan, new ReadOnlySpan<double>(_totals.Pointer, _plan.Losses.Length), (long)step->Correct, _samples);
    }

    /// <inheritdoc/>
    public override void Train(SampleSource source, int count, int? epoch)
    {
        DatasetSource? data = source as DatasetSource;
        _session.MakeCurrent();
        if (_areas.IsReadyToTrain(count) && !_hostIsNewer && !_derivedIsStale && _feed.Follows(source, count))
        {
            _kernels.Train.Defer(count);
        }
        else
        {
            Begin(count, training: true);
            _feed.Aim(source, count, keepGradients: false, measured: true);
            if (_tuner is { } tuner) Tune(tuner, count);
            _kernels.Train.Enqueue(count);
        }
        Step++;
        _samples += count;
        _queued.Add(new(Step, source, data?.Start ?? 0, data?.Order, count, epoch, false, _draws++));
        _deviceIsNewer = _foldIsStale = true;
    }

    /// <inheritdoc/>
    public override void Gradients(SampleSource source, int count)
    {
        HasGradients = false;
        Settle();
        _areas.EnsureGradients();
        Begin(count, training: true);
        _feed.Aim(source, count, keepGradients: true, measured: true);
        _kernels.Train.Enqueue(count);
        _samples += count;
        _queued.Add(new(Step, source, 0, null, count, null, true, _draws++));
        HasGradients = true;
    }

    /// <inheritdoc/>
    public override void Evaluate(SampleSource source, int count)
    {
        Begin(count, training: false);
        _feed.Aim(source, count, keepGradients: false, measured: true);
        _kernels.Evaluate.Enqueue(count);
        _samples += count;
    }

    /// <inheritdoc/>
    public override void Predict(SampleSource source, int count, float** outputs, int* classes)
    {
        Begin(count, training: false);
        _feed.Aim(source, count, keepGradients: false, measured: false);
        _kernels.Predict.Enqueue(count);
        int rows = _plan.OutputLength;
        long floats = (long)count * rows;
        if (_output is null || _output.Bytes < floats * sizeof(float))
        {
            PinnedBlock larger = _session.AllocatePinned((long)_areas.Capacity * rows * sizeof(float));
            _output?.Dispose();
            _output = larger;
        }
        _queue.CopyFromDevice(_output.Pointer, _areas[CudaAreaPlan.Output], floats * sizeof(float));
        _queue.Synchronize();
        ReadOnlySpan<float> output = new(_output.Pointer, checked((int)floats));
        nint[] places = new nint[_plan.Outputs.Length];
        for (int i = 0; i < places.Length; i++) places[i] = (nint)outputs[i];
        OutputCopy.Copy(_plan, output, places, 0);
        if (classes != null) Classes.Largest(_plan, output, new Span<int>(classes, count * _plan.Told!.Pixels));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // What is queued still uses the memory; after a fault there is nothing to wait for.
        if (_queue is not null && !_session.IsLost)
        {
            try
            {
                _session.MakeCurrent();
                _queue.Synchronize();
            }
            catch (CudaException)
            {
            }
        }
        _output?.Dispose();
        while (_owned.TryPop(out IDisposable? owned)) owned.Dispose();
    }

    /// <summary>Takes the kernels that the tuner chooses. The ones before stay, as the feed uses them.</summary>
    private void Tune(CudaTuner tuner, int count)
    {
        _tuner = null;
        int[] choice = tuner.Choose(_areas, count);
        if (!choice.AsSpan().SequenceEqual(_kernels.Choice)) _kernels = Own(new CudaVariant(_session, _program, choice, _areas, _queue, _useGraphs));
    }

    private T Own<T>(T resource) where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }

    /// <summary>Whatever comes next stands behind all steps so far.</summary>
    private void Settle()
    {
        _session.MakeCurrent();
        _kernels.Train.Flush();
    }

    private void Begin(int count, bool training)
    {
        Settle();
        if (training) _areas.EnsureTraining();
        _areas.EnsureBatch(count);
        if (_hostIsNewer)
        {
            _queue.CopyToDevice(_areas[CudaAreaPlan.Parameters], _parameters!.Pointer, (long)_plan.ParameterFloats * sizeof(float));
            _queue.Synchronize();
            _hostIsNewer = false;
            _derivedIsStale = _foldIsStale = true;
        }
        if (training || _predictionReadsDerived) Refresh(_kernels.Derive, ref _derivedIsStale, count);
        if (!training) Refresh(_kernels.Fold, ref _foldIsStale, count);
    }

    private void Refresh(CudaLaunches derived, ref bool isStale, int count)
    {
        if (!isStale) return;
        derived.Bind(_areas);
        derived.Enqueue(_queue, count);
        isStale = false;
    }

    private void Download(PinnedBlock to, CudaAreaPlan area)
    {
        _queue.CopyFromDevice(to.Pointer, _areas[area], to.Bytes);
        _queue.Synchronize();
    }

    /// <summary>Sets where training stands, without a failure.</summary>
    private void SendState(long step)
    {
        CudaStep* record = (CudaStep*)_record.Pointer;
        *record = new CudaStep { Seed = _seed, Draw = _draws, Step = checked((int)step), Beta1Power = Math.Pow(_plan.Optimizer?.Beta1 ?? 0, step), Beta2Power = Math.Pow(_plan.Optimizer?.Beta2 ?? 0, step), SecondMomentScale = 1f };
        _queue.CopyToDevice(_areas[CudaAreaPlan.Step], record, sizeof(CudaStep));
        _queue.Synchronize();
    }

    /// <summary>Puts training back before the failed step, and lets the CPU tell which layer it was.</summary>
    private NonFiniteLossException Failed(int failedStep)
    {
        // A gradient that was asked for is the only pass of its sum, and takes no step.
        QueuedStep failed = _queued[^1].KeepsGradients ? _queued[^1] : _queued.First(queued => queued.Step == failedStep);
        long step = failed.KeepsGradients ? Step + 1 : failedStep;
        Step = step - 1;
        _draws = failed.Draw + 1;
        HasGradients = false;
        _feed.Forget();
        SendState(Step);
        if (failed.Source is DatasetSource data) (data.Start, data.Order) = (failed.Start, failed.Order);
        using CpuEngine cpu = new(_plan, _cpu, 1, seed: 0);
        new ReadOnlySpan<float>(ReadParameters(), _plan.ParameterFloats).CopyTo(new Span<float>(cpu.WriteParameters(), _plan.ParameterFloats));
        return cpu.Explain(failed.Source, failed.Count, failed.Epoch, step);
    }
}
