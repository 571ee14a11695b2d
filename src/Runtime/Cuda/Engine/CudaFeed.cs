using Convoke.Compiled;

namespace Convoke;

/// <summary>Tells the device where batches come from: a resident data set in the epoch's order, or a batch that is staged from the host.</summary>
/// <remarks>
/// The device moves on from batch to batch by itself, so that an epoch needs one record. Records and staged batches go through pinned memory, which the device
/// reads later: a slot is used again only when everything before it has run.
/// </remarks>
internal sealed unsafe class CudaFeed : IDisposable
{
    /// <summary>Records that may be under way.</summary>
    private const int Slots = 32;

    private readonly NetworkPlan _plan;
    private readonly CudaSession _session;
    private readonly CudaQueue _queue;
    private readonly CudaAreas _areas;
    private readonly DeviceDatasets _datasets;
    private readonly CudaLaunches _permute;
    private readonly PinnedBlock _records;
    private DeviceBlock? _places;
    private PinnedBlock? _stage;
    private int _slot;
    private Dataset? _data;
    private KeyedPermutation? _order;
    private bool _keepsGradients;
    private int _position;

    /// <param name="plan">The model.</param>
    /// <param name="session">The device.</param>
    /// <param name="queue">The model's queue.</param>
    /// <param name="areas">Its memory.</param>
    /// <param name="permute">The launches that compute an epoch's order.</param>
    public CudaFeed(NetworkPlan plan, CudaSession session, CudaQueue queue, CudaAreas areas, CudaLaunches permute)
    {
        (_plan, _session, _queue, _areas, _permute) = (plan, session, queue, areas, permute);
        _datasets = new DeviceDatasets(session, queue, plan);
        _records = session.AllocatePinned(Slots * CudaStep.FeedBytes);
    }

    /// <summary>Sees to it that the coming pass reads <paramref name="count"/> samples of <paramref name="source"/>.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="count">Their number; room for them is there.</param>
    /// <param name="keepGradients">Whether the pass keeps gradients rather than learns.</param>
    /// <param name="measured">Whether it reads labels, and at its end moves on to the next batch.</param>
    public void Aim(SampleSource source, int count, bool keepGradients, bool measured)
    {
        if (source is DatasetSource { Data: { } data } from && _datasets.Find(data) is { } resident) AimResident(from, resident, count, keepGradients, measured);
        else AimStaged(source, count, keepGradients, measured);
    }

    /// <summary>Whether <paramref name="source"/>'s next batch of a training step is the one at which the device stands anyway; then it counts as taken.</summary>
    public bool Follows(SampleSource source, int count)
    {
        if (source is not DatasetSource data || !IsAhead(data, keepGradients: false)) return false;
        _position = data.Start + count;
        return true;
    }

    /// <summary>The device's position is no longer known: a pass failed.</summary>
    public void Forget() => _data = null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _datasets.Dispose();
        _records.Dispose();
        _stage?.Dispose();
        _places?.Dispose();
    }

    private void AimResident(DatasetSource source, DeviceDatasets.Resident resident, int count, bool keepGradients, bool measured)
    {
        if (!IsAhead(source, keepGradients))
        {
            CudaStep feed = new()
            {
                Images = resident.Images.Pointer,
                Labels = resident.Labels?.Pointer ?? 0,
                Targets = resident.Targets?.Pointer ?? 0,
                Bytes = source.IsBytes ? 1 : 0,
                Samples = source.Data.Count,
                Position = source.Start,
                KeepGradients = keepGradients ? 1 : 0,
            };
            if (source.Order is { } order)
            {
                feed.Order = PlacesFor(source.Data.Count);
                order.CopyTo(ref feed);
            }
            Send(feed);
            if (feed.Order != 0)
            {
                _permute.Bind(_areas);
                _permute.Enqueue(_queue, count);
            }
        }
        (_data, _order, _keepsGradients) = (source.Data, source.Order, keepGradients);
        _position = source.Start + (measured ? count : 0);
    }

    /// <summary>Whether the device stands at the source's next batch.</summary>
    private bool IsAhead(DatasetSource source, bool keepGradients) =>
        _data is not null && ReferenceEquals(_data, source.Data) && Nullable.Equals(_order, source.Order) && _keepsGradients == keepGradients && _position == source.Start;

    /// <summary>Copies the batch to the device; the staging memory is read by the device, so what is queued comes first.</summary>
    private void AimStaged(SampleSource source, int count, bool keepGradients, bool measured)
    {
        long imageFloats = (long)_plan.SampleLength * count;
        long labels = measured ? (long)_plan.LabelLength * count : 0, targets = measured ? (long)_plan.TargetLength * count : 0;
        long bytes = (imageFloats + labels + targets) * sizeof(float);
        _queue.Synchronize();
        if (_stage is null || _stage.Bytes < bytes)
        {
            PinnedBlock larger = _session.AllocatePinned(bytes);
            _stage?.Dispose();
            _stage = larger;
        }
        float* images = (float*)_stage.Pointer, truth = images + imageFloats;
        StepContext step = new() { Images = images, Labels = labels > 0 ? (int*)truth : null, Targets = targets > 0 ? truth + labels : null };
        source.Fill(step, 0, count);
        _queue.CopyToDevice(_areas.Images, images, imageFloats * sizeof(float));
        if (labels + targets > 0) _queue.CopyToDevice(_areas.Labels, truth, (labels + targets) * sizeof(float));
        Send(new CudaStep
        {
            Images = _areas.Images,
            Labels = labels > 0 ? _areas.Labels : 0,
            Targets = targets > 0 ? _areas.Labels + ((ulong)labels * sizeof(float)) : 0,
            Samples = count,
            KeepGradients = keepGradients ? 1 : 0,
        });
        Forget();
    }

    /// <summary>Room for the order of as many samples, which the device computes when an epoch begins.</summary>
    private ulong PlacesFor(int samples)
    {
        long bytes = (long)samples * sizeof(int);
        if (_places is null || _places.Bytes < bytes)
        {
            DeviceBlock larger = _session.Allocate(bytes);
            _queue.Synchronize();
            _places?.Dispose();
            _places = larger;
        }
        return _places.Pointer;
    }

    private void Send(in CudaStep feed)
    {
        if (_slot == Slots)
        {
            _queue.Synchronize();
            _slot = 0;
        }
        byte* record = _records.Pointer + (_slot++ * CudaStep.FeedBytes);
        fixed (CudaStep* from = &feed) Buffer.MemoryCopy(from, record, CudaStep.FeedBytes, CudaStep.FeedBytes);
        _queue.CopyToDevice(_areas[CudaAreaPlan.Step], record, CudaStep.FeedBytes);
    }
}
