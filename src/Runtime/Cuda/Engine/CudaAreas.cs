using Convoke.Compiled;

namespace Convoke;

/// <summary>A model's memory on a device. The areas of the model last as long as it does; those of the batch grow when a larger one comes.</summary>
/// <remarks>Nothing lives in the batch's areas from one pass to the next, so training and prediction share them.</remarks>
internal sealed unsafe class CudaAreas : IDisposable
{
    /// <summary>Names of the two areas that no kernel knows by name.</summary>
    private const CudaAreaPlan ImagesArea = (CudaAreaPlan)(-1), LabelsArea = (CudaAreaPlan)(-2);

    private readonly NetworkPlan _network;
    private readonly CudaPlan _plan;
    private readonly CudaSession _session;
    private readonly CudaQueue _queue;
    private readonly Dictionary<CudaAreaPlan, DeviceBlock> _blocks = [];

    public CudaAreas(NetworkPlan network, CudaPlan plan, CudaSession session, CudaQueue queue)
    {
        (_network, _plan, _session, _queue) = (network, plan, session, queue);
        try
        {
            Zeroed(CudaAreaPlan.Parameters, network.ParameterFloats);
            Zeroed(CudaAreaPlan.Derived, plan.DerivedFloats);
            _blocks[CudaAreaPlan.Step] = session.Allocate(sizeof(CudaStep));
            if (network.Losses.Length > 1) Zeroed(CudaAreaPlan.Totals, 2L * network.Losses.Length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Counts up when an area moved, so that launches and graphs that know its address are made anew.</summary>
    public int Generation { get; private set; }

    /// <summary>Samples that the batch's areas hold.</summary>
    public int Capacity { get; private set; }

    /// <summary>Address of a batch's images that come from the host: f32[Capacity, sample].</summary>
    public ulong Images => this[ImagesArea];

    /// <summary>Address of such a batch's class indices i32[N, LabelLength], behind which stand its target values f32[N, TargetLength].</summary>
    public ulong Labels => this[LabelsArea];

    /// <summary>Address of an area's first byte; 0 of one that there is no use for yet.</summary>
    public ulong this[CudaAreaPlan area] => _blocks.TryGetValue(area, out DeviceBlock? block) ? block.Pointer : 0;

    /// <summary>Whether a training step of so many samples needs no more room.</summary>
    public bool IsReadyToTrain(int samples) => samples <= Capacity && _blocks.ContainsKey(CudaAreaPlan.Partials);

    /// <summary>Room for what only training needs.</summary>
    public void EnsureTraining()
    {
        if (_blocks.ContainsKey(CudaAreaPlan.Partials)) return;
        int moments = _network.Optimizer?.Moments ?? 0;
        if (moments > 0) Zeroed(CudaAreaPlan.Moment1, _network.ParameterFloats);
        if (moments > 1) Zeroed(CudaAreaPlan.Moment2, _network.ParameterFloats);
        _blocks[CudaAreaPlan.Partials] = _session.Allocate((long)_plan.PartialFloats * sizeof(float));
        Generation++;
    }

    /// <summary>Room for gradients that are kept.</summary>
    public void EnsureGradients()
    {
        if (_blocks.ContainsKey(CudaAreaPlan.Gradients)) return;
        Zeroed(CudaAreaPlan.Gradients, _network.ParameterFloats);
        Generation++;
    }

    /// <summary>Room for a batch; when there is not as much memory, the areas stay as they were.</summary>
    public void EnsureBatch(int samples)
    {
        if (samples <= Capacity) return;
        int capacity = checked(samples + 15) / 16 * 16;
        long values = Math.Max(_plan.TrainSampleFloats, _plan.PredictSampleFloats), sample = _network.SampleLength;
        long labels = (long)_network.LabelLength + _network.TargetLength;
        (CudaAreaPlan Area, long Floats)[] areas = [(CudaAreaPlan.Batch, values), (CudaAreaPlan.Losses, Math.Max(1, _network.Losses.Length)), (CudaAreaPlan.Correct, 1), (CudaAreaPlan.Output, _network.OutputLength), (ImagesArea, sample), (LabelsArea, labels)];
        List<DeviceBlock> made = [];
        try
        {
            foreach ((_, long floats) in areas) made.Add(_session.Allocate(checked(capacity * floats * sizeof(float))));
        }
        catch
        {
            foreach (DeviceBlock block in made) block.Dispose();
            throw;
        }
        _queue.Synchronize();
        for (int i = 0; i < areas.Length; i++)
        {
            if (_blocks.Remove(areas[i].Area, out DeviceBlock? old)) old.Dispose();
            _blocks[areas[i].Area] = made[i];
        }
        Capacity = capacity;
        Generation++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBlock block in _blocks.Values) block.Dispose();
        _blocks.Clear();
    }

    private void Zeroed(CudaAreaPlan area, long floats)
    {
        DeviceBlock block = _session.Allocate(floats * sizeof(float));
        _blocks[area] = block;
        if (floats > 0) _queue.Clear(block.Pointer, floats * sizeof(float));
    }
}
